package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal/say"
)

// GetUserInfo describes a person for a ghost's profile, without asking WhatsApp: bridgev2 calls it for each member of a
// group (see [bridgev2.NetworkAPI]). Pictures come later, once somebody has spoken (refreshPictures).
func (a *account) GetUserInfo(ctx context.Context, ghost *bridgev2.Ghost) (*bridgev2.UserInfo, error) {
	lid := lidOf(ghost.ID)
	phone, err := a.phone(ctx, lid)
	if err != nil {
		return nil, err
	}
	name, err := a.publishedName(ctx, lid, phone)
	if err != nil {
		return nil, err
	}
	return a.userInfo(name, phone), nil
}

func (a *account) userInfo(name, phone string) *bridgev2.UserInfo {
	options := a.connector.options
	info := &bridgev2.UserInfo{ExtraUpdates: keepPhone(phone)}
	if name != "" {
		shown := a.connector.displayName.Of(name)
		info.Name = &shown
	}
	if options.PhoneNumbersInProfile && phone != "" {
		info.Identifiers = []string{"tel:+" + phone}
	}
	return info
}

// firstInfo describes a person whose ghost has no name yet and whose message is being delivered; nil: anybody else. So the
// ghost has its name when it comes into the room that is made: later the homeserver would change the membership for it.
func (a *account) firstInfo(ctx context.Context, lid types.JID) *bridgev2.UserInfo {
	d := deliveryOf(ctx)
	if d == nil || d.named != userID(lid) {
		return nil
	}
	if row, err := a.connector.bridge.DB.Ghost.GetByID(ctx, d.named); err != nil || row != nil && row.Name != "" {
		return nil // a message of the past does not tell the name of today
	}
	phone, err := a.phone(ctx, lid)
	if err != nil {
		return nil
	}
	return a.userInfo(d.came.PushName, phone)
}

// keepPhone notes a phone number in a ghost's metadata.
func keepPhone(phone string) bridgev2.ExtraUpdater[*bridgev2.Ghost] {
	return func(_ context.Context, ghost *bridgev2.Ghost) (changed bool) {
		metadata, ok := ghost.Metadata.(*GhostMetadata)
		if !ok || phone == "" || metadata.Phone == phone {
			return false
		}
		metadata.Phone = phone
		return true
	}
}

// phone returns a person's phone number in international form, without the plus sign; empty: not known.
func (a *account) phone(ctx context.Context, lid types.JID) (string, error) {
	number, err := a.connector.lids.GetPNForLID(ctx, lid)
	if err != nil {
		return "", fmt.Errorf("look up a phone number: %w", err)
	}
	return number.User, nil
}

// publishedName returns the name that a person goes by on WhatsApp: the one that came with the message at hand, the one
// that they published before, or a neutral one. What the account's address book calls them is not looked at.
func (a *account) publishedName(ctx context.Context, lid types.JID, phone string) (string, error) {
	if d := deliveryOf(ctx); d != nil && d.named == userID(lid) {
		return d.came.PushName, nil
	}
	if own := a.publicName(); lid.User == a.lid.User && own != "" {
		return own, nil
	}
	known := []types.JID{lid}
	if phone != "" {
		known = append(known, types.NewJID(phone, types.DefaultUserServer))
	}
	for _, jid := range known {
		if a.contacts == nil {
			break
		}
		contact, err := a.contacts.GetContact(ctx, jid)
		if err != nil {
			return "", fmt.Errorf("look up a name: %w", err)
		}
		for _, name := range []string{contact.PushName, contact.BusinessName} {
			if name != "" && name != "-" {
				return name, nil
			}
		}
	}
	return a.neutralName(lid, phone), nil
}

// neutralName stands for a name that nobody published.
func (a *account) neutralName(lid types.JID, phone string) string {
	if a.connector.options.PhoneNumbersInProfile && phone != "" {
		return "+" + phone
	}
	return a.connector.say(say.UnnamedContact, lid.User[max(0, len(lid.User)-4):])
}

// contactRenamed shows the new name of a contact. The first name comes with the contact's first message.
func (a *account) contactRenamed(event *events.PushName) {
	if event.OldPushName == "" || event.NewPushName == "" || event.NewPushName == "-" {
		return
	}
	lid, err := a.knownLID(a.ctx, event.JID, event.JIDAlt)
	if err != nil || lid.IsEmpty() {
		return
	}
	a.spawn(func(ctx context.Context) {
		phone, err := a.phone(ctx, lid)
		if err != nil {
			a.log.Err(err).Msg("A contact's new name is not shown")
			return
		}
		a.updateGhost(portalKey(lid, a.login.ID), userID(lid), a.userInfo(event.NewPushName, phone))
	})
}

