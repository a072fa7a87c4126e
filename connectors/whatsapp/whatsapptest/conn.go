package whatsapptest

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
)

// handshakeTimeout bounds how long a client may take to introduce itself.
const handshakeTimeout = 20 * time.Second

// conn is one WebSocket. Its reader handles stanzas one by one; its writer sends what the mailbox holds.
type conn struct {
	server *Server
	ws     *websocket.Conn
	frames *frameConn
	static []byte
	out    *mailbox[parcel]
	done   chan struct{}      // closed when the reader has ended
	cut    context.CancelFunc // breaks the connection without a word
	label  string             // who is connected, for logs; settled before the first stanza

	// The server's mutex guards these: who is connected. A connection registers or belongs to a device, never both.
	registration *registration
	device       *device
}

// parcel is a stanza on its way out.
type parcel struct {
	stanza node
	delay  time.Duration // how long the line is slow before it
	last   bool          // nothing follows: close when the client had time to read it
}

// serveSocket takes a WebSocket through handshake and login and serves it until it ends.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	// The origin is web.whatsapp.com whatever the host, so the library's check of origins does not apply.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	defer ws.CloseNow()
	// The request's context ends with the handler, and http.Server does not wait for hijacked connections: join the server.
	ended := make(chan struct{})
	if s.goRun(func() {
		defer close(ended)
		s.runSocket(ws)
	}) {
		<-ended
	}
}

func (s *Server) runSocket(ws *websocket.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	c := &conn{
		server: s, ws: ws, frames: newFrameConn(ctx, ws), out: newMailbox[parcel](), done: make(chan struct{}),
		cut: cancel, label: "a device logging in",
	}
	payload, err := c.handshake()
	if err != nil {
		s.options.Log.Debug().Err(err).Msg("Handshake failed")
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(ctx)
	}()
	if payload.GetDevicePairingData() != nil {
		s.register(c, payload.GetDevicePairingData())
	} else {
		s.login(c, payload)
	}
	c.read()
	close(c.done)
	s.forget(c)
	cancel()
	<-written
}

func (c *conn) handshake() (*waWa6.ClientPayload, error) {
	timer := time.AfterFunc(handshakeTimeout, c.cut)
	defer timer.Stop()
	header, err := c.frames.in.header()
	if err != nil {
		return nil, err
	}
	result, err := respondNoise(c.frames, header, c.server.noise.static, c.server.noise.certificates)
	if err != nil {
		return nil, err
	}
	c.frames.secure(result)
	c.static = result.clientStatic
	return result.payload, nil
}

// read handles stanzas until the connection fails.
func (c *conn) read() {
	for {
		data, err := c.frames.receive()
		if err != nil {
			return
		}
		stanza, err := decodeStanza(data)
		if err != nil {
			c.server.options.Log.Debug().Err(err).Msg("Client sent nonsense")
			return
		}
		c.server.options.Log.Trace().Str("from", c.label).Stringer("stanza", stanza).Msg("Received")
		c.server.handle(c, stanza)
	}
}

// write sends parcels until the context ends, a write fails or the last one has been read by the client.
func (c *conn) write(ctx context.Context) {
	for {
		p, err := c.out.take(ctx)
		if err != nil {
			return
		}
		if !pause(ctx, p.delay) {
			return
		}
		if p.stanza.Tag != "" {
			data, err := encodeStanza(p.stanza)
			if err != nil {
				c.server.noteUnknown(c.label, &p.stanza, err)
				continue
			}
			c.server.options.Log.Trace().Str("to", c.label).Stringer("stanza", &p.stanza).Msg("Sent")
			if err := c.frames.send(data); err != nil {
				c.cut()
				return
			}
		}
		if p.last {
			c.linger(ctx)
			return
		}
	}
}

// linger gives the client time to read the last stanza, then closes the connection.
func (c *conn) linger(ctx context.Context) {
	timer := time.NewTimer(c.server.options.Linger)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.ws.Close(websocket.StatusNormalClosure, "")
	case <-ctx.Done():
	}
}

// pause waits, and reports whether the context still stands.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send puts a stanza into the mailbox.
func (c *conn) send(n node) { c.out.put(parcel{stanza: n}) }

// hangUp sends a last stanza and ends the connection.
func (c *conn) hangUp(n node) { c.out.put(parcel{stanza: n, last: true}) }

// login answers a client that says whose device it is.
func (s *Server) login(c *conn, payload *waWa6.ClientPayload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d *device
	if p := s.people[strconv.FormatUint(payload.GetUsername(), 10)]; p != nil {
		d = p.devices[uint16(payload.GetDevice())]
	}
	if d == nil || d.id == 0 || !bytes.Equal(d.static, c.static) {
		c.hangUp(Refusal{Reason: 401}.stanza())
		return
	}
	if len(d.refusals) > 0 {
		refusal := d.refusals[0]
		if refusal.Times--; refusal.Times <= 0 {
			d.refusals = d.refusals[1:]
		} else {
			d.refusals[0] = refusal
		}
		c.hangUp(refusal.stanza())
		return
	}
	if d.conn != nil {
		d.conn.hangUp(streamReplaced())
		d.conn.device = nil
	}
	d.conn, d.active, c.device = c, false, d
	d.logins++
	c.label = d.pn().String()
	c.send(node{Tag: "success", Attrs: attrs{"t": unixNow(), "lid": d.lid()}})
}

// forget takes a connection that ended out of the state.
func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := c.registration; r != nil {
		s.dropRegistration(r)
	}
	if d := c.device; d != nil && d.conn == c {
		d.conn, d.active = nil, false
		s.deviceLeft(d)
	}
}

// deliver keeps a stanza for a device until it is acknowledged, and sends it now if the device is there. The caller holds the
// mutex.
func (s *Server) deliver(d *device, n node) {
	if d.id == 0 {
		d.owner.phone.mail.put(n)
		return
	}
	d.queue = append(d.queue, &n)
	if d.active {
		d.transmit(n)
	}
}

// deliverNow sends a stanza that is not kept for devices that are away: presence, typing. The caller holds the mutex.
func (s *Server) deliverNow(d *device, n node) {
	switch {
	case d.id == 0:
		d.owner.phone.mail.put(n)
	case d.active:
		d.transmit(n)
	}
}

// deliverAll is deliver for all devices of a person except one, which may be nil. The caller holds the mutex.
func (s *Server) deliverAll(p *person, except *device, n node) {
	for _, d := range p.sortedDevices() {
		if d != except {
			s.deliver(d, n)
		}
	}
}

// acknowledged takes a stanza off a device's queue. The key is what an acknowledgement repeats: the stanza's kind and ID, and
// whom it came from. The caller holds the mutex.
func (d *device) acknowledged(tag, id string, from types.JID) {
	for i, n := range d.queue {
		if n.Tag == tag && text(n, "id") == id && jidOf(n, "from") == from {
			d.queue = append(d.queue[:i:i], d.queue[i+1:]...)
			return
		}
	}
}

// flush marks a device active and sends what waited for it. The caller holds the mutex.
func (d *device) flush() {
	d.active = true
	for i, n := range d.queue {
		d.transmit(withAttr(*n, "offline", strconv.Itoa(i)))
	}
	d.transmit(node{Tag: "ib", Attrs: attrs{"from": types.ServerJID}, Content: []node{
		{Tag: "offline", Attrs: attrs{"count": len(d.queue)}},
	}})
}
