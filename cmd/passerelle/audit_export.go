package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"passerelle/portal/audit"
	"passerelle/portal/audit/syslog"
)

// exporting is what export is told.
type exporting struct {
	config, position               string
	from                           int64
	collector, ca, cert, key, host string
	enterprise                     int
}

func auditExportCommand() *cobra.Command {
	var e exporting
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the entries as lines of JSON, or send them to a syslog collector",
		Long: "Export prints the entries as lines of JSON, or sends them as syslog (RFC 5424). With --position it goes on where it " +
			"stopped: that file holds a signed checkpoint of what was exported, and the export fails when the log does not continue it. " +
			"Run it as often as you like, by a timer. What is interrupted is exported again: entries have numbers.",
		Example: "  passerelle audit export > audit.jsonl\n" +
			"  passerelle audit export --syslog tls://siem.example.org:6514 --position /var/lib/passerelle/siem.checkpoint",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.position != "" && e.from != 0 {
				return errors.New("--from and --position exclude each other")
			}
			return withAudit(cmd, e.config, openAuditStore, func(a *openedAudit) error { return export(cmd, a, e) })
		},
	}
	configFlag(cmd, &e.config)
	f := cmd.Flags()
	f.StringVar(&e.position, "position", "", "a file that holds up to where entries were exported")
	f.Int64Var(&e.from, "from", 0, "the first entry to export")
	f.StringVar(&e.collector, "syslog", "", "a collector: udp://, tcp:// or tls://, then HOST:PORT")
	f.StringVar(&e.ca, "syslog-ca", "", "a file with the certificates (PEM) that a collector with TLS is believed by (default: the system's)")
	f.StringVar(&e.cert, "syslog-cert", "", "a file with our certificate for the collector (PEM)")
	f.StringVar(&e.key, "syslog-key", "", "a file with its private key (PEM)")
	f.StringVar(&e.host, "syslog-host", "", "how this machine is called in the messages (default: its name)")
	f.IntVar(&e.enterprise, "syslog-enterprise", syslog.ExampleEnterprise, "the private enterprise number in the name of the structured data")
	return cmd
}

// exportTogether is how many entries are exported before the position is noted.
const exportTogether = 1000

func export(cmd *cobra.Command, a *openedAudit, e exporting) error {
	ctx := cmd.Context()
	next, err := e.start(ctx, a)
	if err != nil {
		return err
	}
	to := printRows(cmd.OutOrStdout())
	if e.collector != "" {
		if to, err = e.sendRows(); err != nil {
			return err
		}
	}
	head, err := a.store.AuditHead(ctx)
	if err != nil {
		return err
	}
	for next < head.Size {
		rows, err := a.store.AuditRows(ctx, next, int(min(exportTogether, head.Size-next)))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("%w: there is no entry %d, nor one behind it", audit.ErrBroken, next)
		}
		if err := to(ctx, rows); err != nil {
			return err
		}
		next = rows[len(rows)-1].Seq + 1
		if err := e.note(ctx, a, next); err != nil {
			return err
		}
	}
	return nil
}

// start returns the first entry to export.
func (e exporting) start(ctx context.Context, a *openedAudit) (next int64, err error) {
	if e.position == "" {
		return e.from, nil
	}
	c, err := a.options.Verifier.ReadCheckpoint(e.position)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	head, err := a.store.AuditHead(ctx)
	if err != nil {
		return 0, err
	}
	if err := audit.Continues(ctx, a.store, head.Size, c); err != nil {
		return 0, fmt.Errorf("%s: %w (passerelle audit verify --checkpoint %s says more)", e.position, err, e.position)
	}
	return c.Size, nil
}

// note notes that the entries before next were exported.
func (e exporting) note(ctx context.Context, a *openedAudit, next int64) error {
	if e.position == "" {
		return nil
	}
	signed, err := audit.SignAt(ctx, a.store, a.options.Signer, next)
	if err != nil {
		return err
	}
	return audit.WriteCheckpoint(e.position, signed)
}

// printRows prints entries as lines of JSON.
func printRows(out io.Writer) func(context.Context, []audit.Row) error {
	return func(_ context.Context, rows []audit.Row) error {
		to := bufio.NewWriter(out)
		for _, row := range rows {
			line, err := row.JSON()
			if err != nil {
				return fmt.Errorf("export entry %d: %w", row.Seq, err)
			}
			to.Write(append(line, '\n')) // Flush tells what failed
		}
		if err := to.Flush(); err != nil {
			return fmt.Errorf("export entries: %w", err)
		}
		return nil
	}
}

// sendRows sends entries to the collector. Those that were emptied say nothing to it.
func (e exporting) sendRows() (func(context.Context, []audit.Row) error, error) {
	trust, err := e.trust()
	if err != nil {
		return nil, err
	}
	collector, err := syslog.ParseCollector(e.collector, trust)
	if err != nil {
		return nil, err
	}
	source := syslog.Source{Host: e.host, Enterprise: e.enterprise}
	if source.Host == "" {
		if source.Host, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("find the machine's name: %w (--syslog-host)", err)
		}
	}
	return func(ctx context.Context, rows []audit.Row) error {
		var messages [][]byte
		for _, row := range rows {
			if !row.IsBlank() {
				messages = append(messages, source.Format(&row.Entry))
			}
		}
		return collector.Send(ctx, messages)
	}, nil
}

// trust says what is believed of a collector with TLS, and what it is shown.
func (e exporting) trust() (*tls.Config, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.ca != "" {
		text, err := os.ReadFile(e.ca)
		if err != nil {
			return nil, fmt.Errorf("--syslog-ca: %w", err)
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--syslog-ca: %s holds no certificate", e.ca)
		}
	}
	if e.cert != "" || e.key != "" {
		own, err := tls.LoadX509KeyPair(e.cert, e.key)
		if err != nil {
			return nil, fmt.Errorf("--syslog-cert, --syslog-key: %w", err)
		}
		trust.Certificates = []tls.Certificate{own}
	}
	return trust, nil
}
