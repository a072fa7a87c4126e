package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/database"
	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// Forgetting is a connector that keeps something of contacts beside bridgev2's tables.
type Forgetting interface {
	// ForgetContact removes it. left names what of it stays, and where. Doing it again changes nothing. An error is transient; what
	// was not removed by then is removed the next time.
	ForgetContact(ctx context.Context, contact networkid.UserID, in say.Language) (left []string, err error)
}

// erase removes what is known of a contact (GDPR, article 17): what they sent is redacted in the rooms, their direct rooms are closed
// and left, the ghost loses its name, picture and files, and the tables lose their rows. Each step bears being done again.
func (g governor) erase(ctx context.Context, n *network, contact string, in say.Language) (result govern.Result, err error) {
	if _, err := g.Contact(ctx, n.Name, contact); err != nil {
		return result, err
	}
	who := networkid.UserID(contact)
	ghost, err := n.bridge().GetGhostByID(ctx, who)
	if err != nil {
		return result, fmt.Errorf("look up a contact: %w", err)
	}
	stay, err := n.redactAll(ctx, ghost)
	if err != nil {
		return result, err
	}
	if stay > 0 {
		result.Left = append(result.Left, in.Say(say.StaysMessages, stay))
	}
	key := database.ContactKey{Network: n.Name, ID: contact}
	if err := n.leaveDirects(ctx, g, key); err != nil {
		return result, err
	}
	if err := n.blank(ctx, ghost); err != nil {
		return result, err
	}
	files := n.eraseFiles(ctx, ghost.Intent.GetMXID())
	result.Done, result.Detail = in.Say(say.ContactErased, files.removed), files.detail()
	result.Left = append(result.Left, files.left(in)...)
	if keeps, ok := n.bridge().Network.(Forgetting); ok {
		left, err := keeps.ForgetContact(ctx, who, in)
		if err != nil {
			return result, fmt.Errorf("forget a contact: %w", err)
		}
		result.Left = append(result.Left, left...)
	}
	groups, err := n.portalsWith(ctx, contact)
	if err != nil {
		return result, err
	}
	if len(groups) > 0 {
		result.Left = append(result.Left, in.Say(say.StaysInGroups, len(groups)))
	}
	result.Left = append(result.Left, in.Say(say.StaysInAudit))
	err = g.standing.changeContact(ctx, key, func(note *database.ContactNote) {
		note.Erased, note.Informed = time.Now(), time.Time{}
	})
	n.informer.forget()
	return result, err
}

// redactAll redacts what a contact sent, in all rooms, and counts what the homeserver did not let the bridge redact.
func (n *network) redactAll(ctx context.Context, ghost *bridgev2.Ghost) (stay int, err error) {
	events, err := n.eventsOf(ctx, ghost.ID)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		_, err := ghost.Intent.SendMessage(ctx, e.room, event.EventRedaction, &event.Content{
			Parsed: &event.RedactionEventContent{Redacts: e.id}}, nil)
		switch {
		case isAway(err):
			return stay, fmt.Errorf("redact what a contact sent: %w", err)
		case err != nil:
			n.log.Warn().Err(err).Stringer("event", e.id).Msg("A message of an erased contact could not be redacted")
			stay++
		}
	}
	return stay, nil
}

// leaveDirects removes what was decided about a contact, and deletes the direct portals with them: in this order, since a portal that
// is gone does not say any more which decisions were about it.
func (n *network) leaveDirects(ctx context.Context, g governor, contact database.ContactKey) error {
	directs, err := n.bridge().GetDMPortalsWith(ctx, networkid.UserID(contact.ID))
	if err != nil {
		return fmt.Errorf("list the direct chats with a contact: %w", err)
	}
	var chats []string
	for _, at := range directs {
		chats = append(chats, string(at.ID))
	}
	if err := g.options.Store.ForgetContact(ctx, contact, chats); err != nil {
		return err
	}
	for _, at := range directs {
		if err := g.deletePortal(ctx, n, at); err != nil {
			return err
		}
	}
	return nil
}

// blank takes a ghost's name and picture, on the homeserver, in the tables and in memory. Its identifier stays: the homeserver does
// not give up a user ID.
func (n *network) blank(ctx context.Context, ghost *bridgev2.Ghost) error {
	err := errors.Join(ghost.Intent.SetDisplayName(ctx, ""), ghost.Intent.SetAvatarURL(ctx, ""))
	if err != nil {
		return fmt.Errorf("blank a ghost's profile: %w", err)
	}
	row := ghost.Ghost
	row.Name, row.NameSet, row.AvatarID, row.AvatarHash, row.AvatarMXC, row.AvatarSet = "", false, "", [32]byte{}, "", false
	row.Identifiers, row.ExtraProfile, row.ContactInfoSet = nil, nil, false
	if kind := n.bridge().Network.GetDBMetaTypes().Ghost; kind != nil {
		row.Metadata = kind()
	}
	if err := n.bridge().DB.Ghost.Update(ctx, row); err != nil {
		return fmt.Errorf("forget a ghost: %w", err)
	}
	for _, statement := range []string{
		`DELETE FROM message WHERE bridge_id = $1 AND sender_id = $2`,
		`DELETE FROM reaction WHERE bridge_id = $1 AND sender_id = $2`,
	} {
		if _, err := n.db.Exec(ctx, statement, n.Name, ghost.ID); err != nil {
			return fmt.Errorf("forget a ghost: %w", err)
		}
	}
	// What the library remembers of the rooms' members (sqlstatestore) has the name, too.
	_, err = n.db.Exec(ctx, `UPDATE mx_user_profile SET displayname = '', avatar_url = '', name_skeleton = NULL WHERE user_id = $1`,
		ghost.Intent.GetMXID())
	if err != nil {
		return fmt.Errorf("forget a ghost: %w", err)
	}
	return nil
}
