package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/database"
	"passerelle/portal/audit"
	"passerelle/portal/say"
)

// The files that init and `audit key` write.
const (
	signingKeyFile   = "audit-signing.key"
	pseudonymKeyFile = "audit-pseudonym.key"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check, export and prove the audit log",
		Long: "The audit log holds what crossed the border and what administrators did, without content, and shows when it is " +
			"changed. These commands can run beside a running bridge. docs/audit.md says what each one proves.",
	}
	cmd.AddCommand(auditKeyCommand(), auditVerifyCommand(), auditExportCommand(), auditProveCommand(), auditResolveCommand(), auditPruneCommand())
	return cmd
}

// auditPatience bounds one transaction of the audit log.
const auditPatience = 20 * time.Second

// auditOptions says in the audit log's words what the configuration says; the log is off: nil.
func auditOptions(c *config.Config, log zerolog.Logger) (*audit.Options, error) {
	if !c.Audit.Enabled {
		return nil, nil
	}
	names, err := audit.ParsePseudonyms(c.Audit.PseudonymKey)
	if err != nil {
		return nil, fmt.Errorf("audit.pseudonym_key: %w", err)
	}
	var older []*audit.Pseudonyms
	for i, key := range c.Audit.OlderPseudonymKeys {
		before, err := audit.ParsePseudonyms(key)
		if err != nil {
			return nil, fmt.Errorf("audit.older_pseudonym_keys[%d]: %w", i, err)
		}
		older = append(older, before)
	}
	signer, err := audit.ParseSigner(c.Audit.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("audit.signing_key: %w", err)
	}
	verifier, err := audit.NewVerifier(signer.PublicKey(), c.Audit.OlderKeys...)
	if err != nil {
		return nil, fmt.Errorf("audit.older_keys: %w", err)
	}
	return &audit.Options{
		Pseudonyms: names, Older: older, Signer: signer, Verifier: verifier, CheckpointFile: c.Audit.CheckpointFile,
		CheckpointEvery: c.Audit.CheckpointEvery, Retention: time.Duration(c.Audit.RetentionDays) * 24 * time.Hour,
		Patience: auditPatience, Transient: database.IsTransient, Now: time.Now, Log: log,
	}, nil
}

// startAudit has the gate and the administrators write into the audit log, if it is on, and keeps it until the returned
// function is called.
func startAudit(ctx context.Context, c *config.Config, options *bridge.Options) (stop func(), err error) {
	o, err := auditOptions(c, options.Log)
	if err != nil {
		return nil, err
	}
	if o == nil {
		options.Log.Warn().Msg("The audit log is off: audit.enabled turns it on, `passerelle audit key` makes its keys")
		return func() {}, nil
	}
	o.Store = options.Store
	log, err := audit.Open(ctx, *o)
	if err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	self := audit.Action{Action: "bridge.start", Detail: options.Version, Result: audit.Done, Door: audit.DoorSelf}
	if err := log.Append(ctx, self); err != nil {
		return nil, err
	}
	options.Ledger, options.Audit, options.Auditor = log, log, deeds{log}
	running, end := context.WithCancel(context.WithoutCancel(ctx)) // it outlives what writes into it
	ended := make(chan struct{})
	go func() { defer close(ended); log.Run(running) }()
	return func() {
		self.Action = "bridge.stop"
		last, cancel := context.WithTimeout(running, audit.StopPatience)
		defer cancel()
		if err := log.Append(last, self); err != nil {
			options.Log.Err(err).Msg("The stop is not in the audit log")
		}
		end()
		<-ended
	}, nil
}

// checkAudit tells how the audit log is.
func checkAudit(ctx context.Context, c *config.Config) bridge.Finding {
	f := bridge.Finding{Subject: say.CheckAudit.With(), Result: bridge.Warning, Detail: say.CheckAuditOff.With(),
		Remedy: say.CheckAuditTurnOn.With("`passerelle audit key`", "audit.enabled")}
	if !c.Audit.Enabled {
		return f
	}
	a, err := openAudit(ctx, c)
	var head audit.Head
	if err == nil {
		defer a.store.Close()
		head, err = a.store.AuditHead(ctx)
	}
	if err == nil && a.options.CheckpointFile != "" {
		_, err = os.Stat(filepath.Dir(a.options.CheckpointFile))
	}
	switch {
	case err != nil:
		f.Result, f.Detail = bridge.Failed, say.CheckAuditBroken.With(err)
		f.Remedy = say.CheckAuditLook.With("`passerelle audit verify`", "audit.checkpoint_file")
	case a.options.CheckpointFile == "":
		f.Detail, f.Remedy = say.CheckAuditNoFile.With(head.Size), say.CheckAuditSetFile.With("audit.checkpoint_file")
	default:
		f.Result, f.Detail, f.Remedy = bridge.OK, say.CheckAuditWhole.With(head.Size, a.options.CheckpointFile), say.Phrase{}
	}
	return f
}

