package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/appservice"

	"passerelle/bridge"
	"passerelle/config"
)

//go:embed config.yaml.tmpl
var configTemplate string

// settingsTemplates are the settings of each network as init writes them, with the defaults.
var settingsTemplates = map[string]string{
	"telegram": `      displayname: "{{.Name}} (Telegram)"
      # A Bot API server of your own, which with --local lets larger files through and keeps them in a folder that the bridge reads.
      # server: http://127.0.0.1:8081
      # local_folder: /var/lib/telegram-bot-api
      # Where Telegram pushes what is new; without it the bridge asks. Your proxy passes the URL, with HTTPS, to the address.
      # webhook: {url: "https://bridge.example.org/telegram", listen: "127.0.0.1:29330"}
      # Bots of a service, which belong to no one person. Staff connect bots of their own by writing “login” to the bridge's bot.
      # service_bots:
      #   - token_file: /etc/passerelle/service-bot   # what @BotFather gave for it
      #     owner: "@claire:example.org"              # who answers for it, and is in all its rooms
      #     staff: ["@karim:example.org"]             # who is invited into every new room, too`,
	"whatsapp": `      device_name: Passerelle          # as the phone's list of linked devices shows it
      phone_numbers_in_profile: false  # true shows a contact's number to everybody on the homeserver`,
}

// initOptions are what init is told.
type initOptions struct {
	dir, homeserver, domain, listen, address, database, mode string
	networks                                                 []string
}

func initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a configuration and the registrations for the homeserver",
		Long: "Init writes config.yaml, a registration for each network, one for double puppets, and the keys of the audit log, with fresh " +
			"secrets. It never overwrites a file, and prints what to do next.",
		Example: "  passerelle init --dir /etc/passerelle --homeserver http://localhost:8008 --domain example.org",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return initialise(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", ".", "the folder for the files")
	f.StringVar(&o.homeserver, "homeserver", "http://127.0.0.1:8008", "where the bridge reaches the homeserver")
	f.StringVar(&o.domain, "domain", "", "what stands behind the colon of your Matrix IDs (required)")
	f.StringVar(&o.listen, "listen", "127.0.0.1:29320", "where the homeserver reaches the bridge; the next port is for monitoring")
	f.StringVar(&o.address, "address", "", "the same as a URL, as the homeserver writes it (default http://LISTEN)")
	f.StringArrayVar(&o.networks, "network", networkNames(), "a network to bridge (repeatable)")
	f.StringVar(&o.database, "database", "data", "a folder for SQLite files, or a postgres:// URI")
	f.StringVar(&o.mode, "encryption", "", "device, login or transactions (default: what the homeserver can do)")
	return cmd
}

// networkSecrets is a network's part of the configuration.
type networkSecrets struct{ Name, ASToken, HSToken, Settings string }

// newConfiguration is what the template is filled in with.
type newConfiguration struct {
	Name, Homeserver, Domain, Listen, Address, Monitor, Database    string
	Mode, StorageKey, PickleKey, DoublePuppetToken, doublePuppetOut string
	SigningKeyFile, PseudonymKeyFile                                string
	Networks                                                        []networkSecrets
}

func initialise(ctx context.Context, o initOptions, out io.Writer) error {
	if err := o.complete(); err != nil {
		return err
	}
	reason := "as asked"
	if o.mode == "" {
		o.mode, reason = chooseMode(ctx, o.homeserver)
	}
	host, port, _ := net.SplitHostPort(o.listen) // complete has checked it
	number, err := strconv.Atoi(port)
	if err != nil || number > 65534 {
		return fmt.Errorf("--listen: %q is not a port below 65535", port)
	}
	c := newConfiguration{
		Name: "config.yaml", Homeserver: o.homeserver, Domain: o.domain, Listen: o.listen, Address: o.address,
		Monitor: net.JoinHostPort(host, strconv.Itoa(number+1)), Database: o.database, Mode: o.mode,
		StorageKey: time.Now().Format("2006-01") + ":" + base64.StdEncoding.EncodeToString(secretBytes(32)),
		PickleKey:  secret(), DoublePuppetToken: secret(), doublePuppetOut: secret(),
		SigningKeyFile: signingKeyFile, PseudonymKeyFile: pseudonymKeyFile,
	}
	for _, name := range o.networks {
		c.Networks = append(c.Networks, networkSecrets{name, secret(), secret(), settingsTemplates[name]})
	}
	files, err := c.files()
	if err != nil {
		return err
	}
	if err := writeNew(o.dir, files); err != nil {
		return err
	}
	return printNext(out, o, files, reason)
}

