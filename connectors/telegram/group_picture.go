package telegram

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	_ "image/gif" // decoded for a group's picture
	"image/jpeg"
	_ "image/png" // decoded for a group's picture

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
	"passerelle/portal/say"
)

var _ bridgev2.RoomAvatarHandlingNetworkAPI = (*account)(nil)

// mostPixels bounds what a picture becomes when it is decoded.
const mostPixels = 40_000_000

// groupPicture is a group's picture for its room.
func (a *account) groupPicture(photo *chatPhoto) *bridgev2.Avatar {
	if photo == nil {
		return &bridgev2.Avatar{Remove: true}
	}
	return &bridgev2.Avatar{ID: networkid.AvatarID(photo.BigFileUniqueID), Get: func(ctx context.Context) ([]byte, error) {
		return a.picture(ctx, photo.BigFileID)
	}}
}

// HandleMatrixRoomAvatar changes a group's picture (see [bridgev2.RoomAvatarHandlingNetworkAPI]).
func (a *account) HandleMatrixRoomAvatar(ctx context.Context, msg *bridgev2.MatrixRoomAvatar) (bool, error) {
	ctx = withWriter(ctx, msg.Event.Sender)
	in, is := groupOf(msg.Portal)
	if !is {
		return false, nil
	}
	data, err := a.pictureOut(ctx, msg)
	if err != nil {
		return false, err
	}
	err = a.insist(ctx, in, func(ctx context.Context) error {
		if data == nil {
			return a.api.deleteChatPhoto(ctx, in.chat)
		}
		return a.api.setChatPhoto(ctx, in.chat, data)
	})
	if err != nil && !isAsItIs(err) {
		return false, a.changeRefused(ctx, err)
	}
	room := msg.Portal // Telegram's identifier of it comes when the group is looked at again
	room.AvatarID, room.AvatarMXC, room.AvatarSet, room.AvatarHash = "", msg.Content.URL, true, sha256.Sum256(data)
	return true, nil
}

// pictureOut fetches a room's picture, makes the JPEG of it that Telegram wants, and asks the gate for it; nil: there is none any more.
func (a *account) pictureOut(ctx context.Context, msg *bridgev2.MatrixRoomAvatar) ([]byte, error) {
	if msg.Content.URL == "" {
		return nil, nil
	}
	data, err := a.connector.bridge.Bot.DownloadMedia(ctx, msg.Content.URL, nil)
	if err != nil {
		return nil, a.failed(ctx, fmt.Errorf("fetch a room's picture: %w", err), say.GroupNotChanged)
	}
	if data, err = asJPEG(data); err != nil {
		return nil, a.refused(ctx, err, say.GroupPictureRefused)
	}
	crossing := a.crossingOfChange(msg.Portal, msg.Event, "")
	crossing.Kind, crossing.File = portal.KindMedia, &portal.File{Name: "picture.jpg", MIME: "image/jpeg", Size: int64(len(data)), Content: bytes.NewReader(data)}
	admitted, err := passOut(ctx, a, crossing, data)
	if err != nil {
		return nil, err
	}
	return admitted.Content(), nil
}

// asJPEG returns a picture as JPEG.
func asJPEG(data []byte) ([]byte, error) {
	is, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at a picture: %w", err)
	case is.Width*is.Height > mostPixels:
		return nil, fmt.Errorf("a picture of %d × %d", is.Width, is.Height)
	case format == "jpeg":
		return data, nil
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode a picture: %w", err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, decoded, nil); err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return out.Bytes(), nil
}

func (a *api) setChatPhoto(ctx context.Context, id int64, picture []byte) error {
	return a.upload(ctx, picturePatience, "setChatPhoto", tgbotapi.Params{"chat_id": number(id)},
		[]tgbotapi.RequestFile{{Name: "photo", Data: tgbotapi.FileBytes{Name: "photo.jpg", Bytes: picture}}}, nil)
}

func (a *api) deleteChatPhoto(ctx context.Context, id int64) error {
	return a.call(ctx, "deleteChatPhoto", tgbotapi.Params{"chat_id": number(id)}, nil)
}
