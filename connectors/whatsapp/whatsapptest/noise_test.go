package whatsapptest

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"google.golang.org/protobuf/proto"
)

// script is a transport that plays prepared frames and keeps what it is sent.
type script struct {
	incoming [][]byte
	sent     [][]byte
}

func (s *script) readFrame() ([]byte, error) {
	if len(s.incoming) == 0 {
		return nil, io.EOF
	}
	frame := s.incoming[0]
	s.incoming = s.incoming[1:]
	return frame, nil
}

func (s *script) writeFrame(frame []byte) error {
	s.sent = append(s.sent, slices.Clone(frame))
	return nil
}

func testIdentity(t testing.TB) *noiseIdentity {
	t.Helper()
	root, err := NewRootKey()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := newNoiseIdentity(root)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func clientHello(t testing.TB, ephemeral []byte) []byte {
	t.Helper()
	raw, err := proto.Marshal(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: ephemeral}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestHandshakesThatBreakOff(t *testing.T) {
	identity := testIdentity(t)
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	must(t, err)
	hello := clientHello(t, key.PublicKey().Bytes())
	finish := func(static, payload []byte) []byte {
		raw, err := proto.Marshal(&waWa6.HandshakeMessage{ClientFinish: &waWa6.HandshakeMessage_ClientFinish{Static: static, Payload: payload}})
		must(t, err)
		return raw
	}
	for name, frames := range map[string][][]byte{
		"no hello":             {},
		"nonsense":             {[]byte("nonsense")},
		"short key":            {clientHello(t, []byte{1, 2, 3})},
		"a key of low order":   {clientHello(t, make([]byte, 32))},
		"no finish":            {hello},
		"nonsense to finish":   {hello, []byte("nonsense")},
		"hello twice":          {hello, hello},
		"a finish that lies":   {hello, finish(randomBytes(48), randomBytes(64))},
		"a finish with nought": {hello, finish(nil, nil)},
	} {
		if _, err := respondNoise(&script{incoming: frames}, []byte("WA\x06\x03"), identity.static, identity.certificates); err == nil {
			t.Errorf("%s: the handshake succeeded", name)
		}
	}
}

func FuzzNoise(f *testing.F) {
	identity := testIdentity(f)
	f.Add([]byte("WA\x06\x03"), clientHello(f, bytes.Repeat([]byte{9}, 32)), []byte{})
	f.Add([]byte{}, []byte{}, []byte{0x1a, 0})
	f.Fuzz(func(t *testing.T, header, first, second []byte) {
		result, err := respondNoise(&script{incoming: [][]byte{first, second}}, header, identity.static, identity.certificates)
		if err == nil || result != nil {
			t.Fatal("a handshake without the client's keys succeeded")
		}
	})
}

// pieces is a byte source that hands out a stream in small pieces.
func pieces(data []byte, size int) byteSource {
	return func() ([]byte, error) {
		if len(data) == 0 {
			return nil, io.EOF
		}
		n := min(size, len(data))
		piece := data[:n]
		data = data[n:]
		return piece, nil
	}
}

func TestFramesAreCutWhereverTheBytesBreak(t *testing.T) {
	stream := []byte("ED\x00\x01\x00\x00\x02..WA\x06\x03\x00\x00\x03one\x00\x00\x00\x00\x00\x03two")
	for size := 1; size <= len(stream); size++ {
		r := frameReader{more: pieces(stream, size)}
		// The routing blob's length follows "ED", 0, 1.
		header, err := r.header()
		if err != nil || string(header) != "WA\x06\x03" {
			t.Fatalf("in pieces of %d: header is %q, %v", size, header, err)
		}
		for _, want := range []string{"one", "", "two"} {
			if frame, err := r.next(maxFrame); err != nil || string(frame) != want {
				t.Fatalf("in pieces of %d: frame is %q, %v; want %q", size, frame, err, want)
			}
		}
		if _, err := r.next(maxFrame); !errors.Is(err, io.EOF) {
			t.Fatalf("in pieces of %d: after the last frame: %v", size, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("WA\x06\x03\x00\x00\x01x"), 1)
	f.Add([]byte("ED\x00\x01\x00\x00\x00WA\x06\x03\xff\xff\xff"), 3)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		r := frameReader{more: pieces(stream, max(1, size))}
		if _, err := r.header(); err != nil {
			return
		}
		total := 0
		for {
			frame, err := r.next(1 << 10)
			if err != nil {
				return
			}
			if total += len(frame) + 3; total > len(stream) {
				t.Fatal("more came out than went in")
			}
		}
	})
}
