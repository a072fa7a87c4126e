package scan

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
	"passerelle/portal"
)

// file is a file as the gate has it.
func file(content string) *portal.File {
	return &portal.File{MIME: "text/plain", Size: int64(len(content)), Content: strings.NewReader(content)}
}

// newScanner is a scanner with the defaults of the configuration, changed.
func newScanner(t *testing.T, adjust ...func(*Options)) *Scanner {
	t.Helper()
	options := Options{Timeout: 30 * time.Second, WhenAway: Wait, TooLarge: Withhold}
	for _, change := range adjust {
		change(&options)
	}
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// finds hands a file to a scanner that answers.
func finds(t *testing.T, s *Scanner, f *portal.File) portal.Finding {
	t.Helper()
	found, err := s.Scan(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// isEicar tells whether a finding is the whole truth about the file of that name.
func isEicar(found portal.Finding, content string) bool {
	digest := sha256.Sum256([]byte(content))
	return strings.Contains(found.Name, "Eicar") && found.Digest == hex.EncodeToString(digest[:])
}

func TestClamAVFindsWhatItKnows(t *testing.T) {
	daemon := bridgetest.NewClamd(t, 0)
	s := newScanner(t, func(o *Options) { o.Clamd = daemon.Socket })
	if found := finds(t, s, file(bridgetest.Eicar)); !isEicar(found, bridgetest.Eicar) || found.Name != bridgetest.EicarName {
		t.Errorf("found %+v", found)
	}
	for _, clean := range []string{"", "Bonjour", strings.Repeat("Bonjour ", piece)} {
		if found := finds(t, s, file(clean)); found != (portal.Finding{}) {
			t.Errorf("found %+v in %d bytes", found, len(clean))
		}
	}
	if err := s.Ping(t.Context()); err != nil || s.Away() {
		t.Errorf("it is away: %v", err)
	}
}

// A counted file counts what is read of it, and in how large pieces.
type counted struct {
	io.ReaderAt
	all     int64
	largest int
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	c.all, c.largest = c.all+int64(len(p)), max(c.largest, len(p))
	return c.ReaderAt.ReadAt(p, at)
}

func TestALargeFileIsReadOnceInPieces(t *testing.T) {
	daemon := bridgetest.NewClamd(t, 0)
	s := newScanner(t, func(o *Options) { o.Clamd = daemon.Socket })
	data := make([]byte, 100<<20)
	rand.Read(data)
	content := &counted{ReaderAt: bytes.NewReader(data)}
	if found := finds(t, s, &portal.File{Size: int64(len(data)), Content: content}); found != (portal.Finding{}) {
		t.Errorf("found %+v", found)
	}
	if content.all != int64(len(data)) || content.largest > piece {
		t.Errorf("%d bytes were read, %d at once", content.all, content.largest)
	}
}

func TestAFileThatIsTooLargeForTheScannerIsWithheldOrAdmitted(t *testing.T) {
	daemon := bridgetest.NewClamd(t, 1<<20)
	large := file(strings.Repeat("x", 4<<20))
	s := newScanner(t, func(o *Options) { o.Clamd = daemon.Socket })
	if found := finds(t, s, large); found != (portal.Finding{Unscanned: portal.RuleScanTooLarge}) || s.Away() {
		t.Errorf("%+v, away: %v", found, s.Away())
	}
	s = newScanner(t, func(o *Options) { o.Clamd, o.TooLarge = daemon.Socket, Admit })
	if found := finds(t, s, large); found != (portal.Finding{Unscanned: portal.RuleScanTooLarge, Admitted: true}) {
		t.Errorf("%+v", found)
	}
	s = newScanner(t, func(o *Options) { o.Clamd, o.Largest = "127.0.0.1:1", 1<<20 }) // nobody is asked
	if found := finds(t, s, large); found != (portal.Finding{Unscanned: portal.RuleScanTooLarge}) {
		t.Errorf("%+v", found)
	}
}

func TestAScannerThatIsStoppedIsAwayUntilItIsBack(t *testing.T) {
	daemon := bridgetest.NewClamd(t, 0)
	s := newScanner(t, func(o *Options) { o.Clamd = daemon.Socket })
	if err := daemon.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("it was asked though the last file was looked into: %v", err)
	}
	if _, err := s.Scan(t.Context(), file("Bonjour")); !errors.Is(err, portal.ErrScannerAway) {
		t.Errorf("stopped: %v", err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, portal.ErrScannerAway) || !s.Away() {
		t.Errorf("stopped, and ready: %v", err)
	}
	if err := daemon.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil || s.Away() {
		t.Errorf("back: %v", err)
	}
	if found := finds(t, s, file(bridgetest.Eicar)); !isEicar(found, bridgetest.Eicar) {
		t.Errorf("found %+v", found)
	}
}

func TestAScannerThatHangsIsAwayAfterItsTime(t *testing.T) {
	daemon := bridgetest.NewClamd(t, 0)
	s := newScanner(t, func(o *Options) { o.Clamd, o.Timeout = daemon.Socket, 300*time.Millisecond })
	if err := daemon.Freeze(); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"Bonjour", strings.Repeat("x", 8<<20)} { // the second fills what lies between
		start := time.Now()
		if _, err := s.Scan(t.Context(), file(content)); !errors.Is(err, portal.ErrScannerAway) {
			t.Errorf("frozen: %v", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it was waited for %s", took)
		}
	}
	if err := s.Ready(t.Context()); !errors.Is(err, portal.ErrScannerAway) {
		t.Errorf("frozen, and ready: %v", err)
	}
	if err := daemon.Thaw(); err != nil {
		t.Fatal(err)
	}
	if found := finds(t, s, file("Bonjour")); found != (portal.Finding{}) {
		t.Errorf("found %+v", found)
	}
}

func TestAScannerThatIsAwayMayWithholdOrAdmit(t *testing.T) {
	for choice, want := range map[Choice]portal.Finding{
		Withhold: {Unscanned: portal.RuleScanAway}, Admit: {Unscanned: portal.RuleScanAway, Admitted: true},
	} {
		s := newScanner(t, func(o *Options) { o.Clamd, o.WhenAway = "/nowhere/clamd.sock", choice })
		if found := finds(t, s, file("Bonjour")); found != want {
			t.Errorf("%s: %+v", choice, found)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("%s: files wait: %v", choice, err)
		}
	}
}

func TestTheEndOfTheBridgeEndsAScan(t *testing.T) {
	server := serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	for _, s := range []*Scanner{
		newScanner(t, func(o *Options) { o.Clamd = server }), newScanner(t, func(o *Options) { o.ICAP = "icap://" + server + "/avscan" }),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := s.Scan(ctx, file("Bonjour")); !errors.Is(err, context.DeadlineExceeded) || s.Away() {
			t.Errorf("%v, away: %v", err, s.Away())
		}
		cancel()
	}
}

// broken is a file that cannot be read.
type broken struct{}

var errBroken = errors.New("the disk is broken")

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestAFileThatCannotBeReadIsNotTheScannersFault(t *testing.T) {
	server := serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	for _, s := range []*Scanner{
		newScanner(t, func(o *Options) { o.Clamd = server }), newScanner(t, func(o *Options) { o.ICAP = "icap://" + server + "/avscan" }),
	} {
		_, err := s.Scan(t.Context(), &portal.File{Size: 10, Content: broken{}})
		if !errors.Is(err, errBroken) || errors.Is(err, portal.ErrScannerAway) || s.Away() {
			t.Errorf("%v, away: %v", err, s.Away())
		}
		if _, err := s.Scan(t.Context(), &portal.File{Size: 10}); !portal.IsPermanent(err) {
			t.Errorf("no content: %v", err)
		}
	}
}

func TestOptionsThatNameNoScanner(t *testing.T) {
	for _, o := range []Options{
		{}, {Clamd: "clamd.sock"}, {Clamd: "localhost:"}, {Clamd: "/run/clamd", ICAP: "icap://localhost/avscan"}, {ICAP: "http://localhost/avscan"},
		{ICAP: "icap:///avscan"}, {ICAP: "icap://user:password@localhost/avscan"}, {ICAP: "icap://%"},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "scan.") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// serve answers each connection as told, and hangs up. It returns its address.
func serve(t *testing.T, answer func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	t.Cleanup(func() { listener.Close(); <-served })
	go func() {
		defer close(served)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answer(conn)
			conn.Close()
		}
	}()
	return listener.Addr().String()
}
