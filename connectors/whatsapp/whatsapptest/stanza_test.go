package whatsapptest

import (
	"bytes"
	"compress/zlib"
	"context"
	"testing"

	"go.mau.fi/whatsmeow/types"
)

// absurd are stanzas that no client sends.
func absurd(other types.JID) []node {
	jid := other.String() // a string where an address belongs
	return []node{
		{},
		{Tag: "iq"},
		{Tag: "iq", Attrs: attrs{"type": "get"}},
		{Tag: "iq", Attrs: attrs{"type": "get", "xmlns": "usync", "id": "1"}, Content: []node{{Tag: "usync"}}},
		{Tag: "iq", Attrs: attrs{"type": "get", "xmlns": "usync", "id": "1"}, Content: []node{{Tag: "usync", Content: []node{
			{Tag: "query", Content: "devices"}, {Tag: "list", Content: []node{{}, {Attrs: attrs{"jid": jid}}, {Content: []node{{Tag: "contact"}}}}},
		}}}},
		{Tag: "iq", Attrs: attrs{"type": "get", "xmlns": "encrypt", "id": "1"}, Content: []node{{Tag: "key", Content: []node{{}, {Tag: "user", Attrs: attrs{"jid": jid}}}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "encrypt", "id": "1"}, Content: []node{{Tag: "registration", Content: []byte{1}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "encrypt", "id": "1"}, Content: []node{{Tag: "registration"}, {Tag: "list", Content: []node{{}}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "encrypt", "id": "1"}, Content: []node{{Tag: "rotate"}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "w:g2", "id": "1"}, Content: []node{{Tag: "create", Content: []node{{Tag: "participant"}}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "w:g2", "id": "1", "to": other}, Content: []node{{Tag: "subject"}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "w:g2", "id": "1"}, Content: []node{{Tag: "leave", Content: []node{{Tag: "group"}}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "w:sync:app:state", "id": "1"}, Content: []node{{Tag: "sync", Content: []node{
			{Tag: "collection", Attrs: attrs{"name": "regular", "version": "18446744073709551615"}},
			{Tag: "collection", Content: []node{{Tag: "patch", Content: []byte("nonsense")}}},
		}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "w:profile:picture", "id": "1"}, Content: []node{{Tag: "picture", Content: []byte("x")}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "privacy", "id": "1"}, Content: []node{{Tag: "tokens", Content: []node{{}}}}},
		{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "blocklist", "id": "1"}, Content: []node{{Tag: "item"}}},
		{Tag: "iq", Attrs: attrs{"type": "error", "id": "1"}},
		{Tag: "message"},
		{Tag: "message", Attrs: attrs{"to": other}, Content: []node{{Tag: "participants", Content: []node{{Tag: "to"}, {Tag: "to", Attrs: attrs{"jid": other}}}}}},
		{Tag: "message", Attrs: attrs{"to": other, "id": "1"}, Content: []node{{Tag: "enc", Attrs: attrs{"type": "msg"}, Content: []byte{0x33}}}},
		{Tag: "message", Attrs: attrs{"to": other, "id": "2"}, Content: []node{{Tag: "enc", Attrs: attrs{"type": "pkmsg"}, Content: []byte{0x33, 0x1a, 0}}}},
		{Tag: "message", Attrs: attrs{"to": other, "id": "3"}, Content: []node{{Tag: "enc", Attrs: attrs{"type": "skmsg"}}}},
		{Tag: "message", Attrs: attrs{"to": other, "id": "4"}, Content: []node{{Tag: "enc", Content: []node{{}}}}},
		{Tag: "message", Attrs: attrs{"to": types.NewJID("1", types.GroupServer)}},
		{Tag: "receipt"},
		{Tag: "receipt", Attrs: attrs{"type": "retry", "to": other, "id": "x"}, Content: []node{{Tag: "retry"}, {Tag: "keys"}}},
		{Tag: "receipt", Attrs: attrs{"type": "read", "to": other, "id": "x"}, Content: []node{{Tag: "list", Content: []node{{}}}}},
		{Tag: "receipt", Attrs: attrs{"type": "server-error", "id": "x"}},
		{Tag: "receipt", Attrs: attrs{"type": "nonsense"}},
		{Tag: "ack"},
		{Tag: "presence", Attrs: attrs{"type": "subscribe"}},
		{Tag: "presence", Attrs: attrs{"type": "elsewhere"}},
		{Tag: "chatstate"},
		{Tag: "chatstate", Attrs: attrs{"to": other}, Content: []node{{}}},
		{Tag: "ib"},
		{Tag: "stream:error"},
	}
}

func TestAbsurdStanzasDoNoHarm(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	s.mu.Lock()
	device := alice.owner.devices[1]
	s.mu.Unlock()
	for _, n := range absurd(bob.LID()) {
		s.handleDevice(device, &n)
		s.handleDevice(alice.device, &n)
		bob.receive(t.Context(), &n)
	}
	for _, n := range []node{
		{Tag: "message", Attrs: attrs{"from": alice.LID(), "id": "y"}, Content: []node{{Tag: "enc", Attrs: attrs{"type": "pkmsg"}, Content: []byte("3")}}},
		{Tag: "receipt", Attrs: attrs{"from": alice.LID(), "type": "retry", "id": "y"}},
		{Tag: "notification", Attrs: attrs{"type": "server_sync"}, Content: []node{{Tag: "collection"}}},
		{Tag: "notification", Attrs: attrs{"type": "w:gp2"}, Content: []node{{}}},
		{Tag: "notification", Attrs: attrs{"type": "picture"}},
	} {
		bob.receive(t.Context(), &n)
	}
	unlinked := &registration{conn: &conn{server: s, out: newMailbox[parcel](), label: "test"}}
	for _, n := range append(absurd(bob.LID()),
		node{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "md"}, Content: []node{{Tag: "link_code_companion_reg", Attrs: attrs{"stage": "companion_hello"}}}},
		node{Tag: "iq", Attrs: attrs{"type": "set", "xmlns": "md"}, Content: []node{{Tag: "link_code_companion_reg", Attrs: attrs{"stage": "companion_finish"}}}},
	) {
		s.handleRegistering(unlinked, &n)
	}
	if len(s.Unknown()) == 0 {
		t.Error("the server understood everything")
	}
	s.ForgetUnknown()
	client.says(bob.LID(), "we still talk")
	sees(t, bob, "we still talk")
}

func TestAStanzaThatIsNotUnderstoodFailsTheTest(t *testing.T) {
	t.Parallel()
	var failures []string
	recorder := &recordingTB{T: t, failures: &failures}
	s := NewServer(recorder)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	if _, err := client.GetContactQRLink(waiting(t), false); err == nil { // contact links are beyond the server
		t.Error("the server has an answer")
	}
	client.Disconnect()
	recorder.finish()
	if len(failures) != 1 {
		t.Errorf("the test failed %d times: %q", len(failures), failures)
	}
}

// recordingTB is a test that notes its failures instead of failing.
type recordingTB struct {
	*testing.T
	failures *[]string
	cleanups []func()
}

func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recordingTB) Errorf(format string, _ ...any) { *r.failures = append(*r.failures, format) }

func (r *recordingTB) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

func TestStanzasThatDoNotDecode(t *testing.T) {
	deep := append([]byte{0}, bytes.Repeat([]byte{248, 2, 3, 248, 1}, maxFrame/5-2)...)
	deep = append(deep, 248, 1, 3)
	var deflated bytes.Buffer
	deflater := zlib.NewWriter(&deflated)
	deflater.Write(make([]byte, maxInflated+1))
	deflater.Close()
	for name, data := range map[string][]byte{
		"nothing": {}, "flags only": {0}, "not deflated": {2, 1, 2, 3}, "a bomb": append([]byte{2}, deflated.Bytes()...),
		"a nil tag": {0, 248, 1, 0}, "a list of lists": {0, 248, 248, 248, 248},
		"a deep one": deep,
	} {
		if n, err := decodeStanza(data); err == nil {
			t.Errorf("%s decodes to %s", name, n)
		}
	}
	if _, err := encodeStanza(node{Tag: "x", Attrs: attrs{"bad": struct{}{}}}); err == nil {
		t.Error("an unknown type was encoded")
	}
}

// FuzzStanzas feeds whatever decodes to the server and to a phone.
func FuzzStanzas(f *testing.F) {
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	for _, n := range absurd(bob.LID()) {
		if data, err := encodeStanza(n); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := decodeStanza(data)
		if err != nil {
			return
		}
		s.handleDevice(alice.device, n)
		s.handleRegistering(&registration{conn: &conn{server: s, out: newMailbox[parcel](), label: "fuzz"}}, n)
		bob.receive(context.Background(), n)
		s.ForgetUnknown()
	})
}
