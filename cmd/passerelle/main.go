// Passerelle is a Matrix application service that brings WhatsApp and Telegram conversations into a state's own
// homeserver.
//
// Each file beside this one is a subcommand. This package is the only place that wires the parts: the configuration, the
// databases, the connectors and the bridge.
package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the policy reads the clock in a time zone, of which the system may know nothing

	"github.com/spf13/cobra"
	"maunium.net/go/mautrix/bridgev2"
)

func main() {
	// bridgev2 lets go of an event that takes more than five minutes, and handles the next one beside it
	// (bridgev2/portal.go). Here an event of a room waits for the one before it, however long the homeserver is away.
	bridgev2.EventHandlingTimeoutTicks = math.MaxInt
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "passerelle:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "passerelle",
		Short:         "Bring WhatsApp and Telegram conversations into your own Matrix homeserver",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(initCommand(), runCommand(), checkCommand(), auditCommand(), policyCommand(), versionCommand())
	return cmd
}
