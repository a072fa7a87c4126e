package whatsapptest

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// maxRetries is how often a phone asks for a message again, and sends one again to a device.
const maxRetries = 5

// message is where a message came from.
type message struct {
	id   string
	chat types.JID // the group, or the other person
	from types.JID // the device that sent it
	at   time.Time
	name string
}

// loggedMessage is a message that the owner sees, whoever sent it.
type loggedMessage struct {
	message
	content *waE2E.Message
	edited  *waE2E.Message // what it was edited to, if it was
}

// receive handles one stanza from the server.
func (p *Phone) receive(ctx context.Context, n *node) {
	switch n.Tag {
	case "message":
		p.receiveMessage(ctx, n)
	case "receipt":
		p.receiveReceipt(ctx, n)
	case "notification":
		p.receiveNotification(ctx, n)
	case "chatstate":
		p.receiveChatState(n)
	case "call":
		p.receiveCall(n)
	case "presence":
		kind := NoticeOnline
		if text(n, "type") == "unavailable" {
			kind = NoticeAway
		}
		p.notice(Notice{Kind: kind, From: p.nameOf(jidOf(n, "from"))})
	}
}

// source reads where a message stanza came from (whatsmeow message.go, parseMessageSource).
func (p *Phone) source(n *node) message {
	m := message{id: text(n, "id"), from: jidOf(n, "from"), name: text(n, "notify"), at: time.Unix(int64(number(n, "t")), 0)}
	switch {
	case ofMany(m.from):
		m.chat, m.from = m.from, p.deviceLID(jidOf(n, "participant"))
		if m.chat.IsBroadcastList() { // shown among the messages of who wrote to the list
			m.chat = m.from.ToNonAD()
		}
	case m.from.User == p.LID().User && !jidOf(n, "recipient").IsEmpty():
		m.chat = p.asLID(jidOf(n, "recipient"))
	default:
		m.from = p.deviceLID(m.from)
		m.chat = m.from.ToNonAD()
	}
	return m
}

// deviceLID is asLID for a device.
func (p *Phone) deviceLID(jid types.JID) types.JID {
	lid := p.asLID(jid)
	lid.Device = jid.Device
	return lid
}

// asLID rewrites a phone number's JID to the LID's, where the person is known.
func (p *Phone) asLID(jid types.JID) types.JID {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if other := p.server.personOf(jid); other != nil {
		return other.lid
	}
	return jid
}

// receiveMessage decrypts a message, takes it in and confirms it, or asks for it again.
func (p *Phone) receiveMessage(ctx context.Context, n *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.source(n)
	for _, enc := range n.GetChildrenByTag("enc") {
		content, err := p.decrypt(ctx, &enc, m.from, m.chat)
		if err != nil {
			p.server.options.Log.Debug().Err(err).Str("message", m.id).Msg("Phone cannot decrypt a message")
			p.notice(Notice{Kind: NoticeUndecryptable, Chat: p.chatName(m.chat), From: p.nameOf(m.from), Detail: err.Error()})
			p.askAgain(n, m)
			return
		}
		p.take(ctx, m, content)
	}
	receipt := node{Tag: "receipt", Attrs: attrs{"id": m.id, "to": n.Attrs["from"]}}
	switch {
	case m.from.User == p.LID().User:
		receipt.Attrs["type"] = receiptSender
	case ofMany(jidOf(n, "from")):
		receipt.Attrs["participant"] = m.from
	}
	p.server.handleReceipt(p.device, &receipt)
}

// take handles the content of a decrypted message. The caller holds the mutex.
func (p *Phone) take(ctx context.Context, m message, content *waE2E.Message) {
	if key := content.GetSenderKeyDistributionMessage(); key != nil {
		if err := p.learnSenderKey(ctx, m.from, m.chat, key); err != nil {
			p.server.options.Log.Debug().Err(err).Msg("Phone cannot use a sender key")
		}
	}
	if own := content.GetDeviceSentMessage(); own != nil && m.from.User == p.LID().User {
		if to, err := types.ParseJID(own.GetDestinationJID()); err == nil {
			m.chat = p.asLID(to)
		}
		if secret := content.GetMessageContextInfo(); own.GetMessage().GetMessageContextInfo() == nil && own.GetMessage() != nil {
			own.Message.MessageContextInfo = secret
		}
		content = own.GetMessage()
	}
	if m.from.User == p.LID().User && p.takePeer(ctx, m, content.GetProtocolMessage()) {
		return
	}
	p.applyContent(m, content)
}

