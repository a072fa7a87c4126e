package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"passerelle/bridge"
	"passerelle/config"
	"passerelle/database"
	"passerelle/portal/say"
)

func checkCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration and try each part",
		Long: "Check validates the configuration and tries each part: the databases, the scanner, the homeserver, the tokens both ways " +
			"and the encryption. It can run beside a running bridge. It prints a line for each part, and below it what to do, in the " +
			"language of bridge.language, and ends with 1 when one fails.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(path, os.Environ())
			if err != nil {
				return err
			}
			return check(cmd.Context(), c, cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// findings tries each part.
func findings(ctx context.Context, c *config.Config) ([]bridge.Finding, error) {
	known, err := configured(c)
	if err != nil {
		return nil, err
	}
	options, err := bridgeOptions(c, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	findings := []bridge.Finding{{Subject: say.CheckConfiguration.With(), Result: bridge.OK, Detail: say.CheckValid.With()}}
	findings = append(findings, checkPolicy(c.Policy))
	findings = append(findings, checkDatabases(ctx, c, known)...)
	findings = append(findings, checkScanner(ctx, c.Scan, options.Scanner)...)
	findings = append(findings, checkAudit(ctx, c))
	return append(findings, options.Check(ctx, known)...), nil
}

func check(ctx context.Context, c *config.Config, out io.Writer) error {
	findings, err := findings(ctx, c)
	if err != nil {
		return err
	}
	failed := false
	in := say.Language(c.Bridge.Language)
	for _, f := range findings {
		fmt.Fprintf(out, "%-11s %s\n", in.Say(f.Result.Word()), say.CheckLine.With(f.Subject, f.Detail).In(in))
		if remedy := f.Remedy.In(in); remedy != "" {
			fmt.Fprintf(out, "%-11s %s\n", "", in.Say(say.CheckToDo, remedy))
		}
		failed = failed || f.Result == bridge.Failed
	}
	if failed {
		return errors.New("not everything works; see above")
	}
	return nil
}

// checkDatabases opens every database as the bridge would, and closes it.
func checkDatabases(ctx context.Context, c *config.Config, known []bridge.Network) []bridge.Finding {
	var findings []bridge.Finding
	tell := func(name string, err error) {
		f := bridge.Finding{Subject: say.CheckDatabase.With(name), Result: bridge.OK, Detail: say.CheckDatabaseOpen.With()}
		if err != nil {
			f.Result, f.Detail, f.Remedy = bridge.Failed, say.CheckDatabaseClosed.With(err), say.CheckDatabaseMend.With("database")
		}
		findings = append(findings, f)
	}
	place := database.Place(c.Database)
	tell("passerelle", func() error {
		sealer, err := sealer(c)
		if err != nil {
			return err
		}
		store, err := database.Open(ctx, place, sealer, zerolog.Nop())
		if err != nil {
			return err
		}
		return store.Close()
	}())
	for _, n := range known {
		tell(n.Name, func() error {
			db, err := place.OpenNetwork(ctx, n.Name, zerolog.Nop())
			if err != nil {
				return err
			}
			return db.Close()
		}())
	}
	return findings
}