func (o *initOptions) complete() error {
	if o.domain == "" {
		return errors.New("--domain is missing: name what stands behind the colon of your Matrix IDs")
	}
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return fmt.Errorf("--listen: %q is not host:port, such as 127.0.0.1:29320", o.listen)
	}
	if o.address == "" {
		o.address = "http://" + o.listen
	}
	for name, value := range map[string]string{"--homeserver": o.homeserver, "--address": o.address} {
		if u, err := url.Parse(value); err != nil || u.Host == "" {
			return fmt.Errorf("%s: %q is not a URL, such as http://127.0.0.1:8008", name, value)
		}
	}
	for _, name := range o.networks {
		if _, known := networks[name]; !known {
			return fmt.Errorf("--network: %q is not known; choose of %s", name, strings.Join(networkNames(), ", "))
		}
	}
	if modes := []string{"", config.ModeDevice, config.ModeLogin, config.ModeTransactions}; !slices.Contains(modes, o.mode) {
		return fmt.Errorf("--encryption: %q is not known; choose device, login or transactions", o.mode)
	}
	return nil
}

// chooseMode asks the homeserver what it can do. MSC4190 came with Synapse 1.121, which speaks Matrix 1.11; Dendrite speaks
// an older version.
func chooseMode(ctx context.Context, homeserver string) (mode, reason string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := mautrix.NewClient(homeserver, "", "")
	if err != nil {
		return config.ModeDevice, "the homeserver could not be asked"
	}
	versions, err := client.Versions(ctx)
	switch {
	case err != nil:
		return config.ModeDevice, "the homeserver does not answer yet; this is right for Synapse 1.121 or later, for Dendrite it is login"
	case versions.ContainsGreaterOrEqual(mautrix.SpecV111):
		return config.ModeDevice, "the homeserver speaks Matrix " + versions.GetLatest().String()
	}
	return config.ModeLogin, "the homeserver speaks Matrix " + versions.GetLatest().String() + ", too old for the other modes"
}

// newFile is a file that init writes.
type newFile struct {
	name         string
	registration bool
	text         []byte
}

func (c newConfiguration) files() ([]newFile, error) {
	t, err := template.New("config.yaml").Parse(configTemplate)
	if err != nil {
		return nil, fmt.Errorf("the configuration's template: %w", err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, c); err != nil {
		return nil, fmt.Errorf("fill in the configuration: %w", err)
	}
	keys, err := keyFiles(c.Domain + "/passerelle")
	if err != nil {
		return nil, err
	}
	files := append([]newFile{{name: c.Name, text: text.Bytes()}}, keys...)
	add := func(name string, r *appservice.Registration) error {
		text, err := r.YAML()
		files = append(files, newFile{name: name, registration: true, text: []byte(text)})
		return err
	}
	for _, n := range c.Networks {
		identity := bridge.Identity{Network: n.Name, Domain: c.Domain, Address: c.Address, ASToken: n.ASToken, HSToken: n.HSToken}
		if err := add("registration-"+n.Name+".yaml", identity.Registration(bridge.EncryptionMode(c.Mode))); err != nil {
			return nil, err
		}
	}
	err = add("registration-doublepuppet.yaml", bridge.DoublePuppetRegistration(c.Domain, c.DoublePuppetToken, c.doublePuppetOut))
	return files, err
}

// writeNew writes all files, or none where one is there already. Only their owner can read them.
func writeNew(dir string, files []newFile) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already; nothing was written (choose another folder with --dir)", filepath.Join(dir, f.name))
		}
	}
	for _, f := range files {
		file, err := os.OpenFile(filepath.Join(dir, f.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("write a new file: %w", err)
		}
		_, err = file.Write(f.text)
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

func printNext(out io.Writer, o initOptions, files []newFile, reason string) error {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Wrote, readable by their owner only, in %s:\n", dir)
	for _, f := range files {
		fmt.Fprintf(&text, "  %s\n", f.name)
	}
	fmt.Fprintf(&text, "Encryption mode: %s (%s)\n\nNext:\n1. Let the homeserver's user read the registrations, and list them in homeserver.yaml:\n\n     app_service_config_files:\n", o.mode, reason)
	for _, f := range files {
		if f.registration {
			fmt.Fprintf(&text, "       - %s\n", filepath.Join(dir, f.name))
		}
	}
	config := filepath.Join(dir, files[0].name)
	fmt.Fprintf(&text, "\n2. Restart the homeserver.\n3. passerelle check -c %s\n4. passerelle run -c %s\n", config, config)
	var bots []string
	for _, n := range o.networks {
		bots = append(bots, "@"+n+"bot:"+o.domain)
	}
	fmt.Fprintf(&text, "5. In your Matrix client, start an encrypted chat with %s and write “login”.\n", strings.Join(bots, " or "))
	_, err = io.WriteString(out, text.String())
	return err
}

// secret returns a fresh secret of 256 bits, in letters that YAML leaves alone.
func secret() string { return base64.RawURLEncoding.EncodeToString(secretBytes(32)) }

func secretBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}
