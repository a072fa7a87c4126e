package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/database"
	"passerelle/portal/govern"
	"passerelle/portal/policy"
	"passerelle/portal/relay"
	"passerelle/portal/say"
)

func runCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bridge until it is stopped",
		Long:  "Run runs the bridge until it is stopped. Sent SIGHUP, it puts the policy of the configuration in force anew, and who governs.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(path, os.Environ())
			if err != nil {
				return err
			}
			return run(cmd.Context(), path, c, cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "config.yaml", "the configuration file")
	cmd.MarkFlagFilename("config", "yaml") // only fails for a flag that is not there
}

// run runs the bridge with the configuration c, which stands in the file at path.
func run(ctx context.Context, path string, c *config.Config, logTo io.Writer) error {
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP) // from now on: it would end the program
	defer signal.Stop(reload)
	known, err := configured(c)
	if err != nil {
		return err
	}
	log, err := logger(c.Log, logTo)
	if err != nil {
		return err
	}
	options, err := bridgeOptions(c, log)
	if err != nil {
		return err
	}
	rules, err := policyOf(c.Policy, log)
	if err != nil {
		return err
	}
	live := policy.NewLive(rules)
	roles := govern.NewRoleBook(positionsOf(c), c.Permissions)
	options.Policy, options.Department, options.Roles = live, live.Department, roles
	sealer, err := sealer(c)
	if err != nil {
		return err
	}
	options.Sealer = sealer
	options.Store, err = database.Open(ctx, options.Databases, sealer, log)
	if err != nil {
		return err
	}
	defer options.Store.Close()
	log.Info().Str("version", versionName()).Int("networks", len(known)).Msg("Starting")
	stopAudit, err := startAudit(ctx, c, &options)
	if err != nil {
		return err
	}
	defer stopAudit()
	besideConsole, err := addConsole(ctx, c, live, known, &options)
	if err != nil {
		return err
	}
	host, err := bridge.New(ctx, options, known)
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	defer group.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() { besideConsole(ctx) })
	group.Go(func() { forgetDecisions(ctx, c.Audit, options.Store, log) })
	group.Go(func() { followPolicy(ctx, reload, path, live, roles, log) })
	return host.Run(ctx)
}

// forgetEvery is how often old decisions are looked for.
const forgetEvery = time.Hour

// forgetDecisions deletes decisions once they are as old as entries of the audit log may be, whether that is on or not, until ctx ends.
// What goes wrong is logged, and tried again the next time.
func forgetDecisions(ctx context.Context, c config.Audit, store *database.Store, log zerolog.Logger) {
	if c.RetentionDays == 0 {
		return
	}
	every := time.NewTicker(forgetEvery)
	defer every.Stop()
	for {
		forgotten, err := store.ForgetDecisions(ctx, time.Now().AddDate(0, 0, -c.RetentionDays))
		if err != nil && ctx.Err() == nil {
			log.Err(err).Msg("Old decisions could not be deleted")
		} else if forgotten > 0 {
			log.Info().Int64("decisions", forgotten).Msg("Old decisions were deleted")
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// bridgeOptions says in the bridge's words what the configuration says. The store is opened, and the policy made, by those who need
// them.
func bridgeOptions(c *config.Config, log zerolog.Logger) (bridge.Options, error) {
	style, err := relay.ParseStyle(c.Relay.Name, c.Relay.Bold)
	if err != nil {
		return bridge.Options{}, fmt.Errorf("relay.name: %w", err)
	}
	relaying := bridge.Relay{Enabled: c.Relay.Enabled, Style: style}
	for _, user := range c.Relay.SharedAccounts {
		relaying.Shared = append(relaying.Shared, id.UserID(user))
	}
	files, err := scanner(c.Scan)
	if err != nil {
		return bridge.Options{}, err
	}
	return bridge.Options{
		HomeserverAddress: c.Homeserver.Address,
		Domain:            c.Homeserver.Domain,
		AdminToken:        c.Homeserver.AdminToken,
		Listen:            c.Bridge.Listen,
		Address:           c.Bridge.Address,
		Monitor:           c.Bridge.Monitor,
		Version:           versionName(),
		Language:          say.Language(c.Bridge.Language),
		TellLostAfter:     c.Bridge.TellLostAfter,
		Encryption:        bridge.Encryption{Mode: bridge.EncryptionMode(c.Encryption.Mode), PickleKey: c.Encryption.PickleKey},
		DoublePuppetToken: c.DoublePuppet.ASToken,
		ProvisioningKey:   c.Provisioning.SharedSecret,
		Permissions:       c.Permissions,
		Relay:             relaying,
		InitialState:      initialState(c.Rooms),
		Spaces:            c.Rooms.Spaces,
		Follow:            c.Rooms.Follow,
		Databases:         database.Place(c.Database),
		Spool:             c.Spool,
		SpoolSpace:        c.SpoolSpace << 20,
		Contacts:          contactOptions(c.Contacts),
		Services:          services(c, log),
		Scanner:           files,
		TellWaitsAfter:    c.Scan.TellAfter,
		Log:               log,
	}, nil
}

// initialState returns what is added to the state of every room.
func initialState(rooms config.Rooms) []*event.Event {
	var events []*event.Event
	for _, e := range rooms.InitialState {
		events = append(events, &event.Event{
			Type: event.Type{Type: e.Type, Class: event.StateEventType}, StateKey: &e.StateKey,
			Content: event.Content{Raw: e.Content},
		})
	}
	return events
}

func sealer(c *config.Config) (*database.Sealer, error) {
	keys, err := c.SealingKeys()
	if err != nil {
		return nil, err
	}
	sealer := database.NewSealer()
	for _, key := range keys {
		if err := sealer.Add(key.ID, key.Key); err != nil {
			return nil, err
		}
	}
	return sealer, nil
}

func logger(c config.Log, to io.Writer) (zerolog.Logger, error) {
	zerolog.InterfaceMarshalFunc = withoutCodes
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("log.level: %w", err)
	}
	if c.Format == "text" {
		to = zerolog.ConsoleWriter{Out: to, TimeFormat: time.RFC3339, NoColor: true}
	}
	return zerolog.New(to).Level(level).With().Timestamp().Logger(), nil
}

// withoutCodes writes a value into the log. bridgev2 logs the steps of a login at level debug, QR and pairing codes included
// (bridgev2/commands/login.go): of those only the name is written.
func withoutCodes(value any) ([]byte, error) {
	if step, ok := value.(*bridgev2.LoginStep); ok && step != nil {
		value = step.StepID
	}
	return json.Marshal(value)
}