// askAgain sends a retry receipt with fresh keys, so that the sender opens a new session. The caller holds the mutex.
func (p *Phone) askAgain(n *node, m message) {
	p.retries[m.id]++
	count := p.retries[m.id]
	if count > maxRetries {
		return
	}
	fresh, err := newCurveKey()
	if err != nil {
		return
	}
	id := p.signal.nextPreKey
	p.signal.nextPreKey++
	p.signal.preKeys[id] = fresh
	receipt := node{Tag: "receipt", Attrs: attrs{"id": m.id, "to": n.Attrs["from"], "type": receiptRetry}, Content: []node{
		{Tag: "retry", Attrs: attrs{"count": strconv.Itoa(count), "id": m.id, "t": text(n, "t"), "v": "1"}},
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, p.signal.registration)},
		{Tag: "keys", Content: []node{
			{Tag: "type", Content: []byte{ecc.DjbType}}, {Tag: "identity", Content: p.identity.public[:]},
			preKeyNode("key", publicPreKey{id: id, key: fresh.public}), p.signal.signedNode(),
		}},
	}}
	for _, key := range []string{"participant", "recipient"} {
		if value := n.Attrs[key]; value != nil {
			receipt.Attrs[key] = value
		}
	}
	p.server.handleReceipt(p.device, &receipt)
}

// receiveReceipt notes what became of an own message, or sends it again to a device that could not decrypt it.
func (p *Phone) receiveReceipt(ctx context.Context, n *node) {
	m := p.source(n)
	kind := text(n, "type")
	switch kind {
	case receiptRetry:
		p.sendAgain(ctx, n, m)
		return
	case receiptError:
		p.uploadAgain(n)
		return
	case receiptPeer, receiptHistory:
		p.notice(Notice{Kind: NoticePeerReceived, Device: m.from.Device, Detail: kind + " " + m.id})
		return
	}
	states := map[string]string{ // an inactive device's delivery is not shown (whatsmeow/receipt.go)
		receiptDelivered: "delivered", receiptRead: "read", receiptReadSelf: "read",
		receiptPlayed: "played",
	}
	state, ok := states[kind]
	if !ok {
		return
	}
	ids := []string{m.id}
	if list, ok := n.GetOptionalChildByTag("list"); ok {
		for _, item := range list.GetChildrenByTag("item") {
			ids = append(ids, text(&item, "id"))
		}
	}
	chat, from := p.chatName(m.chat), p.nameOf(m.from)
	if p.isOwn(m.from) {
		for _, id := range ids {
			p.inbox.change(chat, id, func(e *Entry) { e.Seen = true })
			p.notice(Notice{Kind: NoticeReadSelf, Chat: chat, Device: m.from.Device, Detail: id})
		}
		return
	}
	for _, id := range ids {
		p.inbox.change(chat, id, func(e *Entry) { e.receipt(from, state) })
	}
}

// receipt notes a receipt; what was read does not become merely delivered again.
func (e *Entry) receipt(from, state string) {
	if e.Receipts == nil {
		e.Receipts = map[string]string{}
	}
	if state == "delivered" && e.Receipts[from] != "" {
		return
	}
	e.Receipts[from] = state
}

