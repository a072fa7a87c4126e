package syslog

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	rfc "github.com/leodido/go-syslog/v4/rfc5424"

	"passerelle/portal"
	"passerelle/portal/audit"
)

func crossing(n int) *audit.Entry {
	return &audit.Entry{Seq: int64(n), At: time.Date(2026, 11, 26, 12, 0, 0, 5_000_000, time.UTC), Salt: "5a17", Event: audit.EventCrossing,
		Network: "whatsapp", Actor: "a1", Direction: portal.In, Kind: portal.KindMedia, Size: 7, Verdict: portal.Withhold,
		Rule: `the "grey] \list"`, Found: "Eicar-Test é"}
}

var source = Source{Host: "bridge.example.org", Enterprise: ExampleEnterprise}

func TestAnEntryIsAMessage(t *testing.T) {
	want := `<108>1 2026-11-26T12:00:00.005Z bridge.example.org passerelle - crossing [audit@32473 seq="3" event="crossing" network="whatsapp" ` +
		`actor="a1" direction="in" kind="media" size="7" verdict="withheld" rule="the \"grey\] \\list\"" found="Eicar-Test é"]`
	if got := string(source.Format(crossing(3))); got != want {
		t.Errorf("the message is\n%s\nwant\n%s", got, want)
	}
}

// TestEveryMessageFollowsTheGrammar reads messages by a parser that was made from the ABNF of RFC 5424.
func TestEveryMessageFollowsTheGrammar(t *testing.T) {
	admitted, action, denied := crossing(1), &audit.Entry{Event: audit.EventAction, Action: "portal.close", Result: audit.Done}, &audit.Entry{Event: audit.EventAction, Result: audit.Denied}
	admitted.Verdict, admitted.Found = portal.Admit, ""
	for _, test := range []struct {
		entry    *audit.Entry
		host     string
		severity uint8
	}{
		{crossing(1), "bridge", warning}, {admitted, "", informational}, {action, "two words é", notice}, {denied, strings.Repeat("h", 300), warning},
		{&audit.Entry{}, "x", notice}, {&audit.Entry{Event: audit.Event(strings.Repeat("e", 40)), Rule: "\x01\n\u2028"}, "x", notice},
	} {
		text := Source{Host: test.host, Enterprise: 1}.Format(test.entry)
		read, err := rfc.NewParser().Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		m := read.(*rfc.SyslogMessage)
		if *m.Facility != facilityAudit || *m.Severity != test.severity || *m.Appname != "passerelle" {
			t.Errorf("%s was read as %+v", text, m)
		}
		got := (*m.StructuredData)["audit@1"]
		for _, f := range test.entry.Fields() {
			if want := fmt.Sprint(f.Value); f.Name != "at" && f.Name != "salt" && got[f.Name] != want {
				t.Errorf("%s is read as %q, want %q", f.Name, got[f.Name], want)
			}
		}
	}
}

// FuzzFormat looks for an entry whose message is against the grammar.
func FuzzFormat(f *testing.F) {
	f.Add("bridge", `a "rule]\`, "found")
	f.Fuzz(func(t *testing.T, host, rule, found string) {
		e := crossing(1)
		e.Rule, e.Found = strings.ToValidUTF8(rule, "?"), strings.ToValidUTF8(found, "?") // as the log cleans them
		text := Source{Host: host, Enterprise: 1}.Format(e)
		read, err := rfc.NewParser().Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := (*read.(*rfc.SyslogMessage).StructuredData)["audit@1"]["rule"]; got != e.Rule {
			t.Errorf("the rule %q is read as %q", e.Rule, got)
		}
	})
}

// collect takes one connection, and returns what came through it, message by message (RFC 6587, section 3.4.1).
func collect(listener net.Listener) <-chan []string {
	collected := make(chan []string, 1)
	go func() {
		defer close(collected)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var messages []string
		for in := bufio.NewReader(conn); ; {
			length, err := in.ReadString(' ')
			if err != nil {
				collected <- messages
				return
			}
			n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
			if err != nil {
				return
			}
			text := make([]byte, n)
			if _, err := io.ReadFull(in, text); err != nil {
				return
			}
			messages = append(messages, string(text))
		}
	}()
	return collected
}

func messages(count int) (list [][]byte, texts []string) {
	for n := range count {
		list = append(list, source.Format(crossing(n)))
		texts = append(texts, string(list[n]))
	}
	return list, texts
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestACollectorReadsWhatIsSent(t *testing.T) {
	certificate, trust := selfSigned(t)
	for scheme, listen := range map[string]func() (net.Listener, error){
		"tcp": func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		"tls": func() (net.Listener, error) {
			return tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
		},
	} {
		listener, err := listen()
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		collected := collect(listener)
		collector, err := ParseCollector(scheme+"://"+listener.Addr().String(), trust)
		if err != nil {
			t.Fatal(err)
		}
		sent, want := messages(50)
		if err := collector.Send(bounded(t), sent); err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if got := <-collected; strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %d messages were read", scheme, len(got))
		}
	}
}

func TestACollectorReadsDatagrams(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	collector, err := ParseCollector("udp://"+conn.LocalAddr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sent, want := messages(3)
	if err := collector.Send(bounded(t), sent); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 2048)
	for _, text := range want {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil || string(buffer[:n]) != text {
			t.Errorf("read %q, %v", buffer[:n], err)
		}
	}
}

// TestACollectorThatBreaksOffHasNotRead everything, and is not believed to have.
func TestACollectorThatBreaksOffHasNotRead(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // the connection is reset, with what was not read
		_, _ = conn.Read(make([]byte, 10))
		conn.Close()
	}()
	collector, err := ParseCollector("tcp://"+listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sent, _ := messages(2000)
	if err := collector.Send(bounded(t), sent); err == nil {
		t.Error("nothing was missed")
	}
	listener.Close()
	if err := collector.Send(bounded(t), sent); err == nil {
		t.Error("a collector that is away was reached")
	}
}

func TestAStrangerIsNoCollector(t *testing.T) {
	certificate, _ := selfSigned(t)
	_, trust := selfSigned(t) // in another one
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	collected := collect(listener)
	collector, err := ParseCollector("tls://"+listener.Addr().String(), trust)
	if err != nil {
		t.Fatal(err)
	}
	sent, _ := messages(1)
	if err := collector.Send(bounded(t), sent); err == nil {
		t.Error("a stranger was sent the log")
	}
	if got := <-collected; len(got) > 0 {
		t.Errorf("a stranger read %q", got)
	}
}

func TestOtherAddressesAreNoCollectors(t *testing.T) {
	for _, address := range []string{"", "siem.example.org", "http://siem.example.org", "tcp://", "tls://siem/path", "udp://:514"} {
		if c, err := ParseCollector(address, nil); err == nil {
			t.Errorf("%q is %+v", address, c)
		}
	}
	for address, want := range map[string]string{"udp://siem": "siem:514", "tcp://siem": "siem:601", "tls://siem": "siem:6514", "tls://[::1]:9": "[::1]:9"} {
		if c, err := ParseCollector(address, nil); err != nil || c.address != want {
			t.Errorf("%s is %+v, %v", address, c, err)
		}
	}
}

// selfSigned makes a certificate for this machine, and the trust in it.
func selfSigned(t *testing.T) (tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, &tls.Config{RootCAs: pool}
}
