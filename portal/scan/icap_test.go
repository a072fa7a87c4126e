package scan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
	"passerelle/portal"
)

func TestAnICAPServiceFindsWhatClamAVKnows(t *testing.T) {
	url := bridgetest.NewICAP(t, bridgetest.NewClamd(t, 0))
	s := newScanner(t, func(o *Options) { o.ICAP = url + "/antivirus" })
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := finds(t, s, file(bridgetest.Eicar)); !isEicar(found, bridgetest.Eicar) {
		t.Errorf("found %+v", found)
	}
	// It begins to send a larger file back before it knows, and does not go on when it does.
	if found := finds(t, s, file(bridgetest.Eicar+strings.Repeat("\n", 1<<20))); found.Name != modified || found.Digest == "" {
		t.Errorf("found %+v", found)
	}
	for _, clean := range []string{"", "Bonjour", strings.Repeat("Bonjour ", piece)} {
		if found := finds(t, s, file(clean)); found != (portal.Finding{}) {
			t.Errorf("found %+v in %d bytes", found, len(clean))
		}
	}
}

func TestAServiceThatSendsTheFileBackHasFoundNothing(t *testing.T) {
	url := bridgetest.NewICAP(t, bridgetest.NewClamd(t, 0))
	s := newScanner(t, func(o *Options) { o.ICAP = url + "/echo" })
	for _, clean := range []string{"", "Bonjour", strings.Repeat("Bonjour ", 3*piece)} {
		if found := finds(t, s, file(clean)); found != (portal.Finding{}) {
			t.Errorf("found %+v in %d bytes", found, len(clean))
		}
	}
	unknown := newScanner(t, func(o *Options) { o.ICAP = url + "/nowhere" })
	if err := unknown.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a service that is not there: %v", err)
	}
	if _, err := unknown.Scan(t.Context(), file("Bonjour")); !errors.Is(err, portal.ErrScannerAway) {
		t.Errorf("a service that is not there: %v", err)
	}
}

// encapsulating is an answer that holds an HTTP response.
func encapsulating(fields, response, body string) string {
	head := response + "\r\n\r\n"
	var chunked strings.Builder
	chunks := httputil.NewChunkedWriter(&chunked)
	io.WriteString(chunks, body)
	chunks.Close()
	return fmt.Sprintf("ICAP/1.0 200 OK\r\n%sEncapsulated: res-hdr=0, res-body=%d\r\n\r\n%s%s\r\n", fields, len(head), head, chunked.String())
}

// verdicts are what a service answers about the file "Bonjour".
var verdicts = []struct {
	said, found string
	err         error
}{
	{"ICAP/1.0 204 No Content\r\nISTag: \"1\"\r\n\r\n", "", nil},
	{"ICAP/1.0 204 No modifications\r\nX-Infection-Found: Type=0; Resolution=0; Threat=Eicar;\r\n\r\n", "Eicar", nil},
	{encapsulating("", "HTTP/1.1 200 OK", "Bonjour"), "", nil},
	{encapsulating("", "HTTP/1.1 200 OK", "Bonjou"), modified, nil},
	{encapsulating("", "HTTP/1.1 200 OK", "Bonjour!"), modified, nil},
	{encapsulating("", "HTTP/1.1 200 OK", "blocked"), modified, nil},
	{encapsulating("", "HTTP/1.1 403 Forbidden", "Bonjour"), modified, nil},
	{encapsulating("X-Virus-ID: Eicar-Test\r\n", "HTTP/1.1 200 OK", "Bonjour"), "Eicar-Test", nil},
	{encapsulating("X-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\n", "HTTP/1.1 403 Forbidden", "no"), "Eicar", nil},
	{encapsulating("X-Violations-Found: 1\r\n", "HTTP/1.1 403 Forbidden", "no"), "1", nil},
	{encapsulating("X-Violations-Found: 0\r\n", "HTTP/1.1 200 OK", "Bonjour"), "", nil},
	{encapsulating("", "HTTP/1.1 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;", "Bonjour"), "Eicar", nil},
	{"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, null-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", modified, nil},
	{"ICAP/1.0 413 Request Entity Too Large\r\n\r\n", "", errTooLarge},
	{"ICAP/1.0 404 Service not found\r\n\r\n", "", errAny},
	{"ICAP/1.0 500 Server error\r\n\r\n", "", errAny},
	{"ICAP/1.0 100 Continue\r\n\r\n", "", errAny},
	{"ICAP/1.0 206 Partial\r\n\r\n", "", errAny},
	{"ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n", "", errAny},
	{"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n7\r\nBon", "", errAny},
	{"HTTP/1.1 204 No Content\r\n\r\n", "", errAny},
	{"ICAP/1.0 204", "", errAny},
	{"ICAP/1.0 -204 x\r\n\r\n", "", errAny},
	{"ICAP/1.0 204 x\r\nno field\r\n\r\n", "", errAny},
	{"", "", errAny},
	{strings.Repeat("x", 2*mostAnswered), "", errAny},
}

func TestWhatAServiceAnswers(t *testing.T) {
	for _, v := range verdicts {
		found, err := readVerdict(bufio.NewReader(strings.NewReader(v.said)), file("Bonjour"))
		same := errors.Is(err, v.err)
		if errors.Is(v.err, errAny) {
			same = err != nil && !errors.Is(err, errTooLarge)
		}
		if found != v.found || !same {
			t.Errorf("%.300q: found %q, %v", v.said, found, err)
		}
	}
}

func FuzzVerdict(f *testing.F) {
	for _, v := range verdicts {
		f.Add(v.said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		found, err := readVerdict(bufio.NewReader(strings.NewReader(said)), file("Bonjour"))
		if err != nil && found != "" {
			t.Errorf("%q is found, and %v", found, err)
		}
		if err == nil && found == "" && !strings.HasPrefix(strings.TrimLeft(said, " \t"), "ICAP/") {
			t.Errorf("%q lets a file pass", said)
		}
	})
}

