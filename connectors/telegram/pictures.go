package telegram

import (
	"context"
	"errors"
	"io"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal"
)

const (
	// picturePatience bounds what is asked about one picture. Each is asked for once a start, or once a change, and only of those who
	// speak.
	picturePatience = 30 * time.Second
	// largestAvatar bounds a picture of a person or a group, in bytes.
	largestAvatar = 2 << 20
)

// refreshPictures asks for the picture of the sender of a delivered message, if nobody has yet.
func (d *delivery) refreshPictures() {
	if d.message == nil || d.notice != "" {
		return
	}
	if sender := d.message.sender(); sender > 0 && sender != d.account.bot {
		d.account.askPicture(sender, func(ctx context.Context) error { return d.account.refreshGhost(ctx, d.PortalKey, sender) })
	}
}

func (a *account) askPicture(of int64, ask func(context.Context) error) {
	c := a.connector
	if !a.IsLoggedIn() {
		return
	}
	c.mu.Lock()
	asked := c.pictures[of]
	c.pictures[of] = true
	c.mu.Unlock()
	if asked {
		return
	}
	a.spawn(func(ctx context.Context) {
		patience, cancel := context.WithTimeout(ctx, picturePatience)
		defer cancel()
		if err := ask(patience); err != nil {
			a.log.Debug().Err(err).Msg("A picture could not be fetched")
			if !portal.IsPermanent(err) && !errors.Is(err, errFileGone) {
				a.pictureChanged(of) // the next message asks again
			}
		}
	})
}

// pictureChanged has a picture asked for again.
func (a *account) pictureChanged(of int64) {
	c := a.connector
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pictures, of)
}

// refreshGhost fetches a person's picture and hands it to the ghost, in the goroutine of a room that the ghost is in, since rooms
// read it.
func (a *account) refreshGhost(ctx context.Context, room networkid.PortalKey, who int64) error {
	row, err := a.connector.bridge.DB.Ghost.GetByID(ctx, userID(who))
	if err != nil || row == nil {
		return err
	}
	sizes, err := a.api.getUserProfilePhotos(ctx, who)
	if err != nil {
		return err
	}
	var largest fileObject
	for _, size := range sizes {
		if size.Width > largest.Width {
			largest = size
		}
	}
	avatar, err := a.avatar(ctx, largest.FileID, largest.FileUniqueID, row.AvatarID)
	if err != nil || avatar == nil {
		return err
	}
	a.login.QueueRemoteEvent(&simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: room,
		PreHandleFunc: func(ctx context.Context, portal *bridgev2.Portal) {
			if ghost, err := portal.Bridge.GetExistingGhostByID(ctx, row.ID); err == nil && ghost != nil {
				ghost.UpdateInfo(ctx, &bridgev2.UserInfo{Avatar: avatar})
			}
		},
	})
	return nil
}

// avatar fetches a picture that is another one than the one known; nil: it is the same, or there is none as before.
func (a *account) avatar(ctx context.Context, file, unique string, known networkid.AvatarID) (*bridgev2.Avatar, error) {
	switch {
	case file == "" && known == "", file != "" && networkid.AvatarID(unique) == known:
		return nil, nil
	case file == "":
		return &bridgev2.Avatar{Remove: true}, nil
	}
	data, err := a.picture(ctx, file)
	if err != nil {
		return nil, err
	}
	return &bridgev2.Avatar{ID: networkid.AvatarID(unique), Get: func(context.Context) ([]byte, error) { return data, nil }}, nil
}

// picture fetches a picture of a person or a group.
func (a *account) picture(ctx context.Context, file string) ([]byte, error) {
	content, err := a.fetch(ctx, file, largestAvatar)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if err := a.connector.clean(ctx, content, content.Size()); err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(content, 0, content.Size()))
}
