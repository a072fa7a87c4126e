package whatsapptest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// chatTimer is after how many seconds the messages of a direct chat disappear, and when that was decided: the last decision
// holds. Groups have theirs on the server.
type chatTimer struct {
	seconds uint32
	set     int64 // Unix time in seconds
}

// SetTimer has the messages that follow in a chat disappear a while after they were sent; zero ends it. The service takes 24
// hours, 7 days and 90 days; this one takes any time.
func (p *Phone) SetTimer(ctx context.Context, chat string, timer time.Duration) error {
	jid, err := p.resolve(chat)
	if err != nil {
		return fmt.Errorf("set timer: %w", err)
	}
	if jid.Server == types.GroupServer {
		return p.setGroupTimer(chat, timer)
	}
	_, err = p.SendMessage(ctx, chat, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(),
		EphemeralExpiration: proto.Uint32(uint32(timer.Seconds())), EphemeralSettingTimestamp: proto.Int64(time.Now().Unix()),
	}})
	return err
}

// SetDefaultTimer has the messages of chats that the owner begins from now on disappear; zero ends it.
func (p *Phone) SetDefaultTimer(timer time.Duration) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.owner.defaultTimer = uint32(timer.Seconds())
}

// answerDefaultTimer takes a person's timer for new chats from a companion. The real server tells others, too; whatsmeow does
// not read that.
func (s *Server) answerDefaultTimer(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.owner.defaultTimer = uint32(number(q.child, "duration"))
	return nil, nil
}

// timerOf returns the timer of a chat, and whether it is the owner's for new chats. The caller holds the mutex.
func (p *Phone) timerOf(chat types.JID) (timer chatTimer, fresh bool) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if g := p.server.groups[chat]; g != nil {
		return chatTimer{seconds: g.timer}, false
	}
	if timer, ok := p.timers[chat]; ok {
		return timer, false
	}
	for _, m := range p.log {
		if m.chat == chat {
			return chatTimer{}, false
		}
	}
	return chatTimer{seconds: p.owner.defaultTimer, set: time.Now().Unix()}, p.owner.defaultTimer > 0
}

// stampTimer says in a message when it disappears, if the chat has a timer and the message can say so. The caller holds the
// mutex.
func (p *Phone) stampTimer(chat types.JID, m *waE2E.Message) {
	timer, fresh := p.timerOf(chat)
	if timer.seconds == 0 {
		return
	}
	if m.Conversation != nil { // a plain text has no room for it
		m.ExtendedTextMessage, m.Conversation = &waE2E.ExtendedTextMessage{Text: m.Conversation}, nil
	}
	field, part := payloadOf(m)
	if part == nil {
		return
	}
	if envelope, ok := part.Interface().(*waE2E.FutureProofMessage); ok && envelope.Message != nil && field.Name() != "editedMessage" {
		p.stampTimer(chat, envelope.Message)
		return
	}
	slot := part.Descriptor().Fields().ByName("contextInfo")
	if slot == nil {
		return
	}
	info, ok := part.Mutable(slot).Message().Interface().(*waE2E.ContextInfo)
	if !ok || info.Expiration != nil {
		return
	}
	info.Expiration, info.EphemeralSettingTimestamp = &timer.seconds, some(timer.set)
	if fresh {
		p.timers[chat] = timer
		info.DisappearingMode = &waE2E.DisappearingMode{
			Initiator: waE2E.DisappearingMode_CHANGED_IN_CHAT.Enum(), Trigger: waE2E.DisappearingMode_ACCOUNT_SETTING.Enum(),
		}
	}
}

// learnTimer takes a chat's timer from a message, which may be the first to tell of it. The caller holds the mutex.
func (p *Phone) learnTimer(chat types.JID, seconds uint32, set int64) {
	if chat.Server == types.GroupServer || set == 0 || set < p.timers[chat].set || seconds == p.timers[chat].seconds {
		return
	}
	p.timers[chat] = chatTimer{seconds, set}
	p.notice(Notice{Kind: NoticeTimer, Chat: p.chatName(chat), Detail: strconv.Itoa(int(seconds))})
}

// Advance moves the clocks of all phones ahead, which removes the messages whose time is over, and unlinks the
// companions of phones that have been off for two weeks. Stanzas keep the real time.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	s.ahead += d
	now := time.Now().Add(s.ahead)
	s.mu.Unlock()
	for _, p := range s.People() {
		p.removeExpired(now)
		p.unlinkIdle(now)
	}
}

// removeExpired takes messages whose time is over out of the inbox and the log.
func (p *Phone) removeExpired(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := p.inbox.expire(now)
	kept := p.log[:0]
	for _, m := range p.log {
		if !gone[p.chatName(m.chat)+" "+m.id] {
			kept = append(kept, m)
		}
	}
	p.log = kept
}

// expire empties the entries whose time is over, and names them by chat and ID.
func (b *inbox) expire(now time.Time) map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := map[string]bool{}
	for _, e := range b.entries {
		if e.Timer == 0 || e.Expired || now.Before(e.At.Add(time.Duration(e.Timer)*time.Second)) {
			continue
		}
		b.version++
		e.Expired, e.Text, e.Media, e.Version = true, "", nil, b.version
		gone[e.Chat+" "+e.ID] = true
	}
	if len(gone) > 0 {
		b.wake()
	}
	return gone
}
