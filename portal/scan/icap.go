package scan

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"passerelle/portal"
)

// icap asks an ICAP service to look at a file as if it were a web server's response (RFC 3507, section 4.9, RESPMOD).
type icap struct {
	dialer
	service *url.URL
	trust   *x509.CertPool // nil: the system's
}

// newICAP takes a URL such as icap://127.0.0.1:1344/avscan, or icaps:// for the same over TLS, and for that the authorities to trust.
func newICAP(address, caFile string, timeout time.Duration) (*icap, error) {
	service, err := url.Parse(address)
	if err != nil || service.Host == "" || service.User != nil || service.Scheme != "icap" && service.Scheme != "icaps" {
		return nil, fmt.Errorf("scan.icap: %q is no address of a service; write one such as icap://127.0.0.1:1344/avscan", address)
	}
	host := service.Host
	if service.Port() == "" { // RFC 3507, section 4.2; icaps has the port that its servers use
		host = net.JoinHostPort(service.Hostname(), map[string]string{"icap": "1344", "icaps": "11344"}[service.Scheme])
	}
	c := &icap{dialer: dialer{network: "tcp", address: host, timeout: timeout}, service: service}
	if caFile == "" {
		return c, nil
	}
	text, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("scan.ca_file: %w", err)
	}
	if c.trust = x509.NewCertPool(); !c.trust.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("scan.ca_file: there is no certificate in %s", caFile)
	}
	return c, nil
}

