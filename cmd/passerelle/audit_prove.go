package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"passerelle/config"
	"passerelle/portal/audit"
)

// proving is what prove is told.
type proving struct{ config, since, check, publicKey string }

func auditProveCommand() *cobra.Command {
	var p proving
	cmd := &cobra.Command{
		Use:   "prove [ENTRY]",
		Short: "Print the proof that an entry is in the log, or that the log has only grown; or check one",
		Long: "Prove ENTRY prints the entry with the proof that the log holds it at this place, as its newest signed checkpoint " +
			"says. With --since it proves that the log begins with all that an older checkpoint signs. With --check it checks such a " +
			"proof; with --public-key this needs no configuration and no database.",
		Example: "  passerelle audit prove 1041 > entry.tlog-proof\n" +
			"  passerelle audit prove --since last-month.checkpoint\n" +
			"  passerelle audit prove --check entry.tlog-proof --public-key example.org/passerelle+…",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case p.check != "" && len(args) == 0 && p.since == "":
				return checkProof(cmd, p)
			case p.check == "" && (len(args) == 1) != (p.since != ""):
				return withAudit(cmd, p.config, openAudit, func(a *openedAudit) error { return prove(cmd, a, p, args) })
			}
			return errors.New("name one of: the number of an entry, --since FILE, --check FILE")
		},
	}
	configFlag(cmd, &p.config)
	cmd.Flags().StringVar(&p.since, "since", "", "a file with an older signed checkpoint")
	cmd.Flags().StringVar(&p.check, "check", "", "a file with a proof to check")
	cmd.Flags().StringVar(&p.publicKey, "public-key", "", "with --check: the log's public key (default: the configuration's)")
	return cmd
}

func prove(cmd *cobra.Command, a *openedAudit, p proving, args []string) (err error) {
	ctx := cmd.Context()
	if err := a.log.Sign(ctx); err != nil { // so that the newest checkpoint signs every entry
		return err
	}
	newest, err := a.store.NewestCheckpoint(ctx)
	if err != nil {
		return err
	}
	var proof []byte
	if p.since != "" {
		older, err := os.ReadFile(p.since)
		if err != nil {
			return fmt.Errorf("read the older checkpoint: %w", err)
		}
		proof, err = audit.ProveGrowth(ctx, a.store, a.options.Verifier, older, newest.Signed)
		if err != nil {
			return err
		}
	} else {
		seq, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not the number of an entry", args[0])
		}
		proof, err = audit.ProveEntry(ctx, a.store, a.options.Verifier, newest.Signed, seq)
		if err != nil {
			return err
		}
	}
	_, err = cmd.OutOrStdout().Write(proof)
	return err
}

func checkProof(cmd *cobra.Command, p proving) error {
	verifier, err := proofVerifier(p)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(p.check)
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	proved, err := audit.CheckProof(text, verifier)
	if err != nil {
		return err
	}
	return printProved(cmd.OutOrStdout(), proved)
}

func proofVerifier(p proving) (*audit.Verifier, error) {
	if p.publicKey != "" {
		return audit.NewVerifier(p.publicKey)
	}
	c, err := config.Load(p.config, os.Environ())
	if err != nil {
		return nil, err
	}
	signer, err := audit.ParseSigner(c.Audit.SigningKey)
	if err != nil {
		return nil, err
	}
	return audit.NewVerifier(signer.PublicKey(), c.Audit.OlderKeys...)
}

func printProved(out io.Writer, p *audit.Proved) error {
	c := p.Checkpoint
	if p.Older != nil {
		_, err := fmt.Fprintf(out, "Proved: the log %s, as signed with %d entries, begins with the %d that were signed before.\n", c.Origin, c.Size, p.Older.Size)
		return err
	}
	if _, err := fmt.Fprintf(out, "Proved: entry %d of the log %s, as signed with %d entries, is:\n", p.Seq, c.Origin, c.Size); err != nil {
		return err
	}
	for _, f := range p.Entry.Fields() {
		value := f.Value
		if f.Name == "at" {
			value = p.Entry.At.UTC().Format(time.RFC3339Nano)
		}
		if value != "" {
			if _, err := fmt.Fprintf(out, "  %-9s %v\n", f.Name, value); err != nil {
				return err
			}
		}
	}
	return nil
}
