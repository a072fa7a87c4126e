package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2/database"

	"passerelle/portal/handover"
	"passerelle/portal/pins"
)

// Messages that are pinned in a chat are pinned in its room (Client-Server API, m.room.pinned_events), for as long as on
// WhatsApp. bridgev2 does not tell what staff pin.

// pin pins a message in its room, or no longer. One that the room does not hold is not pinned.
func (d *delivery) pin(ctx context.Context, pin *waE2E.PinInChatMessage) error {
	target, ok, err := d.keyed(ctx, pin.GetKey())
	if err != nil || !ok {
		return err
	}
	row, err := d.meant(ctx, target)
	if err == nil && row == nil {
		err = d.behind(ctx, target.networkID())
	}
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

// changePins changes which messages a room shows as pinned.
func (d *delivery) changePins(ctx context.Context, row *database.Message, on bool) error {
	bridge := d.account.connector.bridge
	room, err := bridge.GetExistingPortalByKey(ctx, d.PortalKey)
	if err != nil || !handover.HasRoom(room) {
		return err
	}
	return pins.Change(ctx, bridge, room.MXID, row.MXID, on, d.came.At)
}