// openedAudit is the audit log as a command uses it.
type openedAudit struct {
	options *audit.Options
	store   *database.Store
	log     *audit.Log
}

// errAuditOff is the error of a command about a log that is off.
var errAuditOff = errors.New("the audit log is off in this configuration: set audit.enabled")

// openAuditStore opens the database of the audit log, whatever state the log is in.
func openAuditStore(ctx context.Context, c *config.Config) (*openedAudit, error) {
	o, err := auditOptions(c, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errAuditOff
	}
	sealer, err := sealer(c)
	if err != nil {
		return nil, err
	}
	store, err := database.Open(ctx, database.Place(c.Database), sealer, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	o.Store = store
	return &openedAudit{options: o, store: store}, nil
}

// openAudit opens the audit log so that it can be written.
func openAudit(ctx context.Context, c *config.Config) (*openedAudit, error) {
	a, err := openAuditStore(ctx, c)
	if err != nil {
		return nil, err
	}
	if a.log, err = audit.Open(ctx, *a.options); err != nil {
		return nil, errors.Join(fmt.Errorf("open the audit log: %w", err), a.store.Close())
	}
	return a, nil
}

// withAudit runs a command on the opened audit log of a configuration.
func withAudit(cmd *cobra.Command, path string, open func(context.Context, *config.Config) (*openedAudit, error), run func(*openedAudit) error) error {
	c, err := config.Load(path, os.Environ())
	if err != nil {
		return err
	}
	a, err := open(cmd.Context(), c)
	if err != nil {
		return err
	}
	return errors.Join(run(a), a.store.Close())
}

// operator is the user of the machine who runs a command.
func operator() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// keyFiles are fresh keys of an audit log.
func keyFiles(origin string) ([]newFile, error) {
	key, err := audit.NewSigningKey(origin)
	if err != nil {
		return nil, err
	}
	return []newFile{
		{name: signingKeyFile, text: []byte(key + "\n")},
		{name: pseudonymKeyFile, text: []byte(audit.NewPseudonymKey() + "\n")},
	}, nil
}

func auditKeyCommand() *cobra.Command {
	var path, dir, origin string
	var pseudonyms bool
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Print the log's public key, or make new keys with --dir",
		Long: "Key prints the public key that checks what the log signs: give it to those who check. With --dir it writes " +
			"fresh keys there, readable by their owner only, and prints what to put into the configuration; with --pseudonyms only a " +
			"new key for the pseudonyms, to take the place of the one in use.",
		Example: "  passerelle audit key -c config.yaml\n  passerelle audit key --dir /etc/passerelle --origin example.org/passerelle",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case dir != "" && pseudonyms:
				return makePseudonymKey(cmd, dir)
			case dir != "":
				return makeKeys(cmd, dir, origin)
			case pseudonyms:
				return errors.New("--dir is missing: name the folder for the new key")
			}
			c, err := config.Load(path, os.Environ())
			if err != nil {
				return err
			}
			o, err := auditOptions(c, zerolog.Nop())
			if err != nil {
				return err
			}
			if o == nil {
				return errAuditOff
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), o.Signer.PublicKey())
			return err
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&dir, "dir", "", "make new keys in this folder")
	cmd.Flags().BoolVar(&pseudonyms, "pseudonyms", false, "with --dir: make only a new key for the pseudonyms")
	cmd.Flags().StringVar(&origin, "origin", "", "with --dir: the name of the log, such as example.org/passerelle")
	return cmd
}

func makeKeys(cmd *cobra.Command, dir, origin string) error {
	if origin == "" {
		return errors.New("--origin is missing: name the log, such as example.org/passerelle")
	}
	files, err := keyFiles(origin)
	if err != nil {
		return err
	}
	if err := writeNew(dir, files); err != nil {
		return err
	}
	signer, err := audit.ParseSigner(string(files[0].text))
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Wrote, readable by their owner only. Put into the configuration:\n\n"+
		"audit:\n  enabled: true\n  signing_key_file: %s\n  pseudonym_key_file: %s\n\nPublic key: %s\n",
		filepath.Join(folder, signingKeyFile), filepath.Join(folder, pseudonymKeyFile), signer.PublicKey())
	return err
}

// makePseudonymKey makes a key that takes the place of another one. Its file is named by its ID: the other one's stays.
func makePseudonymKey(cmd *cobra.Command, dir string) error {
	key := audit.NewPseudonymKey()
	names, err := audit.ParsePseudonyms(key)
	if err != nil {
		return err
	}
	file := newFile{name: "audit-pseudonym-" + names.ID() + ".key", text: []byte(key + "\n")}
	if err := writeNew(dir, []newFile{file}); err != nil {
		return err
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Wrote the key %s, readable by its owner only. First add the key in use as a line to the file of\n"+
		"audit.older_pseudonym_keys_file, above those of before; then put into the configuration, and start the bridge again:\n\n"+
		"audit:\n  pseudonym_key_file: %s\n", names.ID(), filepath.Join(folder, file.name))
	return err
}
