package bridgetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// recordedBody bounds how much of a request's body a Recording keeps, in bytes.
const recordedBody = 1 << 20

// A Proxy is an HTTP reverse proxy on 127.0.0.1 between a program under test
// and a server that it talks to: a bridge and its homeserver, in either
// direction. It passes everything on until it is told to fail (Inject,
// Refuse), and records what passes when asked (Record). Requests may last, as
// /sync does. Its methods may be called from any goroutine.
type Proxy struct {
	address string
	forward *httputil.ReverseProxy
	ctx     context.Context // ends with Close, and with it all held requests
	cancel  context.CancelFunc

	mu         sync.Mutex    // guards what follows
	server     *http.Server  // nil while connections are refused
	served     chan struct{} // closed when server has ended
	faults     []*Fault
	recordings []*Recording
	closed     bool

	underWay sync.WaitGroup // requests; none joins once closed is set
}

// StartProxy starts a proxy that passes requests on to target, the base URL of
// a server. The context bounds the start, not the proxy's life: call Close.
func StartProxy(ctx context.Context, target string) (*Proxy, error) {
	base, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("starting a proxy: %w", err)
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	p := &Proxy{address: loopback(port)}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.forward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(base) },
		FlushInterval:  -1, // at once: what passes may be long in coming
		Transport:      http.DefaultTransport.(*http.Transport).Clone(),
		ModifyResponse: afterwards,
		ErrorHandler:   passFailureOn,
	}
	if err := p.Accept(); err != nil {
		p.cancel()
		return nil, err
	}
	return p, nil
}

// URL returns the address to use instead of the target's. It stays the same
// for the proxy's life.
func (p *Proxy) URL() string { return "http://" + p.address }

// Refuse cuts all connections and lets new ones be refused, as when the target
// is down, until Accept.
func (p *Proxy) Refuse() error {
	p.mu.Lock()
	server, served := p.server, p.served
	p.server = nil
	p.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.Close()
	<-served
	if err != nil {
		return fmt.Errorf("refusing connections: %w", err)
	}
	return nil
}

// Accept takes connections again after Refuse.
func (p *Proxy) Accept() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return nil
	}
	if p.closed {
		return fmt.Errorf("accepting connections: %w", net.ErrClosed)
	}
	listener, err := net.Listen("tcp4", p.address)
	if err != nil {
		return fmt.Errorf("accepting connections: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(p.serve), ErrorLog: silence()}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Close, and says so
	}()
	p.server, p.served = server, served
	return nil
}

// Close ends the proxy and cuts its connections. Closing twice does no harm.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	err := p.Refuse()
	p.underWay.Wait()
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
	return err
}

// A Request is one that passed a Proxy.
type Request struct {
	Method string
	Path   string // as sent, escaped
	Query  url.Values
	Header http.Header
	// Body is the beginning of the body, one MiB at most.
	Body []byte
	At   time.Time
}

// A Recording keeps the requests that reach a Proxy while it runs.
type Recording struct {
	proxy *Proxy

	mu       sync.Mutex // guards requests
	requests []Request
}

// Record starts to record all requests, until Stop.
func (p *Proxy) Record() *Recording {
	r := &Recording{proxy: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recordings = append(p.recordings, r)
	return r
}

// Stop ends the recording and returns what it has.
func (r *Recording) Stop() []Request {
	r.proxy.mu.Lock()
	r.proxy.recordings = slices.DeleteFunc(r.proxy.recordings, func(other *Recording) bool { return other == r })
	r.proxy.mu.Unlock()
	return r.Requests()
}

// Requests returns what was recorded so far, in the order in which it came.
func (r *Recording) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Matching returns those of the requests so far that match accepts.
func (r *Recording) Matching(match Matcher) []Request {
	return slices.DeleteFunc(r.Requests(), func(q Request) bool { return !match(q.Method, q.Path) })
}

// serve handles one request: it is recorded, and then meets the first fault
// that it matches, if any, on its way.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	p.underWay.Add(1)
	defer p.underWay.Done()
	recordings := slices.Clone(p.recordings)
	var met *Fault
	for _, fault := range p.faults {
		if fault.takes(r) {
			met = fault
			break
		}
	}
	p.mu.Unlock()
	if len(recordings) > 0 {
		if err := record(recordings, r); err != nil {
			panic(http.ErrAbortHandler) // the client broke off
		}
	}
	if met == nil {
		p.Pass(w, r)
		return
	}
	met.announce()
	met.action(p, met, w, r)
}

// Pass passes a request on to the target and its answer back, for an Action of
// a test's own.
func (p *Proxy) Pass(w http.ResponseWriter, r *http.Request) { p.forward.ServeHTTP(w, r) }

// record keeps the request, and gives it its body back.
func record(recordings []*Recording, r *http.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, recordedBody))
	if err != nil {
		return err
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	for _, recording := range recordings {
		recording.mu.Lock()
		recording.requests = append(recording.requests, Request{
			Method: r.Method,
			Path:   r.URL.EscapedPath(),
			Query:  r.URL.Query(),
			Header: r.Header.Clone(),
			Body:   slices.Clone(body),
			At:     time.Now(),
		})
		recording.mu.Unlock()
	}
	return nil
}

// passFailureOn answers when the target could not be asked: the connection is
// cut, as the target's would have been.
func passFailureOn(http.ResponseWriter, *http.Request, error) {
	panic(http.ErrAbortHandler)
}
