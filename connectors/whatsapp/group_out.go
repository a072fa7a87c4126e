package whatsapp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/media"
	"passerelle/portal/say"
)

var (
	_ bridgev2.RoomNameHandlingNetworkAPI   = (*account)(nil)
	_ bridgev2.RoomTopicHandlingNetworkAPI  = (*account)(nil)
	_ bridgev2.RoomAvatarHandlingNetworkAPI = (*account)(nil)
)

// groupPictureWidth is how wide a group's picture is sent, in pixels: as WhatsApp's own apps do.
const groupPictureWidth = 640

// HandleMatrixRoomName renames a group (see [bridgev2.RoomNameHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomName(ctx context.Context, msg *bridgev2.MatrixRoomName) (bool, error) {
	client, group, err := a.groupToChange(ctx, msg.Portal, msg.OrigSender)
	if client == nil {
		return false, err
	}
	name, err := a.wordsOut(ctx, msg.Portal, msg.Event, msg.Content.Name)
	if err != nil {
		return false, err
	}
	if err := client.SetGroupName(ctx, group, name.Content()); err != nil {
		if errors.Is(err, whatsmeow.ErrIQNotAcceptable) {
			return false, a.refused(err, a.say(say.GroupNameRefused, networkName))
		}
		return false, a.groupRefused(err)
	}
	msg.Portal.Name, msg.Portal.NameSet, msg.Portal.NameIsCustom = msg.Content.Name, true, true
	return true, nil
}

// HandleMatrixRoomTopic changes a group's description (see [bridgev2.RoomTopicHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomTopic(ctx context.Context, msg *bridgev2.MatrixRoomTopic) (bool, error) {
	client, group, err := a.groupToChange(ctx, msg.Portal, msg.OrigSender)
	if client == nil {
		return false, err
	}
	topic, err := a.wordsOut(ctx, msg.Portal, msg.Event, msg.Content.Topic)
	if err != nil {
		return false, err
	}
	if err := client.SetGroupTopic(ctx, group, "", "", topic.Content()); err != nil {
		return false, a.groupRefused(err)
	}
	msg.Portal.Topic, msg.Portal.TopicSet = msg.Content.Topic, true
	return true, nil
}

// HandleMatrixRoomAvatar changes a group's picture (see [bridgev2.RoomAvatarHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomAvatar(ctx context.Context, msg *bridgev2.MatrixRoomAvatar) (bool, error) {
	client, group, err := a.groupToChange(ctx, msg.Portal, msg.OrigSender)
	if client == nil {
		return false, err
	}
	picture, err := a.pictureOut(ctx, msg)
	if err != nil {
		return false, err
	}
	data := picture.Content()
	set, err := client.SetGroupPhoto(ctx, group, data)
	switch {
	case errors.Is(err, whatsmeow.ErrInvalidImageFormat):
		return false, a.refused(err, a.say(say.GroupPictureRefused, networkName))
	case err != nil:
		return false, a.groupRefused(err)
	case data == nil:
		set = ""
	}
	room := msg.Portal
	room.AvatarID, room.AvatarMXC, room.AvatarSet = networkid.AvatarID(set), msg.Content.URL, true
	room.AvatarHash = sha256.Sum256(data)
	return true, nil
}

// pictureOut fetches a room's picture, makes the JPEG of it that WhatsApp wants, and asks the gate for it; nil: there is none
// any more.
func (a *account) pictureOut(ctx context.Context, msg *bridgev2.MatrixRoomAvatar) (none portal.Admitted[[]byte], err error) {
	crossing := a.crossingOfChange(msg.Portal, msg.Event, "")
	var data []byte
	if msg.Content.URL != "" {
		file, err := a.fetchFromMatrix(ctx, &event.MessageEventContent{URL: msg.Content.URL})
		if err != nil {
			return none, err
		}
		defer file.Close()
		picture, err := media.Decode(io.NewSectionReader(file, 0, file.Size()), media.LargestPicture)
		if err != nil {
			return none, a.refused(err, a.say(say.GroupPictureRefused, networkName))
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, media.Scale(picture, groupPictureWidth), nil); err != nil {
			return none, a.refused(err, a.say(say.GroupPictureRefused, networkName))
		}
		data = out.Bytes()
		crossing.Kind = portal.KindMedia
		crossing.File = &portal.File{Name: "picture.jpg", MIME: "image/jpeg", Size: int64(len(data)), Content: bytes.NewReader(data)}
	}
	return passOut(ctx, a, crossing, data, say.GroupNotChanged)
}

