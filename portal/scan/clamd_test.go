package scan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"passerelle/portal"
)

// answers are what a daemon says, and what is made of it; an error is that of errTooLarge, or any.
var answers = []struct {
	said, found string
	err         error
}{
	{"stream: OK", "", nil},
	{"stream: Eicar-Test-Signature FOUND", "Eicar-Test-Signature", nil},
	{"stream: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND", "Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68)", nil},
	{"stream: A: B FOUND", "A: B", nil},
	{"instream(local): Eicar FOUND", "Eicar", nil},
	{"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", "", errTooLarge},
	{"INSTREAM size limit exceeded. ERROR", "", errTooLarge},
	{"stream: CL_ETIMEOUT: Time limit reached ERROR", "", errTooLarge},
	{"stream: Can't allocate memory ERROR", "", errAny},
	{"COMMAND READ TIMED OUT ERROR", "", errAny},
	{"UNKNOWN COMMAND", "", errAny},
	{"stream: OK and more", "", errAny},
	{"stream:  FOUND", "", errAny},
	{"OK", "", errAny},
	{"evil: OK", "", errAny},
	{"FOUND", "", errAny},
	{"", "", errAny},
}

var errAny = errors.New("any")

func TestWhatClamAVSays(t *testing.T) {
	for _, a := range answers {
		found, err := parseAnswer(a.said)
		same := errors.Is(err, a.err)
		if errors.Is(a.err, errAny) {
			same = err != nil && !errors.Is(err, errTooLarge)
		}
		if found != a.found || !same {
			t.Errorf("%q: found %q, %v", a.said, found, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add(a.said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		found, err := parseAnswer(said)
		if err != nil && found != "" {
			t.Errorf("%q is found, and %v", found, err)
		}
		if err == nil && found == "" && strings.TrimSpace(said) != "stream: OK" {
			t.Errorf("%q lets a file pass", said)
		}
	})
}

// takeStream reads what a client sends to a daemon, and returns the file.
func takeStream(t *testing.T, conn net.Conn) []byte {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil || string(command) != "zINSTREAM\x00" {
		t.Errorf("the command is %q: %v", command, err)
	}
	var all bytes.Buffer
	for {
		var size uint32
		if err := binary.Read(conn, binary.BigEndian, &size); err != nil {
			t.Errorf("the file ends in the middle: %v", err)
			return nil
		}
		if size == 0 {
			return all.Bytes()
		}
		if _, err := io.CopyN(&all, conn, int64(size)); err != nil {
			t.Errorf("a piece ends in the middle: %v", err)
			return nil
		}
	}
}

func TestTheFileReachesTheDaemonWhole(t *testing.T) {
	content, got := strings.Repeat("0123456789", piece/5)+"the end", make(chan []byte, 1)
	server := serve(t, func(conn net.Conn) {
		got <- takeStream(t, conn)
		io.WriteString(conn, "stream: OK\x00")
	})
	s := newScanner(t, func(o *Options) { o.Clamd = server })
	if found := finds(t, s, file(content)); found != (portal.Finding{}) {
		t.Errorf("found %+v", found)
	}
	if string(<-got) != content {
		t.Error("another file arrived")
	}
}

func TestADaemonThatMisbehavesLetsNothingPass(t *testing.T) {
	for name, answer := range map[string]func(net.Conn){
		"hangs up at once":           func(net.Conn) {},
		"hangs up after the command": func(conn net.Conn) { io.CopyN(io.Discard, conn, 10) },
		"hangs up without an answer": func(conn net.Conn) { takeStream(t, conn) },
		"hangs up within its answer": func(conn net.Conn) { takeStream(t, conn); io.WriteString(conn, "stream: OK") },
		"says what nobody knows":     func(conn net.Conn) { takeStream(t, conn); io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n\x00") },
		"says nothing":               func(conn net.Conn) { takeStream(t, conn); io.WriteString(conn, "\x00") },
		"does not come to an end":    func(conn net.Conn) { takeStream(t, conn); conn.Write(bytes.Repeat([]byte{'x'}, 2*mostAnswered)) },
		"has no memory for this file": func(conn net.Conn) {
			takeStream(t, conn)
			io.WriteString(conn, "stream: Can't allocate memory ERROR\x00")
		},
	} {
		s := newScanner(t, func(o *Options) { o.Clamd = serve(t, answer) })
		found, err := s.Scan(t.Context(), file("Bonjour"))
		if !errors.Is(err, portal.ErrScannerAway) || found != (portal.Finding{}) || !s.Away() {
			t.Errorf("a daemon that %s: %+v, %v", name, found, err)
		}
	}
}

func TestWhatDoesNotAnswerPongIsNoDaemon(t *testing.T) {
	for _, said := range []string{"", "PONG", "OK\x00", "UNKNOWN COMMAND\x00"} {
		s := newScanner(t, func(o *Options) {
			o.Clamd = serve(t, func(conn net.Conn) {
				io.CopyN(io.Discard, conn, int64(len("zPING\x00")))
				io.WriteString(conn, said)
			})
		})
		if err := s.Ping(t.Context()); err == nil || !s.Away() {
			t.Errorf("who says %q is taken for ClamAV", said)
		}
	}
}
