package whatsapptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// ErrRefused says that the server refused a message; the text has the code.
var ErrRefused = errors.New("the server refused the message")

// ErrNoSuchMessage says that the phone's owner has not seen the message in this chat.
var ErrNoSuchMessage = errors.New("no such message in this chat")

// sentMessage is kept for devices that could not decrypt it.
type sentMessage struct {
	to      types.JID
	message *waE2E.Message
	edit    string
}

// Send sends a text to a person (by phone number or LID) or a group, and returns the message's ID.
func (p *Phone) Send(ctx context.Context, to, text string) (string, error) {
	return p.SendMessage(ctx, to, &waE2E.Message{Conversation: proto.String(text)})
}

// Image is a picture to send.
type Image struct {
	// Data is the file; MIME its type, image/png without one.
	Data []byte
	MIME string
	// Caption is the text below it, if any.
	Caption string
}

// SendImage uploads an image, sends it and returns the message's ID.
func (p *Phone) SendImage(ctx context.Context, to string, image Image) (string, error) {
	return p.SendFile(ctx, to, File{Kind: KindImage, Data: image.Data, MIME: image.MIME, Caption: image.Caption})
}

// Reply sends a text that quotes a message of the chat.
func (p *Phone) Reply(ctx context.Context, to, quoted, text string) (string, error) {
	return p.SendText(ctx, to, Text{Body: text, Quoted: quoted})
}

// React reacts to a message of the chat with an emoji; none takes the reaction back.
func (p *Phone) React(ctx context.Context, to, id, emoji string) (string, error) {
	key, _, err := p.keyOf(to, id)
	if err != nil {
		return "", fmt.Errorf("react to %s: %w", id, err)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
		Key: key, Text: &emoji, SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
	}})
}

// Edit changes the text of an own message.
func (p *Phone) Edit(ctx context.Context, to, id, text string) (string, error) {
	key, entry, err := p.keyOf(to, id)
	if err != nil {
		return "", fmt.Errorf("edit %s: %w", id, err)
	} else if !entry.FromMe {
		return "", fmt.Errorf("edit %s: it is not the owner's", id)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: key, TimestampMS: proto.Int64(time.Now().UnixMilli()),
			EditedMessage: &waE2E.Message{Conversation: &text},
		},
	}}})
}

// Delete deletes a message for everybody.
func (p *Phone) Delete(ctx context.Context, to, id string) (string, error) {
	key, _, err := p.keyOf(to, id)
	if err != nil {
		return "", fmt.Errorf("delete %s: %w", id, err)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key,
	}})
}

// keyOf names a message that the owner has seen, as messages about messages do.
func (p *Phone) keyOf(to, id string) (*waCommon.MessageKey, Entry, error) {
	jid, err := p.resolve(to)
	if err != nil {
		return nil, Entry{}, err
	}
	entry, ok := p.inbox.find(p.chatName(jid), id)
	if !ok {
		return nil, Entry{}, fmt.Errorf("%s in %s: %w", id, to, ErrNoSuchMessage)
	}
	key := &waCommon.MessageKey{RemoteJID: proto.String(jid.String()), FromMe: &entry.FromMe, ID: &id}
	if ofMany(jid) && !entry.FromMe {
		author, err := p.server.lookUp(entry.From)
		if err != nil {
			return nil, Entry{}, err
		}
		key.Participant = proto.String(p.server.nameIn(jid, author).String())
	}
	return key, entry, nil
}

// SendMessage sends any message to a person or group and returns its ID. It fails with [ErrNoSuchPerson], [ErrNoSuchGroup] or
// [ErrRefused].
func (p *Phone) SendMessage(ctx context.Context, to string, m *waE2E.Message) (string, error) {
	return p.send(ctx, to, m, sendOptions{})
}

// SendToPhonesOnly is SendMessage, but linked devices, the owner's too, only learn that there is a message, as happens with
// messages of a phone that does not know of them: they have to ask their phones for it.
func (p *Phone) SendToPhonesOnly(ctx context.Context, to string, m *waE2E.Message) (string, error) {
	return p.send(ctx, to, m, sendOptions{phonesOnly: true})
}

