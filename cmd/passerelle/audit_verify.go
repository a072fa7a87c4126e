package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"passerelle/portal/audit"
)

func auditVerifyCommand() *cobra.Command {
	var path string
	var checkpoints []string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compute the whole log anew, and tell what is missing, altered or moved",
		Long: "Verify computes every hash anew from the entries, and compares them with what is stored, with every signed " +
			"checkpoint, and with those that were kept elsewhere: audit.checkpoint_file and each --checkpoint. It ends with 1, and " +
			"names the entries, when something does not fit.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAudit(cmd, path, openAuditStore, func(a *openedAudit) error { return verifyAudit(cmd, a, checkpoints) })
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringArrayVar(&checkpoints, "checkpoint", nil, "a file with a signed checkpoint of before (repeatable)")
	return cmd
}

func verifyAudit(cmd *cobra.Command, a *openedAudit, files []string) error {
	var elsewhere []audit.Checkpoint
	for _, file := range files {
		c, err := a.options.Verifier.ReadCheckpoint(file)
		if err != nil {
			return err
		}
		elsewhere = append(elsewhere, c)
	}
	if file := a.options.CheckpointFile; file != "" {
		c, err := a.options.Verifier.ReadCheckpoint(file)
		switch {
		case err == nil:
			elsewhere = append(elsewhere, c)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	report, err := audit.Verify(cmd.Context(), a.store, a.options.Verifier, elsewhere...)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	for _, problem := range report.Problems {
		fmt.Fprintln(out, problem)
	}
	if n := len(report.Problems); n > 0 {
		return fmt.Errorf("the audit log was changed: %d findings, see above", n)
	}
	fmt.Fprintf(out, "The audit log is whole: %s.\n", report.Summary())
	if len(elsewhere) == 0 {
		fmt.Fprintln(out, "It was compared with no checkpoint that was kept elsewhere: name one with --checkpoint.")
	}
	return nil
}
