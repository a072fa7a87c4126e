package whatsapptest

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/coder/websocket"
)

const (
	// maxFrame bounds what a client may send in one frame, in bytes. The wire allows 16 MiB, but the shared decoder recurses
	// once a nested list, and a client's largest stanza (an upload of 812 prekeys) has some 40 KiB.
	maxFrame = 1 << 20
	// maxRouting bounds the edge-routing blob that may precede the header, in bytes.
	maxRouting = 1 << 10
)

var errFrameTooLarge = errors.New("frame is too large")

// byteSource yields the bytes of a connection in pieces of any size.
type byteSource func() ([]byte, error)

// frameReader cuts a byte stream into frames: a length of three bytes, big endian, then the content.
type frameReader struct {
	more    byteSource
	pending []byte
}

func (r *frameReader) take(n int) ([]byte, error) {
	for len(r.pending) < n {
		data, err := r.more()
		if err != nil {
			return nil, err
		}
		r.pending = append(r.pending, data...)
	}
	out := append([]byte(nil), r.pending[:n]...)
	r.pending = r.pending[n:]
	return out, nil
}

func (r *frameReader) next(limit int) ([]byte, error) {
	length, err := r.take(3)
	if err != nil {
		return nil, err
	}
	n := int(length[0])<<16 | int(length[1])<<8 | int(length[2])
	if n > limit {
		return nil, fmt.Errorf("%w: %d bytes", errFrameTooLarge, n)
	}
	return r.take(n)
}

// header reads what opens a connection: an optional edge-routing blob ("ED", 0, 1, length, blob), then "WA", the protocol
// version and the dictionary version. The last four bytes are returned: they are the prologue of the handshake.
func (r *frameReader) header() ([]byte, error) {
	header, err := r.take(4)
	if err != nil {
		return nil, err
	}
	if string(header[:2]) == "ED" {
		if _, err := r.next(maxRouting); err != nil {
			return nil, fmt.Errorf("edge routing: %w", err)
		}
		if header, err = r.take(4); err != nil {
			return nil, err
		}
	}
	if string(header[:3]) != "WA\x06" {
		return nil, fmt.Errorf("not a WhatsApp connection header: %x", header)
	}
	return header, nil
}

// frameConn is a frame stream over a WebSocket, in clear until secure is called. One goroutine reads and one writes.
type frameConn struct {
	ctx context.Context
	ws  *websocket.Conn
	in  frameReader

	read, write       cipher.AEAD
	readSeq, writeSeq uint32
}

func newFrameConn(ctx context.Context, ws *websocket.Conn) *frameConn {
	ws.SetReadLimit(maxFrame + 16)
	f := &frameConn{ctx: ctx, ws: ws}
	f.in.more = func() ([]byte, error) {
		_, data, err := ws.Read(ctx)
		return data, err
	}
	return f
}

func (f *frameConn) readFrame() ([]byte, error) { return f.in.next(maxFrame) }

func (f *frameConn) writeFrame(data []byte) error {
	if len(data) >= 1<<24 {
		return fmt.Errorf("%w: %d bytes", errFrameTooLarge, len(data))
	}
	frame := append([]byte{byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}, data...)
	return f.ws.Write(f.ctx, websocket.MessageBinary, frame)
}

func (f *frameConn) secure(keys *noiseResult) { f.read, f.write = keys.read, keys.write }

func (f *frameConn) receive() ([]byte, error) {
	sealed, err := f.readFrame()
	if err != nil {
		return nil, err
	}
	plain, err := f.read.Open(nil, nonce(f.readSeq), sealed, nil)
	f.readSeq++
	if err != nil {
		return nil, fmt.Errorf("open frame: %w", err)
	}
	return plain, nil
}

func (f *frameConn) send(plain []byte) error {
	sealed := f.write.Seal(nil, nonce(f.writeSeq), plain, nil)
	f.writeSeq++
	return f.writeFrame(sealed)
}
