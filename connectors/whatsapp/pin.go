package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Messages that are pinned in a chat are pinned in its room (Client-Server API, m.room.pinned_events), for as long as on
// WhatsApp. bridgev2 does not tell what staff pin.

// mostPinned bounds how many messages are pinned in a room.
const mostPinned = 50

// pin pins a message in its room, or no longer. One that the room does not hold is not pinned.
func (d *delivery) pin(ctx context.Context, pin *waE2E.PinInChatMessage) error {
	target, ok, err := d.keyed(ctx, pin.GetKey())
	if err != nil || !ok {
		return err
	}
	row, err := d.meant(ctx, target)
	if err != nil || row == nil {
		return err
	}
	on := pin.GetType() == waE2E.PinInChatMessage_PIN_FOR_ALL
	lasts := time.Duration(d.message.Message.GetMessageContextInfo().GetMessageAddOnDurationInSecs()) * time.Second
	if on && lasts > 0 && time.Since(d.came.At) > lasts {
		return nil
	}
	if err := d.changePins(ctx, row, on); err != nil {
		return err
	}
	name := "pin/" + string(row.ID)
	if on && lasts > 0 {
		return d.unpinLater(ctx, name, pin, d.came.At.Add(lasts))
	}
	if later, ok := d.account.dueNamed(name); ok {
		return d.account.doneWith(ctx, later)
	}
	return nil
}

// unpinLater notes when a message is no longer pinned: phones find that out by themselves, each for itself.
func (d *delivery) unpinLater(ctx context.Context, name string, pin *waE2E.PinInChatMessage, at time.Time) error {
	encoded, err := proto.Marshal(&waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{
		Key: pin.GetKey(), Type: waE2E.PinInChatMessage_UNPIN_FOR_ALL.Enum(),
	}})
	if err != nil {
		return fmt.Errorf("encode the end of a pin: %w", err)
	}
	end := *d.came
	end.ID, end.At, end.Encoded, end.PushName = d.came.ID+".unpin", at, encoded, ""
	return d.account.doLater(ctx, due{Name: name, At: at, Came: &end})
}

// changePins changes which messages a room shows as pinned. In a room whose owner does not let the bot do that, nothing is.
func (d *delivery) changePins(ctx context.Context, row *database.Message, on bool) error {
	bridge := d.account.connector.bridge
	room, err := bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil || room == nil || room.MXID == "" {
		return err
	}
	pinned, err := pinnedIn(ctx, bridge, room.MXID)
	if err == nil && slices.Contains(pinned, row.MXID) != on {
		pinned = slices.DeleteFunc(pinned, func(other id.EventID) bool { return other == row.MXID })
		if on {
			pinned = append(pinned, row.MXID)
		}
		content := &event.PinnedEventsEventContent{Pinned: pinned[max(0, len(pinned)-mostPinned):]}
		_, err = bridge.Bot.SendState(ctx, room.MXID, event.StatePinnedEvents, "", &event.Content{Parsed: content}, d.came.At)
	}
	var answer mautrix.HTTPError
	if errors.As(err, &answer) && !isAway(err) {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("What is pinned in a room could not be changed")
		return nil
	}
	if err != nil {
		return fmt.Errorf("change what is pinned: %w", err)
	}
	return nil
}

// isAway tells whether an error is that of a homeserver that gives no answer now.
func isAway(err error) bool {
	var answer mautrix.HTTPError
	return errors.As(err, &answer) && (answer.Response == nil || answer.Response.StatusCode >= http.StatusInternalServerError ||
		answer.Response.StatusCode == http.StatusTooManyRequests)
}

// pinnedIn lists what is pinned in a room.
func pinnedIn(ctx context.Context, bridge *bridgev2.Bridge, room id.RoomID) ([]id.EventID, error) {
	states, ok := bridge.Bot.(bridgev2.MatrixAPIWithArbitraryRoomState)
	if !ok {
		return nil, nil
	}
	state, err := states.GetStateEvent(ctx, room, event.StatePinnedEvents, "")
	if errors.Is(err, mautrix.MNotFound) || err == nil && state == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at what is pinned: %w", err)
	}
	return slices.Clone(state.Content.AsPinnedEvents().Pinned), nil
}
