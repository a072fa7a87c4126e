package whatsapp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

var (
	_ bridgev2.MuteHandlingNetworkAPI         = (*account)(nil)
	_ bridgev2.TagHandlingNetworkAPI          = (*account)(nil)
	_ bridgev2.MarkedUnreadHandlingNetworkAPI = (*account)(nil)
)

// markable is a chat whose marks can be changed.
type markable struct {
	client *whatsmeow.Client
	chat   types.JID
	known  types.JID // as the account's devices know the chat
	marks  marks     // that it has
}

// toMark finds the chat of a room, and the marks that it has. It waits for a connection that is down.
func (a *account) toMark(ctx context.Context, room *bridgev2.Portal) (*markable, error) {
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil {
		return nil, err
	}
	client, err := a.connectedClient(ctx)
	if err != nil {
		return nil, err
	}
	is, known, err := a.marksOf(ctx, chat)
	if err != nil {
		return nil, err
	}
	return &markable{client: client, chat: chat, known: known, marks: is}, nil
}

// HandleMute mutes a chat on the owner's devices, or lets it sound again (see [bridgev2.MuteHandlingNetworkAPI]). An event is
// what an app set, which knows no end: a chat that is muted for a while stays so. The room shows it when WhatsApp tells of it.
func (a *account) HandleMute(ctx context.Context, set *bridgev2.MatrixMute) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	to, err := a.toMark(ctx, set.Portal)
	if err != nil {
		return err
	}
	until := set.Content.GetMutedUntilTime()
	mute, is := until.After(time.Now()), to.marks.muted(time.Now())
	if mute == is && (!mute || set.Event != nil || until.Equal(to.marks.mutedUntil)) {
		return nil
	}
	var end *int64 // nil: for good
	if mute && !until.Equal(event.MutedForever) {
		end = proto.Int64(until.UnixMilli())
	}
	return to.set(ctx, appstate.BuildMuteAbs(to.known, mute, end))
}

// HandleRoomTag pins or archives a chat on the owner's devices as its room is tagged: a favourite is pinned, what has a low
// priority is archived (see [bridgev2.TagHandlingNetworkAPI]).
func (a *account) HandleRoomTag(ctx context.Context, set *bridgev2.MatrixRoomTag) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	to, err := a.toMark(ctx, set.Portal)
	if err != nil {
		return err
	}
	_, pin := set.Content.Tags[event.RoomTagFavourite]
	_, archive := set.Content.Tags[event.RoomTagLowPriority]
	archive = archive && !pin
	if archive != to.marks.archived {
		at, key, err := a.newest(ctx, to, set.Portal)
		if err != nil {
			return err
		}
		if err := to.set(ctx, appstate.BuildArchive(to.known, archive, at, key)); err != nil {
			return err
		}
		to.marks.pinned = to.marks.pinned && !archive // WhatsApp unpins what it archives
	}
	if pin != to.marks.pinned {
		return to.set(ctx, appstate.BuildPin(to.known, pin))
	}
	return nil
}

// HandleMarkedUnread marks a chat as unread on the owner's devices, or takes the mark away (see
// [bridgev2.MarkedUnreadHandlingNetworkAPI]).
func (a *account) HandleMarkedUnread(ctx context.Context, set *bridgev2.MatrixMarkedUnread) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	if a.isLeftUnread(set.Portal.ID) == set.Content.Unread {
		return nil
	}
	to, err := a.toMark(ctx, set.Portal)
	if err != nil {
		return err
	}
	at, key, err := a.newest(ctx, to, set.Portal)
	if err != nil {
		return err
	}
	if err := to.set(ctx, appstate.BuildMarkChatAsRead(to.known, !set.Content.Unread, at, key)); err != nil {
		return err
	}
	a.noteUnread(set.Portal.ID, set.Content.Unread)
	return nil
}

// set changes the account's app state.
func (to *markable) set(ctx context.Context, change appstate.PatchInfo) error {
	if err := to.client.SendAppState(ctx, change); err != nil {
		return fmt.Errorf("mark a chat: %w", err)
	}
	return nil
}

// newest names the newest message of a chat: devices that know of a newer one do not archive the chat, or take it for unread,
// by mistake.
func (a *account) newest(ctx context.Context, to *markable, room *bridgev2.Portal) (at time.Time, key *waCommon.MessageKey, err error) {
	rows, err := a.connector.bridge.DB.Message.GetLastNInPortal(ctx, room.PortalKey, 1)
	if err != nil {
		return at, nil, fmt.Errorf("look up a room's newest message: %w", err)
	}
	if len(rows) == 0 {
		return at, nil, nil
	}
	named, err := parseMessageID(rows[0].ID)
	if err != nil || strings.Contains(named.id, ".") { // a dot: see placeholder
		return rows[0].Timestamp, nil, nil
	}
	return rows[0].Timestamp, to.client.BuildMessageKey(to.chat, lidOf(named.sender), named.id), nil
}
