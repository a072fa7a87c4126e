package whatsapptest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// ofMany tells whether a chat is of several people: a group, status posts or a broadcast list. What comes from one names who
// wrote it beside.
func ofMany(chat types.JID) bool {
	return chat.Server == types.GroupServer || chat.Server == types.BroadcastServer
}

// routeBroadcast delivers a status post, or what goes to a broadcast list, to the devices that it was encrypted for.
func (s *Server) routeBroadcast(m *outgoing) (string, *stanzaError) {
	source := s.sourceIn(m.to, m.from)
	if one := jidOf(m.stanza, "participant"); !one.IsEmpty() { // an answer to a retry receipt
		if d := s.deviceOf(one); d != nil {
			s.deliver(d, m.stanzaWith(m.shared, source))
		}
		return "", nil
	}
	var recipients []node
	for _, jid := range m.order {
		if d := s.deviceOf(jid); d != nil && d.id == 0 && d.owner != m.from.owner {
			recipients = append(recipients, node{Tag: "to", Attrs: attrs{"jid": d.owner.lid, "peer_recipient_pn": d.owner.pn()}})
		}
	}
	for _, jid := range m.order {
		d := s.deviceOf(jid)
		if d == nil || d == m.from || d.owner.blocked[m.from.owner.lid] {
			continue
		}
		stanza := m.stanzaWith(m.groupPayloads(d), source)
		if d.owner == m.from.owner && m.to != types.StatusBroadcastJID { // the own devices learn who got it
			stanza = withAttr(stanza, "recipient", m.from.owner.lid)
			stanza.Content = append(stanza.GetChildren(), node{Tag: "participants", Content: recipients})
		}
		s.deliver(d, stanza)
	}
	return "", nil
}

// PostStatus posts a status to all in the owner's address book, and returns its ID. Others see it in the chat
// "status@broadcast".
func (p *Phone) PostStatus(ctx context.Context, m *waE2E.Message) (string, error) {
	return p.SendMessage(ctx, types.StatusBroadcastJID.String(), m)
}

// Broadcast sends a message to each of several people, as with a broadcast list: they see it in their chats with the owner. It
// returns the message's ID.
func (p *Phone) Broadcast(ctx context.Context, m *waE2E.Message, people ...string) (string, error) {
	list := types.NewJID(fmt.Sprint(time.Now().UnixMicro()), types.BroadcastServer)
	id := "3A" + strings.ToUpper(randomHex(9))
	m = proto.Clone(m).(*waE2E.Message)
	m.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: randomBytes(32)}
	p.mu.Lock()
	defer p.mu.Unlock()
	stanza := node{Tag: "message", Attrs: attrs{"id": id, "to": list, "type": stanzaType(m)}}
	covered := map[types.JID]bool{}
	var participants []node
	for _, who := range people {
		jid, err := p.resolve(who)
		if err != nil {
			return "", fmt.Errorf("broadcast: %w", err)
		}
		devices, err := p.server.audience(p.device, jid)
		if err != nil {
			return "", fmt.Errorf("broadcast: %w", err)
		}
		for _, d := range devices {
			if covered[d.lid()] {
				continue
			}
			covered[d.lid()] = true
			enc, err := p.encryptFor(ctx, d, m, nil)
			if err != nil {
				return "", fmt.Errorf("broadcast: %w", err)
			}
			participants = append(participants, node{Tag: "to", Attrs: attrs{"jid": d.lid()}, Content: []node{enc}})
		}
		p.applyContent(message{id: id, chat: jid, from: p.device.lid(), at: time.Now(), name: p.Name()}, m)
	}
	stanza.Content = []node{{Tag: "participants", Content: participants}}
	p.sent[id] = sentMessage{to: list, message: m}
	p.server.handleMessage(p.device, &stanza)
	return id, nil
}
