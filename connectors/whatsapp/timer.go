package whatsapp

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// A chat's timer says how long after their sending its messages disappear. bridgev2 keeps it in the portal, and has the
// messages redacted (bridgev2/disappear.go). A direct chat's timer is told by a message, and by each message that has a time;
// a group's by the server. What the server tells of it goes through the inbox, too, as if it were a message.

// timer is what was decided about a chat.
type timer struct {
	after time.Duration // 0: messages stay
	// set is when it was decided, as Unix time in seconds: the last decision holds. It is by WhatsApp's clock where it can be,
	// since those of phones may be wrong.
	set int64
}

// timerOf returns the time that a message has, and when its sender's phone thinks that this was decided for the chat.
func timerOf(m *waE2E.Message) timer {
	context := contextOf(unwrapFutureProof(m))
	return timer{
		after: time.Duration(context.GetExpiration()) * time.Second, set: context.GetEphemeralSettingTimestamp(),
	}
}

// setting says a timer in bridgev2's words. WhatsApp's run from the sending.
func setting(after time.Duration) database.DisappearingSetting {
	return database.DisappearingSetting{Type: event.DisappearingTypeAfterSend, Timer: after}.Normalize()
}

// hasPassed tells whether a message's time is over.
func hasPassed(message *events.Message) bool {
	after := timerOf(message.Message).after
	return after > 0 && time.Since(message.Info.Timestamp) > after
}

// setTimer keeps the timer of a chat, unless a later decision is known, and tells whether it is another than before. It is
// called in the room's goroutine, or while there is no room.
func setTimer(ctx context.Context, room *bridgev2.Portal, to timer) (changed bool, err error) {
	metadata, ok := room.Metadata.(*PortalMetadata)
	if !ok || to.set < metadata.TimerSet {
		return false, nil
	}
	changed = room.UpdateDisappearingSetting(ctx, setting(to.after), bridgev2.UpdateDisappearingSettingOpts{ExcludeFromTimeline: true})
	if !changed && to.set == metadata.TimerSet {
		return false, nil
	}
	metadata.TimerSet = to.set
	if err := room.Save(ctx); err != nil {
		return changed, fmt.Errorf("keep a chat's timer: %w", err)
	}
	return changed, nil
}

// setsTimer returns the timer that the message sets. It is not ok for a message that sets none.
func (d *delivery) setsTimer() (to timer, ok bool) {
	if d.message == nil {
		return timer{}, false
	}
	protocol := d.message.Message.GetProtocolMessage()
	if protocol.GetType() != waE2E.ProtocolMessage_EPHEMERAL_SETTING {
		return timer{}, false
	}
	return timer{after: time.Duration(protocol.GetEphemeralExpiration()) * time.Second, set: d.came.At.Unix()}, true
}

// claimsTimer tells whether it is a member's message that would set a group's timer: only the server's word counts.
func (d *delivery) claimsTimer() bool {
	return ofMany(d.chat) && d.came.Kind != arrivalTimer
}

// keepTimer keeps the timer of a chat that has no room: a timer alone makes none.
func (d *delivery) keepTimer(ctx context.Context, room *bridgev2.Portal, to timer) error {
	if d.claimsTimer() {
		return nil
	}
	_, err := setTimer(ctx, room, to)
	return err
}

// timerSet keeps the timer that the message sets, and says who set it. An earlier attempt may have kept it and not said it.
func (d *delivery) timerSet(ctx context.Context, room *bridgev2.Portal, to timer) (*bridgev2.ConvertedMessage, error) {
	metadata, _ := room.Metadata.(*PortalMetadata)
	if metadata != nil && !ofMany(d.chat) && !d.stored.Past {
		to.set = max(to.set, metadata.TimerSet) // these come in order, whatever the clocks say
	}
	changed := false
	if !d.claimsTimer() {
		var err error
		if changed, err = setTimer(ctx, room, to); err != nil {
			return d.fail(err)
		}
	}
	unsaid := !d.stored.Attempted.IsZero() && metadata != nil && metadata.TimerSet == to.set && room.Disappear.Timer == to.after
	if !changed && !unsaid {
		d.dropped = true
		return nil, bridgev2.ErrIgnoringRemoteEvent
	}
	who, _, _ := d.account.inMatrix(ctx, lidOf(d.id.sender))
	if d.stored.Past {
		who = "" // history says what holds, and not who decided it
	}
	return d.noticed(ctx, timerWords(d.language(), who, to.after), "/notice")
}

// learnTimer keeps a direct chat's timer that a message is the first to tell of: new chats begin with their owner's.
func (d *delivery) learnTimer(ctx context.Context, room *bridgev2.Portal) error {
	to := timerOf(d.message.Message)
	if ofMany(d.chat) || to.after == 0 || to.set == 0 {
		return nil
	}
	to.set = min(to.set, d.came.At.Unix())
	changed, err := setTimer(ctx, room, to)
	if changed {
		d.account.connector.announceTimer(ctx, room, "", to.after)
	}
	return err
}