// sendOptions adjust how a message is sent.
type sendOptions struct {
	// phonesOnly leaves linked devices out; why is what they are told (whatsmeow types/events, UnavailableType).
	phonesOnly bool
	why        string
}

func (p *Phone) send(ctx context.Context, to string, m *waE2E.Message, options sendOptions) (string, error) {
	jid, err := p.resolve(to)
	if err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	id := "3A" + strings.ToUpper(randomHex(9))
	m = proto.Clone(m).(*waE2E.Message)
	if secretOf(m) == nil {
		if m.MessageContextInfo == nil {
			m.MessageContextInfo = &waE2E.MessageContextInfo{}
		}
		m.MessageContextInfo.MessageSecret = randomBytes(32)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stampTimer(jid, m)
	stanza, err := p.messageStanza(ctx, jid, id, m, options)
	if err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	p.sent[id] = sentMessage{to: jid, message: m, edit: text(&stanza, "edit")}
	p.applyContent(message{id: id, chat: jid, from: p.device.lid(), at: time.Now(), name: p.Name()}, m)
	ack := p.server.handleMessage(p.device, &stanza)
	if code := text(&ack, "error"); code != "" {
		return "", fmt.Errorf("send message: %w with error %s", ErrRefused, code)
	}
	return id, nil
}

// messageStanza encrypts a message for all devices of a chat. The caller holds the mutex.
func (p *Phone) messageStanza(ctx context.Context, to types.JID, id string, m *waE2E.Message, options sendOptions) (node, error) {
	stanza := node{Tag: "message", Attrs: attrs{"id": id, "to": to, "type": stanzaType(m)}}
	if edit := editMark(m); edit != "" {
		stanza.Attrs["edit"] = edit
	}
	forOthers, forOwn := m, &waE2E.Message{
		DeviceSentMessage:  &waE2E.DeviceSentMessage{DestinationJID: proto.String(to.String()), Message: m},
		MessageContextInfo: m.GetMessageContextInfo(),
	}
	var shared []node
	if ofMany(to) {
		enc, key, err := p.encryptForGroup(ctx, to, m)
		if err != nil {
			return node{}, err
		}
		shared, forOthers, forOwn = []node{enc}, key, key
	}
	devices, err := p.server.audience(p.device, to)
	if err != nil {
		return node{}, err
	}
	stanza.Attrs["phash"] = deviceHash(append(lidsOf(devices), p.device.lid()))
	var participants []node
	for _, d := range devices {
		if options.phonesOnly && d.id != 0 {
			participants = append(participants, node{Tag: "to", Attrs: attrs{"jid": d.lid()}, Content: []node{unavailable(options.why)}})
			continue
		}
		payload := forOthers
		if d.owner == p.owner {
			payload = forOwn
		}
		enc, err := p.encryptFor(ctx, d, payload, nil)
		if err != nil {
			return node{}, err
		}
		participants = append(participants, node{Tag: "to", Attrs: attrs{"jid": d.lid()}, Content: []node{enc}})
	}
	stanza.Content = append([]node{{Tag: "participants", Content: participants}}, shared...)
	return stanza, nil
}

// unavailable stands in the place of a payload that a device does not get. Where the real service puts it in is not known; this
// is what clients read (whatsmeow message.go, decryptMessages).
func unavailable(why string) node {
	n := node{Tag: "unavailable"}
	if why != "" {
		n.Attrs = attrs{"type": why}
	}
	return n
}

// audience lists the devices that a message to a chat is encrypted for, the sending one left out.
func (s *Server) audience(from *device, to types.JID) ([]*device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var people []*person
	if g := s.groups[to]; g != nil {
		for _, m := range g.sortedMembers() {
			people = append(people, m.person)
		}
	} else if to == types.StatusBroadcastJID {
		people = append(people, from.owner)
		for other := range from.owner.contacts {
			if other != from.owner {
				people = append(people, other)
			}
		}
	} else if p := s.personOf(to); p == nil {
		return nil, fmt.Errorf("%s: %w", to, ErrNoSuchPerson)
	} else if people = append(people, p); p != from.owner {
		people = append(people, from.owner)
	}
	var devices []*device
	for _, p := range people {
		for _, d := range p.sortedDevices() {
			if d != from {
				devices = append(devices, d)
			}
		}
	}
	return devices, nil
}

// stanzaType is a message's type attribute (whatsmeow send.go, getTypeFromMessage).
func stanzaType(m *waE2E.Message) string {
	m = unwrap(m)
	switch {
	case m.GetReactionMessage() != nil:
		return "reaction"
	case pollOf(m) != nil, m.GetPollUpdateMessage() != nil:
		return "poll"
	case m.GetEventMessage() != nil, m.GetEncEventResponseMessage() != nil:
		return "event"
	case mediaOf(m) != nil, m.GetContactMessage() != nil, m.GetContactsArrayMessage() != nil, locationOf(m) != nil:
		return "media"
	}
	return "text"
}

// editMark is a message's edit attribute (whatsmeow types, EditAttribute): 1 edit, 7 deletion by the sender, 8 by an admin.
func editMark(m *waE2E.Message) string {
	deletion := m.GetProtocolMessage()
	switch {
	case m.GetEditedMessage() != nil:
		return "1"
	case m.GetReactionMessage() != nil && m.GetReactionMessage().GetText() == "":
		return "7"
	case deletion.GetType() == waE2E.ProtocolMessage_REVOKE && deletion.GetKey() != nil && deletion.GetKey().GetFromMe():
		return "7"
	case deletion.GetType() == waE2E.ProtocolMessage_REVOKE && deletion.GetKey() != nil:
		return "8"
	}
	return ""
}

// sendPeer sends a message to one of the owner's own devices. The caller holds the mutex.
func (p *Phone) sendPeer(ctx context.Context, to *device, m *waE2E.ProtocolMessage) error {
	enc, err := p.encryptFor(ctx, to, &waE2E.Message{ProtocolMessage: m}, nil)
	if err != nil {
		return err
	}
	p.server.handleMessage(p.device, &node{Tag: "message", Attrs: attrs{
		"id": "3A" + strings.ToUpper(randomHex(9)), "to": to.lid(), "type": "text", "category": "peer",
	}, Content: []node{enc}})
	return nil
}

// MarkRead tells the senders of messages that the owner has read them.
func (p *Phone) MarkRead(to string, ids ...string) error { return p.sendReceipts(receiptRead, to, ids) }

// MarkPlayed tells the senders of voice messages that the owner has listened to them.
func (p *Phone) MarkPlayed(to string, ids ...string) error {
	return p.sendReceipts(receiptPlayed, to, ids)
}

func (p *Phone) sendReceipts(kind, to string, ids []string) error {
	jid, err := p.resolve(to)
	if err != nil {
		return fmt.Errorf("mark %s: %w", kind, err)
	}
	for _, id := range ids {
		entry, ok := p.inbox.find(p.chatName(jid), id)
		if !ok {
			return fmt.Errorf("mark %s %s: %w", id, kind, ErrNoSuchMessage)
		}
		a := attrs{"id": id, "to": jid, "type": kind, "t": unixNow()}
		if ofMany(jid) {
			author, err := p.server.lookUp(entry.From)
			if err != nil {
				return fmt.Errorf("mark %s %s: %w", id, kind, err)
			}
			a["participant"] = author.lid
		}
		if err := p.server.handleReceipt(p.device, &node{Tag: "receipt", Attrs: a}); err != nil {
			return fmt.Errorf("mark %s %s: %w", id, kind, err)
		}
		p.inbox.change(p.chatName(jid), id, func(e *Entry) { e.Seen = true })
	}
	return nil
}
