package whatsapptest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/types"
)

// Options adjust a server; the zero value is good.
type Options struct {
	// Root signs the server's Noise certificate. Without one, the process's root key does, which [TrustRoot] trusts.
	Root *RootKey
	// Address is where TLS clients are served; "127.0.0.1:0" without one.
	Address string
	// PlainAddress is where clients without TLS are served; "127.0.0.1:0" without one.
	PlainAddress string
	// MediaHost is the host that clients are told to fetch media from; "mmg.whatsapp.net" without one.
	MediaHost string
	// Linger is how long a connection stays open after its last stanza when the client does not close it; 500 ms without one.
	// A stream error that a close follows at once can be lost in the client.
	Linger time.Duration
	// SnapshotAfter is the number of app-state patches of a collection after which a client that starts from nothing gets a
	// snapshot; 20 without one.
	SnapshotAfter int
	// KeepHistory says that phones send no chats to companions, unless they are told to. By default they do, as phones do.
	KeepHistory bool
	// Log shows each stanza at trace level; nothing without one.
	Log zerolog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if o.Root == nil {
		root, err := processRoot()
		if err != nil {
			return o, err
		}
		o.Root = root
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.PlainAddress == "" {
		o.PlainAddress = "127.0.0.1:0"
	}
	if o.MediaHost == "" {
		o.MediaHost = "mmg.whatsapp.net"
	}
	if o.Linger == 0 {
		o.Linger = 500 * time.Millisecond
	}
	if o.SnapshotAfter == 0 {
		o.SnapshotAfter = 20
	}
	return o, nil
}

// Server is the simulated service. Its methods may be called from any goroutine.
//
// One mutex guards all of the service's state. It is taken after a phone's and never held while waiting: what goes to a
// connection or to a phone is put into its mailbox.
type Server struct {
	options Options
	noise   *noiseIdentity
	tls     *tlsIdentity
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	servers []*http.Server
	secure  net.Listener
	plain   net.Listener

	mu         sync.Mutex
	people     map[string]*person // by phone number and by LID
	groups     map[types.JID]*group
	refs       map[string]*registration // by QR reference
	pairings   map[string]*codePairing  // by pairing-code reference
	media      map[string]storedMedia   // by path
	unknown    []Unknown
	ackRules   []*ackRule    // which messages are refused
	pictures   int           // how many were set so far, for their IDs
	groupsMade int           // how many groups were made so far, for their IDs
	ahead      time.Duration // how far the phones' clocks are ahead
	breaking   *linkBreak    // what happens to the next attempt to link
}

// New starts a server. Close ends it.
func New(options Options) (*Server, error) {
	settleSignalLogger()
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("start WhatsApp simulator: %w", err)
	}
	s := &Server{
		options: options,
		people:  map[string]*person{}, groups: map[types.JID]*group{}, refs: map[string]*registration{},
		pairings: map[string]*codePairing{}, media: map[string]storedMedia{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background()) // a server lives until Close, not as long as a caller
	if err := s.start(); err != nil {
		s.Close()
		return nil, fmt.Errorf("start WhatsApp simulator: %w", err)
	}
	return s, nil
}

func (s *Server) start() (err error) {
	if s.noise, err = newNoiseIdentity(s.options.Root); err != nil {
		return fmt.Errorf("make noise identity: %w", err)
	}
	if s.tls, err = newTLSIdentity(); err != nil {
		return fmt.Errorf("make TLS identity: %w", err)
	}
	if s.secure, err = net.Listen("tcp", s.options.Address); err != nil {
		return err
	}
	if s.plain, err = net.Listen("tcp", s.options.PlainAddress); err != nil {
		return errors.Join(err, s.secure.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", s.serveSocket)
	mux.HandleFunc("/", s.serveMedia)
	secured := tls.NewListener(s.secure, &tls.Config{Certificates: []tls.Certificate{s.tls.certificate}, NextProtos: []string{"http/1.1"}})
	for _, listener := range []net.Listener{secured, s.plain} {
		server := &http.Server{
			Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(s.options.Log, "", 0),
			BaseContext: func(net.Listener) context.Context { return s.ctx },
		}
		s.servers = append(s.servers, server)
		s.goRun(func() { server.Serve(listener) }) // ends with Close, and only then
	}
	return nil
}

// goRun runs a goroutine that Close waits for, unless the server is closed, and reports whether it does. The function has to end
// when the server's context does.
func (s *Server) goRun(run func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.running.Go(run)
	return true
}

// Close cuts every connection, stops the phones and waits until all has ended. Calling it again does nothing.
func (s *Server) Close() error {
	s.mu.Lock() // so that no goroutine starts after the wait has begun
	s.cancel()
	s.mu.Unlock()
	var failed []error
	for _, server := range s.servers {
		failed = append(failed, server.Close())
	}
	s.running.Wait()
	return errors.Join(failed...)
}

// Address returns the host and port of the TLS side, which serves WebSocket and media under any host name.
func (s *Server) Address() string { return s.secure.Addr().String() }

// URL returns the address of the TLS WebSocket.
func (s *Server) URL() string { return "wss://" + s.Address() + "/ws/chat" }

// PlainURL returns the address of the WebSocket without TLS.
func (s *Server) PlainURL() string { return "ws://" + s.plain.Addr().String() + "/ws/chat" }

// RootKey returns the root key that clients have to trust.
func (s *Server) RootKey() *RootKey { return s.options.Root }

// CAPEM returns the certificate authority of the TLS side, PEM-encoded.
func (s *Server) CAPEM() []byte { return append([]byte(nil), s.tls.caPEM...) }

// WriteCA writes the certificate authority to a file, for clients that are told of it by path.
func (s *Server) WriteCA(path string) error {
	if err := os.WriteFile(path, s.tls.caPEM, 0o644); err != nil {
		return fmt.Errorf("write CA: %w", err)
	}
	return nil
}

// Settings returns the lines of YAML that lead the connector to this server. It writes the certificate authority to a file
// first.
func (s *Server) Settings(caFile string) (string, error) {
	return fmt.Sprintf("server:\n  address: %s\n  ca_file: %s\n  root_key: %s", s.Address(), caFile, s.RootKey().Hex()), s.WriteCA(caFile)
}

// HTTPClient returns a client that reaches this server whatever host a URL names, and trusts its certificate. It serves for
// whatsmeow's SetWebsocketHTTPClient, SetPreLoginHTTPClient and SetMediaHTTPClient.
func (s *Server) HTTPClient() *http.Client {
	var dialer net.Dialer
	address := s.Address()
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{RootCAs: s.tls.pool},
	}}
}