// remindOfTimer has a message disappear that an earlier attempt brought into the room: it may have ended before bridgev2
// noted the time.
func (d *delivery) remindOfTimer(ctx context.Context) error {
	if d.message == nil {
		return nil
	}
	after := timerOf(d.message.Message).after
	if after == 0 {
		return nil
	}
	bridge := d.account.connector.bridge
	row, err := bridge.DB.Message.GetFirstPartByID(ctx, d.account.login.ID, d.GetID())
	if err != nil {
		return fmt.Errorf("look up a delivered message: %w", err)
	}
	room, err := bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	switch {
	case err != nil:
		return fmt.Errorf("look up a room: %w", err)
	case row == nil || room == nil:
		return nil
	}
	bridge.DisappearLoop.Add(ctx, &database.DisappearingMessage{
		RoomID: room.MXID, EventID: row.MXID, Timestamp: row.Timestamp,
		DisappearingSetting: setting(after).StartingAt(row.Timestamp),
	})
	return nil
}

// announceTimer says a chat's timer in its room, as the bot. who is who set it; empty: not known.
func (c *Connector) announceTimer(ctx context.Context, room *bridgev2.Portal, who string, after time.Duration) {
	words := timerWords(c.languageIn(room.PortalKey), who, after)
	_, err := c.bridge.Bot.SendMessage(ctx, room.MXID, event.EventMessage, &event.Content{Parsed: &event.MessageEventContent{
		MsgType: event.MsgNotice, Body: words, Mentions: &event.Mentions{},
	}}, nil)
	if err != nil {
		zerolog.Ctx(ctx).Err(err).Msg("A chat's new timer could not be announced")
	}
}

// timerWords says who set which timer.
func timerWords(in say.Language, who string, after time.Duration) string {
	switch {
	case after == 0 && who == "":
		return in.Say(say.TimerIsOff)
	case after == 0:
		return in.Say(say.TimerTurnedOff, who)
	case who == "":
		return in.Say(say.TimerIs, in.Duration(after))
	}
	return in.Say(say.TimerSet, who, in.Duration(after))
}

// groupTimerChanged puts a change of a group's timer into the inbox. It is false when it could not.
func (a *account) groupTimerChanged(change *events.GroupInfo) (stored bool) {
	if change.Ephemeral == nil || change.Sender == nil {
		return true
	}
	var info types.MessageInfo
	info.Chat, info.Sender, info.IsGroup = change.JID, *change.Sender, true
	if change.SenderPN != nil {
		info.SenderAlt = *change.SenderPN
	}
	came, err := timerArrival(&info, timer{
		after: time.Duration(change.Ephemeral.DisappearingTimer) * time.Second, set: change.Timestamp.Unix(),
	})
	if err != nil {
		a.log.Err(err).Msg("A chat's timer cannot be kept")
		return true
	}
	return a.storeMessage(came)
}

// timerArrival describes a change of a timer as the message that would have told of it. Its ID is the same whoever is told.
func timerArrival(info *types.MessageInfo, to timer) (*arrival, error) {
	seconds := uint32(to.after / time.Second)
	info.ID, info.Timestamp = fmt.Sprintf("timer-%d-%d", to.set, seconds), time.Unix(to.set, 0)
	came, err := arrivalOf(info, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(seconds),
	}})
	if err != nil {
		return nil, err
	}
	came.Kind = arrivalTimer
	return came, nil
}

// keepGroupTimer keeps the timer that the server names for a group.
func (c *Connector) keepGroupTimer(seconds uint32) bridgev2.ExtraUpdater[*bridgev2.Portal] {
	return func(ctx context.Context, room *bridgev2.Portal) (changed bool) {
		after := time.Duration(seconds) * time.Second
		changed = room.UpdateDisappearingSetting(ctx, setting(after), bridgev2.UpdateDisappearingSettingOpts{ExcludeFromTimeline: true})
		if changed && handover.HasRoom(room) {
			c.announceTimer(ctx, room, "", after)
		}
		return changed
	}
}

// pastTimer returns the timer that history names for a direct chat.
func (a *account) pastTimer(ctx context.Context, chat types.JID, history *waHistorySync.Conversation) []portal.Arrival {
	to := timer{after: time.Duration(history.GetEphemeralExpiration()) * time.Second, set: history.GetEphemeralSettingTimestamp()}
	if chat.Server == types.GroupServer || to.after == 0 || to.set == 0 {
		return nil
	}
	to.set = min(to.set, time.Now().Unix())
	var info types.MessageInfo
	info.Chat, info.Sender = chat, chat
	came, err := timerArrival(&info, to)
	if err != nil {
		return nil
	}
	payload, err := came.encode()
	if err != nil {
		return nil
	}
	lane, id := a.place(ctx, came)
	return []portal.Arrival{{Login: string(a.login.ID), Lane: lane, ID: id, Payload: payload, At: time.Now(), Past: true}}
}