// sendAgain encrypts a message once more for the device that asks, in a new session if it sent keys.
func (p *Phone) sendAgain(ctx context.Context, n *node, m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent, ok := p.sent[m.id]
	retry, hasRetry := n.GetOptionalChildByTag("retry")
	p.server.mu.Lock()
	d := p.server.deviceOf(m.from)
	p.server.mu.Unlock()
	if !ok || !hasRetry || d == nil || number(&retry, "count") > maxRetries {
		return
	}
	p.notice(Notice{Kind: NoticeRetryAsked, Chat: p.chatName(sent.to), From: p.nameOf(m.from), Device: m.from.Device, Detail: m.id})
	content := sent.message
	stanza := node{Tag: "message", Attrs: attrs{"id": m.id, "to": jidOf(n, "from"), "type": stanzaType(content)}}
	if sent.edit != "" {
		stanza.Attrs["edit"] = sent.edit
	}
	switch {
	case sent.to.IsBroadcastList():
		stanza.Attrs["participant"] = m.from
	case ofMany(sent.to):
		stanza.Attrs["participant"] = m.from
		key, err := p.senderKey(ctx, sent.to)
		if err != nil {
			return
		}
		content = proto.Clone(content).(*waE2E.Message)
		content.SenderKeyDistributionMessage = key
	case d.owner == p.owner:
		stanza.Attrs["recipient"] = sent.to
		content = &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
			DestinationJID: proto.String(sent.to.String()), Message: content,
		}}
	}
	enc, err := p.encryptFor(ctx, d, content, p.freshKeys(n, d))
	if err != nil {
		p.server.options.Log.Debug().Err(err).Msg("Phone cannot send a message again")
		return
	}
	enc.Attrs["count"] = text(&retry, "count")
	stanza.Content = []node{enc}
	p.server.handleMessage(p.device, &stanza)
}

// freshKeys returns the keys that came with a retry receipt; without any, the server's, since the session is broken. The caller
// holds the mutex.
func (p *Phone) freshKeys(n *node, d *device) *bundle {
	ring := keyring{registration: childContent(n, "registration")}
	if keys, ok := n.GetOptionalChildByTag("keys"); ok {
		ring.identity = childContent(&keys, "identity")
		ring.signed = keys.GetChildByTag("skey")
		ring.oneTime = keys.GetChildrenByTag("key")
		if b, err := ring.parse(d.id); err == nil {
			return b
		}
	}
	b, err := p.server.fetchBundle(d)
	if err != nil {
		return nil
	}
	return b
}

// receiveNotification handles what the server pushes.
func (p *Phone) receiveNotification(_ context.Context, n *node) {
	from := jidOf(n, "from")
	switch text(n, "type") {
	case "encrypt":
		if _, changed := n.GetOptionalChildByTag("identity"); changed {
			p.forgetIdentity(from)
		} else {
			p.publishPreKeys()
		}
	case "server_sync":
		p.pullAppState(n)
	case "w:gp2":
		for _, change := range n.GetChildren() {
			p.notice(Notice{Kind: NoticeGroup, Chat: from.String(), From: p.nameOf(jidOf(n, "participant")), Detail: change.Tag})
		}
	case "picture":
		p.notice(Notice{Kind: NoticePicture, From: p.nameOf(from), Chat: p.chatName(from)})
	}
}

// publishPreKeys gives the server more one-time prekeys.
func (p *Phone) publishPreKeys() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := p.signal.publish()
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.device.keys.oneTime = append(p.device.keys.oneTime, fresh.oneTime...)
}

func (p *Phone) receiveChatState(n *node) {
	m := p.source(n)
	for _, state := range n.GetChildren() {
		notice := Notice{Kind: NoticePaused, Chat: p.chatName(m.chat), From: p.nameOf(m.from), Detail: text(&state, "media")}
		if state.Tag == "composing" {
			notice.Kind = NoticeTyping
		}
		p.notice(notice)
	}
}

// nameOf returns the phone number of a JID's owner, or the LID where nobody is known.
func (p *Phone) nameOf(jid types.JID) string {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if other := p.server.personOf(jid); other != nil {
		return other.number()
	}
	return jid.ToNonAD().String()
}

// chatName returns how an inbox names a chat: by phone number, or by group ID.
func (p *Phone) chatName(chat types.JID) string {
	if ofMany(chat) {
		return chat.String()
	}
	return p.nameOf(chat)
}