// isGroup tells whether a room is a group's. What staff call the room of a direct chat is their own.
func isGroup(room *bridgev2.Portal) bool {
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	return err == nil && chat.Server == types.GroupServer
}

// groupOf returns the group of a room, and a client that is connected. Its errors carry the sentence that people read.
func (a *account) groupOf(ctx context.Context, room *bridgev2.Portal) (*whatsmeow.Client, types.JID, error) {
	metadata, _ := room.Metadata.(*PortalMetadata)
	chat, err := chatOf(room.ID, metadata)
	if err != nil || chat.Server != types.GroupServer {
		return nil, chat, a.refused(errors.Join(errNoGroup, err), a.say(say.NoGroup, networkName))
	}
	client, err := a.connectedClient(ctx)
	if err != nil {
		return nil, chat, a.notSent(err, say.GroupNotChanged)
	}
	return client, chat, nil
}

// groupToChange returns the group of a room, and a client that is connected, for a change that only the account's owner makes.
// The client is nil when there is nothing to change: with an error, which carries the sentence that people read, or, in a room
// of no group, without.
func (a *account) groupToChange(ctx context.Context, room *bridgev2.Portal, by *bridgev2.OrigSender) (*whatsmeow.Client, types.JID, error) {
	if !isGroup(room) {
		return nil, types.EmptyJID, nil
	}
	if err := a.ownersOnly(by); err != nil {
		return nil, types.EmptyJID, err
	}
	return a.groupOf(ctx, room)
}

// errNoGroup is the error of a change that only groups can have.
var errNoGroup = errors.New("not a group")

// wordsOut asks the gate for what a change says.
func (a *account) wordsOut(ctx context.Context, room *bridgev2.Portal, evt *event.Event, words string) (portal.Admitted[string], error) {
	return passOut(ctx, a, a.crossingOfChange(room, evt, words), words, say.GroupNotChanged)
}

func (a *account) crossingOfChange(room *bridgev2.Portal, evt *event.Event, words string) portal.Crossing {
	c := a.crossing(portal.Out, room.PortalKey)
	c.Room, c.Key, c.Kind, c.Sender = room.MXID, evt.ID.String(), portal.KindText, evt.Sender.String()
	c.At, c.Text = time.UnixMilli(evt.Timestamp), words
	return c
}

// groupRefused says why WhatsApp did not make a change of a group.
func (a *account) groupRefused(err error) error {
	err = fmt.Errorf("change a group: %w", err)
	var refused *whatsmeow.IQError
	switch {
	case errors.Is(err, whatsmeow.ErrNotInGroup), errors.Is(err, whatsmeow.ErrGroupNotFound), errors.Is(err, whatsmeow.ErrIQNotFound):
		return a.refused(err, a.say(say.GroupLeft, networkName))
	case errors.Is(err, whatsmeow.ErrIQNotAuthorized), errors.Is(err, whatsmeow.ErrIQForbidden), errors.Is(err, whatsmeow.ErrIQNotAllowed),
		errors.Is(err, whatsmeow.ErrGroupInviteLinkUnauthorized):
		return a.refused(err, a.say(say.GroupAdminsOnly, networkName))
	case errors.As(err, &refused):
		return a.refused(err, a.say(say.GroupRefused, networkName))
	}
	return a.notSent(err, say.GroupNotChanged)
}