func TestTheFileReachesTheServiceWhole(t *testing.T) {
	content, got := strings.Repeat("0123456789", piece/5)+"the end", make(chan string, 1)
	server := serve(t, func(conn net.Conn) {
		from := bufio.NewReader(conn)
		var heads strings.Builder
		for range 3 { // ICAP's, and the two that it holds
			for line := ""; line != "\r\n"; {
				line, _ = from.ReadString('\n')
				heads.WriteString(line)
			}
		}
		body, err := io.ReadAll(httputil.NewChunkedReader(from))
		if end, _ := from.ReadString('\n'); err != nil || end != "\r\n" {
			t.Errorf("the file ends with %q, %v", end, err)
		}
		got <- heads.String() + string(body)
		io.WriteString(conn, "ICAP/1.0 204 No Content\r\n\r\n")
	})
	s := newScanner(t, func(o *Options) { o.ICAP = "icap://" + server + "/avscan" })
	named := file(content)
	named.Name = "the secret's name.txt"
	if found := finds(t, s, named); found != (portal.Finding{}) {
		t.Errorf("found %+v", found)
	}
	want := "RESPMOD icap://" + server + "/avscan ICAP/1.0\r\nHost: " + server + "\r\nUser-Agent: Passerelle\r\nConnection: close\r\nAllow: 204\r\n" +
		"Encapsulated: req-hdr=0, res-hdr=73, res-body=142\r\n\r\nGET http://passerelle.invalid/file HTTP/1.1\r\nHost: passerelle.invalid\r\n\r\n" +
		fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", len(content)) + content
	if sent := <-got; sent != want {
		t.Errorf("sent %.700q…\nwant %.700q…", sent, want)
	}
}

func TestAServiceThatAnswersEarlyIsHeard(t *testing.T) {
	large := file(strings.Repeat("x", 16<<20))
	s := newScanner(t, func(o *Options) {
		o.ICAP = "icap://" + serve(t, func(conn net.Conn) {
			io.CopyN(io.Discard, conn, 1000)
			io.WriteString(conn, "ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar;\r\n\r\n")
		}) + "/avscan"
	})
	if found := finds(t, s, large); found.Name != "Eicar" {
		t.Errorf("found %+v", found)
	}
}

func TestAServiceThatMisbehavesLetsNothingPass(t *testing.T) {
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			io.CopyN(io.Discard, conn, 100)
			io.WriteString(conn, text)
		}
	}
	for name, answer := range map[string]func(net.Conn){
		"hangs up at once":       func(net.Conn) {},
		"hangs up in its answer": say("ICAP/1.0 204 No"),
		"is another server":      say("SSH-2.0-OpenSSH_9.2\r\n"),
		"is overloaded":          say("ICAP/1.0 503 Service overloaded\r\n\r\n"),
		"does not come to an end": func(conn net.Conn) {
			io.CopyN(io.Discard, conn, 100)
			for range 100 {
				if _, err := conn.Write(bytes.Repeat([]byte{'x'}, mostAnswered)); err != nil {
					return
				}
			}
		},
		"hangs": func(conn net.Conn) { io.Copy(io.Discard, conn) },
	} {
		s := newScanner(t, func(o *Options) {
			o.ICAP, o.Timeout = "icap://"+serve(t, answer)+"/avscan", 300*time.Millisecond
		})
		found, err := s.Scan(t.Context(), file(strings.Repeat("Bonjour", 10_000)))
		if !errors.Is(err, portal.ErrScannerAway) || found != (portal.Finding{}) {
			t.Errorf("a service that %s: %+v, %v", name, found, err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Errorf("a service that %s answers", name)
		}
	}
}

func TestAnICAPServiceIsReachedOverTLS(t *testing.T) {
	plain := bridgetest.NewICAP(t, bridgetest.NewClamd(t, 0))
	secure, ca := bridgetest.NewTLSFront(t, strings.TrimPrefix(plain, "icap://"))
	service := "icaps://" + secure + "/antivirus"
	s := newScanner(t, func(o *Options) { o.ICAP, o.CAFile = service, ca })
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := finds(t, s, file(bridgetest.Eicar)); !isEicar(found, bridgetest.Eicar) {
		t.Errorf("found %+v", found)
	}
	if found := finds(t, s, file(strings.Repeat("Bonjour ", piece))); found != (portal.Finding{}) {
		t.Errorf("found %+v", found)
	}
	for name, adjust := range map[string]func(*Options){
		"an authority that is not trusted":   func(o *Options) { o.ICAP = service },
		"a certificate of another name":      func(o *Options) { o.ICAP, o.CAFile = strings.Replace(service, "127.0.0.1", "localhost", 1), ca },
		"a service that does not speak TLS":  func(o *Options) { o.ICAP, o.CAFile = "icaps://"+strings.TrimPrefix(plain, "icap://")+"/antivirus", ca },
		"a service that speaks nothing else": func(o *Options) { o.ICAP, o.Timeout = "icap://"+secure+"/antivirus", time.Second },
	} {
		if _, err := newScanner(t, adjust).Scan(t.Context(), file("Bonjour")); !errors.Is(err, portal.ErrScannerAway) {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := filepath.Join(t.TempDir(), "ca.pem")
	for _, write := range []bool{false, true} {
		if write {
			if err := os.WriteFile(none, []byte("no certificate"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := New(Options{ICAP: service, CAFile: none}); err == nil || !strings.Contains(err.Error(), "scan.ca_file") {
			t.Errorf("a file of authorities that is none: %v", err)
		}
	}
}