// connect connects, over TLS when the service is reached so.
func (c *icap) connect(ctx context.Context) (*connection, error) {
	conn, err := c.dial(ctx)
	if err != nil || c.service.Scheme == "icap" {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{RootCAs: c.trust, ServerName: c.service.Hostname(), MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return watch(ctx, secure, c.timeout), nil
}

// header is the beginning of a request.
func (c *icap) header(method string, more ...string) string {
	lines := append([]string{
		method + " " + c.service.String() + " ICAP/1.0", "Host: " + c.service.Host, "User-Agent: Passerelle", "Connection: close",
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// look has a file looked into. What comes back is compared with what went while it comes: a service that cannot say that nothing
// is to be changed sends it back as it was.
func (c *icap) look(ctx context.Context, file *portal.File) (string, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	sent := make(chan error, 1)
	go func() { // ends with the connection
		err := c.send(conn, file)
		if isUnread(err) {
			conn.Close() // the rest never goes
		}
		sent <- err
	}()
	found, err := readVerdict(bufio.NewReader(conn), file)
	conn.Close() // it may have answered in the middle of the file
	if unsent := <-sent; isUnread(unsent) {
		return "", unsent
	} else if err != nil && !errors.Is(err, errTooLarge) {
		return "", errors.Join(err, unsent)
	}
	return found, err
}

// send sends the request: the headers of an HTTP request and of its response, and the file as the response's body, in chunks
// (RFC 3507, section 4.4).
func (c *icap) send(to io.Writer, file *portal.File) error {
	request := "GET http://passerelle.invalid/file HTTP/1.1\r\nHost: passerelle.invalid\r\n\r\n"
	response := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", plainType(file.MIME), file.Size)
	out := bufio.NewWriterSize(to, piece+64)
	_, err := out.WriteString(c.header("RESPMOD", "Allow: 204",
		fmt.Sprintf("Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d", len(request), len(request)+len(response))) + request + response)
	if err == nil {
		chunks := httputil.NewChunkedWriter(out)
		err = sendPieces(file, func(data []byte) error {
			if _, err := chunks.Write(data); err != nil {
				return err
			}
			return out.Flush()
		})
		if err == nil {
			err = chunks.Close()
		}
	}
	if err == nil {
		_, err = out.WriteString("\r\n") // httputil's writer leaves the end of the trailers to its caller
	}
	if err == nil {
		err = out.Flush()
	}
	return err
}

// plainType is a media type that may stand in a header.
func plainType(given string) string {
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || !strings.Contains(kind, "/") {
		return "application/octet-stream"
	}
	return kind
}

// ping asks what the service can do (RFC 3507, section 4.10, OPTIONS).
func (c *icap) ping(ctx context.Context) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, c.header("OPTIONS", "Encapsulated: null-body=0")); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	status, fields, err := readHead(bufio.NewReader(conn), "ICAP/")
	switch {
	case err != nil:
		return err
	case status != 200:
		return fmt.Errorf("the service answers %d; is %s one of the server's?", status, c.service)
	case !strings.Contains(strings.ToUpper(strings.Join(fields.Values("Methods"), ",")), "RESPMOD"):
		return fmt.Errorf("the service does not look at responses (it has: %.100s)", fields.Get("Methods"))
	}
	return nil
}

// readVerdict reads a service's answer. Only "nothing to change", and the file as it was, mean that nothing is found.
func readVerdict(from *bufio.Reader, file *portal.File) (found string, err error) {
	status, fields, err := readHead(from, "ICAP/")
	if err != nil {
		return "", err
	}
	if name := infection(fields); name != "" {
		return name, nil
	}
	switch status {
	case 204: // RFC 3507, section 4.3.3: no modifications needed
		return "", nil
	case 200, 201:
	case 413: // HTTP's (RFC 9110, section 15.5.14), which some services say
		return "", errTooLarge
	default:
		return "", fmt.Errorf("the service answers %d", status)
	}
	parts := encapsulated(fields.Get("Encapsulated"))
	if !parts["res-hdr"] {
		return "", fmt.Errorf("%w: an answer that encapsulates %.100q", errGarbage, fields.Get("Encapsulated"))
	}
	status, inside, err := readHead(from, "HTTP/")
	switch {
	case err != nil:
		return "", err
	case infection(inside) != "":
		return infection(inside), nil
	case status != 200 || !parts["res-body"]:
		return modified, nil
	}
	same, err := isSame(httputil.NewChunkedReader(from), file)
	switch {
	case err != nil:
		return "", err
	case !same:
		return modified, nil
	}
	return "", nil
}

// modified is what is found when a service sends something else back and does not say why, such as a page that says that the file
// is blocked.
const modified = "modified by the ICAP service"

// readHead reads a status line of a protocol, and the fields below it.
func readHead(from *bufio.Reader, protocol string) (status int, fields textproto.MIMEHeader, err error) {
	lines := io.LimitedReader{R: from, N: mostAnswered}
	text := textproto.NewReader(bufio.NewReader(&oneByOne{&lines}))
	line, err := text.ReadLine()
	if err != nil {
		return 0, nil, fmt.Errorf("read the service's answer: %w", err)
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if status, err = strconv.Atoi(code); err != nil || !strings.HasPrefix(version, protocol) || status < 100 || status > 999 {
		return 0, nil, fmt.Errorf("%w: %.100q", errGarbage, line)
	}
	if fields, err = text.ReadMIMEHeader(); err != nil {
		return 0, nil, fmt.Errorf("read the service's answer: %w", err)
	}
	return status, fields, nil
}

// oneByOne reads a byte at a time, so that nothing of what comes behind the head is taken from the reader below.
type oneByOne struct{ from io.Reader }

func (o *oneByOne) Read(p []byte) (int, error) { return o.from.Read(p[:min(len(p), 1)]) }

// infection returns what a service says that it found, in the fields that services use for it (draft-stecher-icap-subid-00,
// "X-Infection-Found", "X-Violations-Found", "X-Virus-ID"); "": nothing.
func infection(fields textproto.MIMEHeader) string {
	for _, name := range []string{"X-Infection-Found", "X-Virus-Id", "X-Violations-Found"} {
		value := strings.TrimSpace(fields.Get(name))
		if value == "" || name == "X-Violations-Found" && value == "0" {
			continue
		}
		for part := range strings.SplitSeq(value, ";") { // Type=0; Resolution=2; Threat=NAME;
			if threat, ok := strings.CutPrefix(strings.TrimSpace(part), "Threat="); ok && threat != "" {
				return threat
			}
		}
		return value
	}
	return ""
}

// encapsulated names the parts that an answer holds (RFC 3507, section 4.4.1): "res-hdr=0, res-body=213".
func encapsulated(field string) map[string]bool {
	parts := map[string]bool{}
	for each := range strings.SplitSeq(field, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(each), "=")
		parts[strings.ToLower(name)] = true
	}
	return parts
}

// isSame tells whether what comes back is the file. Its error is a *readError, or one of the connection.
func isSame(back io.Reader, file *portal.File) (bool, error) {
	got, want := make([]byte, piece), make([]byte, piece)
	for at := int64(0); ; {
		n, err := back.Read(got)
		if at+int64(n) > file.Size {
			return false, nil
		}
		if _, unread := io.ReadFull(io.NewSectionReader(file.Content, at, int64(n)), want[:n]); unread != nil {
			return false, &readError{unread}
		}
		if !bytes.Equal(got[:n], want[:n]) {
			return false, nil
		}
		at += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return at == file.Size, nil
		case err != nil:
			return false, fmt.Errorf("read what comes back: %w", err)
		}
	}
}
