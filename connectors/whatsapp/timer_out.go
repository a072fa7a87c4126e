package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

var _ bridgev2.DisappearTimerChangingNetworkAPI = (*account)(nil)

// timers are the ones that WhatsApp knows.
func timers() []time.Duration {
	return []time.Duration{
		whatsmeow.DisappearingTimerOff, whatsmeow.DisappearingTimer24Hours, whatsmeow.DisappearingTimer7Days,
		whatsmeow.DisappearingTimer90Days,
	}
}

// timerFeature says that rooms have a timer. It does not name the times that WhatsApp knows: bridgev2 would refuse others in
// words of its own.
func timerFeature() *event.DisappearingTimerCapability {
	return &event.DisappearingTimerCapability{Types: []event.DisappearingType{event.DisappearingTypeAfterSend}}
}

// HandleMatrixDisappearingTimer sets a chat's timer, and says in the room who did (see
// [bridgev2.DisappearTimerChangingNetworkAPI]). Its errors carry the sentence that the sender reads.
func (a *account) HandleMatrixDisappearingTimer(ctx context.Context, change *bridgev2.MatrixDisappearingTimer) (changed bool, err error) {
	room, to := change.Portal, timer{after: change.Content.Timer.Duration, set: time.Now().Unix()}
	if metadata, ok := room.Metadata.(*PortalMetadata); ok {
		to.set = max(to.set, metadata.TimerSet)
	}
	err = a.ownersOnly(change.OrigSender)
	if err == nil {
		err = a.sendTimer(ctx, room, to)
	}
	if err != nil {
		a.revertTimer(ctx, room)
		return false, err
	}
	if _, err := setTimer(ctx, room, to); err != nil {
		return true, err
	}
	who := change.Event.Sender.Localpart() // for when the room's member list has not come yet
	if member, err := room.Bridge.Matrix.GetMemberInfo(ctx, room.MXID, change.Event.Sender); err == nil && member != nil && member.Displayname != "" {
		who = member.Displayname
	}
	a.connector.announceTimer(ctx, room, who, to.after)
	return true, nil
}

// sendTimer tells WhatsApp a chat's timer.
func (a *account) sendTimer(ctx context.Context, room *bridgev2.Portal, to timer) error {
	if !slices.Contains(timers(), to.after) {
		return a.refused(fmt.Errorf("no timer of %s", to.after), a.say(say.TimerUnknown, networkName))
	}
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil {
		return a.notSent(err, say.TimerNotSet)
	}
	if isPosts(chat) {
		return a.refused(errors.New("status posts have a time of their own"), a.say(say.PostNoTimer, networkName))
	}
	client, err := a.connectedClient(ctx)
	if err != nil {
		return a.notSent(err, say.TimerNotSet)
	}
	err = client.SetDisappearingTimer(ctx, chat, to.after, time.Unix(to.set, 0))
	switch {
	case err == nil:
		return nil
	case isAnswer(err), errors.Is(err, whatsmeow.ErrInvalidDisappearingTimer):
		return a.refused(err, a.say(say.TimerRefused, networkName))
	}
	return a.notSent(fmt.Errorf("set a timer: %w", err), say.TimerNotSet)
}

// revertTimer has the room say again what holds.
func (a *account) revertTimer(ctx context.Context, room *bridgev2.Portal) {
	holds := &event.Content{Parsed: room.Disappear.ToEventContent()}
	_, err := room.Bridge.Bot.SendState(ctx, room.MXID, event.StateBeeperDisappearingTimer, "", holds, time.Now())
	if err != nil {
		zerolog.Ctx(ctx).Err(err).Msg("A room shows a timer that does not hold")
	}
}

// willDisappear notes when a message that has gone out disappears in its room. bridgev2 does so after it has told the outcome
// (bridgev2/portal.go, handleMatrixMessage): a crash in between would let it stay.
func (a *account) willDisappear(ctx context.Context, message *bridgev2.MatrixMessage, sent time.Time) {
	room := message.Portal
	if room.Disappear.Type == event.DisappearingTypeNone {
		return
	}
	err := room.Bridge.DB.DisappearingMessage.Put(ctx, &database.DisappearingMessage{
		RoomID: room.MXID, EventID: message.Event.ID, Timestamp: sent, DisappearingSetting: room.Disappear.StartingAt(sent),
	})
	if err != nil {
		zerolog.Ctx(ctx).Err(err).Msg("When a message disappears could not be noted")
	}
}