// updateGhost changes a ghost's profile in the goroutine of a room that the ghost is in, since rooms read it.
func (a *account) updateGhost(room networkid.PortalKey, who networkid.UserID, info *bridgev2.UserInfo) {
	a.login.QueueRemoteEvent(&simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: room,
		PreHandleFunc: func(ctx context.Context, portal *bridgev2.Portal) {
			if ghost, err := portal.Bridge.GetExistingGhostByID(ctx, who); err == nil && ghost != nil {
				ghost.UpdateInfo(ctx, info)
			}
		},
	})
}

// pictureChanged asks for the new picture of a person when they next speak, and for a group's at its turn.
func (a *account) pictureChanged(event *events.Picture) (stored bool) {
	jid := event.JID.ToNonAD()
	if jid.Server == types.GroupServer {
		return a.receiveGroupNews(jid, event.Timestamp, &groupNews{By: event.Author, Picture: true})
	}
	if isPerson(jid) {
		lid, err := a.knownLID(a.ctx, jid, jid)
		if err != nil || lid.IsEmpty() {
			return true
		}
		jid = lid
	}
	c := a.connector
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pictures, jid)
	return true
}

// picturePatience bounds one request about a picture. WhatsApp limits them, so each picture is asked for once a start, or
// once a change, and only of those who speak.
const picturePatience = 20 * time.Second

// refreshPictures asks for the pictures of the sender and of the group of a delivered message, if nobody has yet.
func (a *account) refreshPictures(d *delivery) {
	sender := lidOf(d.id.sender)
	if !d.came.FromMe {
		a.askPicture(sender, func(ctx context.Context) { a.refreshGhost(ctx, d.PortalKey, sender) })
	}
	if d.chat.Server == types.GroupServer {
		a.askPicture(d.chat, func(ctx context.Context) { a.refreshGroup(ctx, d.PortalKey, d.chat) })
	}
}

func (a *account) askPicture(of types.JID, ask func(context.Context)) {
	c := a.connector
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
		ask(patience)
	})
}

// refreshGhost fetches a person's picture and hands it to the ghost, in the goroutine of a room that the ghost is in.
func (a *account) refreshGhost(ctx context.Context, room networkid.PortalKey, lid types.JID) {
	row, err := a.connector.bridge.DB.Ghost.GetByID(ctx, userID(lid))
	if err != nil || row == nil {
		return
	}
	avatar := a.picture(ctx, lid, row.AvatarID)
	if avatar == nil {
		return
	}
	a.updateGhost(room, row.ID, &bridgev2.UserInfo{Avatar: avatar})
}

// refreshGroup fetches a group's picture and hands it to the group's room.
func (a *account) refreshGroup(ctx context.Context, room networkid.PortalKey, group types.JID) {
	portal, err := a.connector.bridge.DB.Portal.GetByKey(ctx, room)
	if err != nil || portal == nil {
		return
	}
	if avatar := a.picture(ctx, group, portal.AvatarID); avatar != nil {
		a.login.QueueRemoteEvent(&simplevent.ChatInfoChange{
			EventMeta:      simplevent.EventMeta{Type: bridgev2.RemoteEventChatInfoChange, PortalKey: room},
			ChatInfoChange: &bridgev2.ChatInfoChange{ChatInfo: &bridgev2.ChatInfo{Avatar: avatar}},
		})
	}
}

// picture returns the picture of a person or a group when it is another one than the one known; otherwise nil.
func (a *account) picture(ctx context.Context, of types.JID, known networkid.AvatarID) *bridgev2.Avatar {
	client := a.current()
	if client == nil {
		return nil
	}
	found, err := client.GetProfilePictureInfo(ctx, of, &whatsmeow.GetProfilePictureParams{ExistingID: string(known)})
	switch {
	case errors.Is(err, whatsmeow.ErrProfilePictureNotSet), errors.Is(err, whatsmeow.ErrProfilePictureUnauthorized):
		if known == "" {
			return nil
		}
		return &bridgev2.Avatar{Remove: true}
	case err != nil:
		a.log.Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A picture could not be asked for")
		return nil
	case found == nil || found.ID == string(known):
		return nil
	}
	data, err := client.DownloadMediaWithOnlyPath(ctx, found.DirectPath)
	if err != nil {
		a.log.Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A picture could not be fetched")
		return nil
	}
	if err := a.connector.clean(ctx, data); err != nil {
		a.log.Warn().Err(err).Msg("A picture is not shown")
		return nil
	}
	return &bridgev2.Avatar{
		ID: networkid.AvatarID(found.ID), Get: func(context.Context) ([]byte, error) { return data, nil },
	}
}
