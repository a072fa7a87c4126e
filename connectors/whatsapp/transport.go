package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"go.mau.fi/whatsmeow"
)

// transport is how a connector's clients reach WhatsApp, or the test server that stands for it.
type transport struct {
	websocket *http.Client
	media     *http.Client
}

// newTransport returns the way to server, or to WhatsApp when server is nil. With a server it sets the process-wide key
// that whatsmeow checks servers against (whatsmeow/handshake.go): connectors of one process share one server.
func newTransport(server *Server) (*transport, error) {
	base := http.DefaultTransport.(*http.Transport).Clone()
	if server != nil {
		config, err := server.tlsConfig()
		if err != nil {
			return nil, err
		}
		key, err := server.rootKey()
		if err != nil {
			return nil, err
		}
		whatsmeow.WACertPubKey = key
		base.Proxy = nil
		base.TLSClientConfig = config
		base.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Address)
		}
	}
	return &transport{
		websocket: &http.Client{Transport: base},
		media:     &http.Client{Transport: &boundedTransport{base: base, limit: maxDownload}},
	}, nil
}

func (t *transport) equip(client *whatsmeow.Client) {
	client.SetWebsocketHTTPClient(t.websocket)
	client.SetPreLoginHTTPClient(t.websocket)
	client.SetMediaHTTPClient(t.media)
}

func (t *transport) close() {
	t.websocket.CloseIdleConnections()
	t.media.CloseIdleConnections()
}

// maxDownload is the most that is read of one download, in bytes. whatsmeow holds some downloads in memory and believes no
// size that a sender states, so without a bound one could take it all (whatsmeow/download.go, downloadMedia).
const maxDownload = 256 << 20

// errTooMuch is the error of a download that is longer than it may be. It is permanent.
var errTooMuch = errors.New("the download is too long")

// beforeKey is the key of what a context wants to be done before each request.
type beforeKey struct{}

// beforeDownload returns a context whose requests for files each do something first.
func beforeDownload(ctx context.Context, do func() error) context.Context {
	return context.WithValue(ctx, beforeKey{}, do)
}

// boundedTransport lets no response be longer than limit bytes.
type boundedTransport struct {
	base  *http.Transport
	limit int64
}

// RoundTrip does one request (see [http.RoundTripper]).
func (t *boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if do, ok := request.Context().Value(beforeKey{}).(func() error); ok {
		if err := do(); err != nil {
			return nil, err
		}
	}
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.ContentLength > t.limit {
		response.Body.Close()
		return nil, fmt.Errorf("%w: %d bytes", errTooMuch, response.ContentLength)
	}
	response.Body = &boundedBody{body: response.Body, left: t.limit}
	return response, nil
}

// CloseIdleConnections closes what is open and unused ([http.Client.CloseIdleConnections] looks for it).
func (t *boundedTransport) CloseIdleConnections() { t.base.CloseIdleConnections() }

type boundedBody struct {
	body io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// The limit itself may be the end: one more byte tells.
		if n, err := b.body.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, errTooMuch
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }
