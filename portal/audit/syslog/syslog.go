// Package syslog sends entries of the audit log to a collector as messages of RFC 5424, over UDP (RFC 5426), TCP (RFC 6587,
// octet counting) or TLS (RFC 5425).
//
// Syslog has no answer: over UDP nobody knows what arrived. Over TCP and TLS [Send] ends its side of the connection when all
// is sent, and waits for the collector to end the other, which it does when it has read everything.
package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"passerelle/portal"
	"passerelle/portal/audit"
)

// Source is what messages say about where they come from.
type Source struct {
	Host string // as RFC 5424 wants it: without spaces, best the full name
	// Enterprise is the private enterprise number in the name of the structured data (RFC 5424, section 7.2.2).
	Enterprise int
}

// ExampleEnterprise is the number for those who have none: it is reserved for examples (RFC 5612), and nobody else's.
const ExampleEnterprise = 32473

// RFC 5424, section 6.2.1.
const (
	facilityAudit = 13
	warning       = 4
	notice        = 5
	informational = 6
)

// nilValue stands where there is nothing (RFC 5424, section 6).
const nilValue = "-"

// Format returns an entry as a message (RFC 5424, section 6). Its fields are structured data, by the names that they have in
// the log; those that are empty are left out.
func (s Source) Format(e *audit.Entry) []byte {
	priority := facilityAudit*8 + severity(e)
	at := nilValue
	if !e.At.IsZero() {
		at = e.At.UTC().Format(audit.TimeFormat)
	}
	out := fmt.Appendf(nil, "<%d>1 %s %s passerelle - %s [audit@%d", priority, at, printable(s.Host, 255), printable(string(e.Event), 32), s.Enterprise)
	for _, f := range e.Fields() {
		if f.Name != "at" && f.Name != "salt" && f.Value != "" {
			out = fmt.Appendf(out, " %s=\"", f.Name)
			out = append(escape(out, fmt.Sprint(f.Value)), '"')
		}
	}
	return append(out, ']')
}

// severity tells who watches what deserves a look.
func severity(e *audit.Entry) int {
	switch {
	case e.Found != "", e.Result == audit.Denied, e.Result == audit.Failed:
		return warning
	case e.Event == audit.EventAction, e.Verdict != portal.Admit:
		return notice
	}
	return informational
}

// escape appends the value of a parameter (RFC 5424, section 6.3.3).
func escape(out []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c == '"' || c == '\\' || c == ']' {
			out = append(out, '\\')
		}
		out = append(out, value[i])
	}
	return out
}

// printable returns a header's field: printable characters of ASCII without spaces, at most some of them.
func printable(value string, most int) string {
	value = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, value)
	if value = value[:min(len(value), most)]; value == "" {
		return nilValue
	}
	return value
}

// Collector is where messages go.
type Collector struct {
	network string // udp, tcp, tls
	address string
	tls     *tls.Config
}

// ParseCollector reads an address: udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT; without a port that of the protocol
// (514, 601, 6514). trust says what is believed of a collector with TLS, and may be nil.
func ParseCollector(address string, trust *tls.Config) (*Collector, error) {
	ports := map[string]string{"udp": "514", "tcp": "601", "tls": "6514"} // IANA
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || ports[u.Scheme] == "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q is no collector's address; write udp://, tcp:// or tls://, then HOST:PORT", address)
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	config := &tls.Config{}
	if trust != nil {
		config = trust.Clone()
	}
	config.ServerName, config.MinVersion = u.Hostname(), tls.VersionTLS12
	return &Collector{network: u.Scheme, address: net.JoinHostPort(u.Hostname(), port), tls: config}, nil
}

// patience bounds the connection, the sending and the waiting for the collector's end, each.
const patience = 30 * time.Second

// Send sends messages in their order. An error means that some may not have arrived: what is sent again then arrives twice, at
// worst.
func (c *Collector) Send(ctx context.Context, messages [][]byte) (err error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return fmt.Errorf("reach the collector: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("send to the collector: %w", err)
	}
	var out []byte
	for _, m := range messages {
		if c.network == "udp" {
			if _, err := conn.Write(m); err != nil { // one datagram a message
				return fmt.Errorf("send to the collector: %w", err)
			}
			continue
		}
		out = append(append(strconv.AppendInt(out, int64(len(m)), 10), ' '), m...) // RFC 6587, section 3.4.1
	}
	if c.network == "udp" {
		return nil
	}
	if _, err := conn.Write(out); err != nil {
		return fmt.Errorf("send to the collector: %w", err)
	}
	return awaitEnd(conn)
}

func (c *Collector) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: patience}
	if c.network == "tls" {
		return (&tls.Dialer{NetDialer: dialer, Config: c.tls}).DialContext(ctx, "tcp", c.address)
	}
	return dialer.DialContext(ctx, c.network, c.address)
}

// awaitEnd ends our side, and waits until the collector ends its own.
func awaitEnd(conn net.Conn) error {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.New("the connection to the collector cannot be ended in order")
	}
	if err := half.CloseWrite(); err != nil {
		return fmt.Errorf("end the connection to the collector: %w", err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return fmt.Errorf("the collector did not end the connection, so it may not have read everything: %w", err)
	}
	return nil
}
