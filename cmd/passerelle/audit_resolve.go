package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"passerelle/config"
	"passerelle/connectors/whatsapp"
	"passerelle/database"
	"passerelle/portal/audit"
)

func auditResolveCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "resolve PERSON",
		Short: "Print the pseudonyms that a person or a chat has in the log",
		Long: "Resolve computes the pseudonyms of a Matrix ID, a phone number (with its +) or a network's own identifier, so that " +
			"their entries can be found, under the key in use and those of before. That it was asked stands in the log, with the pseudonym of who asked.",
		Example: "  passerelle audit resolve @claire:example.org\n  passerelle audit resolve +33612345678",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(path, os.Environ())
			if err != nil {
				return err
			}
			known, err := identifiers(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return withAudit(cmd, path, openAudit, func(a *openedAudit) error { return resolve(cmd, a, args[0], known) })
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// identified is an identifier that a network has for somebody.
type identified struct{ network, identifier string }

// identifiers lists what a person that somebody names is called on the networks.
func identifiers(ctx context.Context, c *config.Config, person string) (known []identified, err error) {
	if strings.HasPrefix(person, "@") {
		return []identified{{"", person}}, nil
	}
	if !strings.HasPrefix(person, "+") {
		for _, network := range slices.Sorted(maps.Keys(c.Networks)) {
			known = append(known, identified{network, person})
		}
		return known, nil
	}
	const network = "whatsapp" // Telegram tells bots no numbers
	if _, configured := c.Networks[network]; configured {
		db, err := database.Place(c.Database).OpenNetwork(ctx, network, zerolog.Nop())
		if err != nil {
			return nil, err
		}
		defer db.Close()
		ids, err := whatsapp.IdentifiersOf(ctx, db, person)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			known = append(known, identified{network, id})
		}
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("no network knows the number %s", person)
	}
	return known, nil
}

func resolve(cmd *cobra.Command, a *openedAudit, person string, known []identified) error {
	asked := audit.Action{Actor: operator(), Action: "audit.resolve", Network: known[0].network, Target: known[0].identifier,
		Result: audit.Done, Door: audit.DoorCommandLine}
	if err := a.log.Append(cmd.Context(), asked); err != nil {
		return err
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, k := range known {
		name := k.network
		if name == "" {
			name = "matrix"
		}
		for _, names := range append([]*audit.Pseudonyms{a.options.Pseudonyms}, a.options.Older...) {
			fmt.Fprintf(out, "%s\t%s\t%s\tkey %s\n", names.Of(k.network, k.identifier), name, k.identifier, names.ID())
		}
	}
	return out.Flush()
}

func auditPruneCommand() *cobra.Command {
	var path string
	var days int
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Empty entries that are older than some days",
		Long: "Prune empties old entries now, and deletes decisions of that age; a running bridge does so by itself (audit.retention_days). Their hashes stay, so that " +
			"the log can still be verified. That it was done stands in the log.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAudit(cmd, path, openAudit, func(a *openedAudit) error {
				before := time.Now().Add(-a.options.Retention)
				switch {
				case days > 0:
					before = time.Now().AddDate(0, 0, -days)
				case days < 0 || a.options.Retention == 0:
					return errors.New("--days is missing: say how old entries are to be at least")
				}
				n, err := a.log.Prune(cmd.Context(), before, audit.Action{Actor: operator(), Door: audit.DoorCommandLine})
				if err != nil {
					return err
				}
				forgotten, err := a.store.ForgetDecisions(cmd.Context(), before)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d entries were emptied, and %d decisions deleted.\n", n, forgotten)
				return errors.Join(err, a.log.Sign(cmd.Context()))
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().IntVar(&days, "days", 0, "how many days old they are at least (default: audit.retention_days)")
	return cmd
}
