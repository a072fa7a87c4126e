//go:build goolm

// Demo plays a conversation across the border, from nothing, on one machine: it starts a throw-away homeserver, a simulated
// WhatsApp, a simulated Telegram and the bridge, links a phone, connects a bot, lets contacts and a staff member write to each
// other, and shows each line as it arrives on the other side. It exits with 0 only when every line arrived, decrypted.
//
//	go run ./cmd/demo            plays the conversation
//	go run ./cmd/demo --stay     keeps the world up afterwards, and says how to look in
//	go run ./cmd/demo networks   serves the simulated networks alone, for a bridge that is started by hand
//
// With --json it prints one JSON object with every address and credential, on standard output; everything else goes to
// standard error then.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	var stay, asJSON bool
	cmd := &cobra.Command{
		Use:           "demo",
		Short:         "Play a conversation across the border, from nothing",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), stay, asJSON)
		},
	}
	cmd.Flags().BoolVar(&stay, "stay", false, "keep everything running afterwards, and say how to look in")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON object with every address and credential")
	cmd.AddCommand(&cobra.Command{
		Use:   "networks",
		Short: "Serve the simulated networks alone, for a bridge that is started by hand",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveNetworks(cmd.Context(), cmd.OutOrStdout(), asJSON)
		},
	})
	return cmd
}

func demo(ctx context.Context, out, progress io.Writer, stay, asJSON bool) (err error) {
	lines := out
	if asJSON {
		lines = progress
	}
	w, err := newWorld(ctx, lines)
	if err != nil {
		return err
	}
	defer w.close()
	score, err := play(ctx, w, lines)
	if err != nil {
		return err
	}
	if asJSON {
		if err := json.NewEncoder(out).Encode(w.describe()); err != nil {
			return err
		}
	}
	if !score.complete() {
		return fmt.Errorf("only %d of %d lines arrived decrypted", score.arrived, score.said)
	}
	if stay {
		w.invite(lines)
		<-ctx.Done()
	}
	return nil
}
