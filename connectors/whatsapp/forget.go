package whatsapp

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/say"
)

// What is known of a contact goes when they are erased. whatsmeow has no method for that: its tables lose their rows, and what it
// remembers of them is thrown away, so that nothing is written back. With the Signal sessions gone, the contact's next message cannot
// be read at first: whatsmeow asks for it again, as it does whenever a session is lost (whatsmeow/retry.go), and begins a new one.

// column is where whatsmeow's tables name a person (whatsmeow/store/sqlstore/upgrades/00-latest-schema.sql).
type column struct{ table, name string }

// personColumns hold a person's JID, or the JID of the chat with them.
func personColumns() []column {
	return []column{
		{"whatsmeow_contacts", "their_jid"}, {"whatsmeow_chat_settings", "chat_jid"}, {"whatsmeow_privacy_tokens", "their_jid"},
		{"whatsmeow_message_secrets", "chat_jid"}, {"whatsmeow_message_secrets", "sender_jid"}, {"whatsmeow_retry_buffer", "chat_jid"},
	}
}

// addressColumns hold a Signal address: a person, a colon and the number of a device.
func addressColumns() []column {
	return []column{{"whatsmeow_sessions", "their_id"}, {"whatsmeow_identity_keys", "their_id"}, {"whatsmeow_sender_keys", "sender_id"}}
}

// forgetRows removes what whatsmeow's tables have of a person, all of it or nothing. number is empty when it is not known.
func forgetRows(ctx context.Context, db *dbutil.Database, lid, number types.JID) error {
	names := []types.JID{lid}
	if !number.IsEmpty() {
		names = append(names, number)
	}
	return db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, jid := range names {
			for _, c := range personColumns() {
				if _, err := db.Exec(ctx, `DELETE FROM `+c.table+` WHERE `+c.name+` = $1`, jid.String()); err != nil {
					return fmt.Errorf("%s: %w", c.table, err)
				}
			}
			address := jid.SignalAddressUser() + ":"
			for _, c := range addressColumns() { // no LIKE: an address holds an underscore
				_, err := db.Exec(ctx, `DELETE FROM `+c.table+` WHERE substr(`+c.name+`, 1, $2) = $1`, address, len(address))
				if err != nil {
					return fmt.Errorf("%s: %w", c.table, err)
				}
			}
		}
		_, err := db.Exec(ctx, `DELETE FROM whatsmeow_lid_map WHERE lid = $1`, lid.User)
		return err
	})
}

// ForgetContact removes what whatsmeow and the logins keep of a contact (see bridge.Forgetting). What belongs to an account that is
// linked here is left alone.
func (c *Connector) ForgetContact(ctx context.Context, contact networkid.UserID, in say.Language) (left []string, err error) {
	lid := lidOf(contact)
	left = []string{in.Say(say.StaysOnWhatsApp)}
	if c.bridge.GetCachedUserLoginByID(loginID(lid)) != nil {
		return append(left, in.Say(say.StaysStaffAccount)), nil
	}
	number, err := c.lids.GetPNForLID(ctx, lid)
	if err != nil {
		return nil, fmt.Errorf("look up a phone number: %w", err)
	}
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		if a, ok := login.Client.(*account); ok {
			if err := a.forgetContact(ctx, lid, number); err != nil {
				return nil, err
			}
		}
	}
	if err := forgetRows(ctx, c.bridge.DB.Database, lid, number); err != nil {
		return nil, fmt.Errorf("forget a contact: %w", err)
	}
	c.lids.forget()
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		if a, ok := login.Client.(*account); ok {
			a.readAgain()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pictures, lid)
	return left, nil
}

// forgetContact removes what is kept of a contact with the login, and remembered.
func (a *account) forgetContact(ctx context.Context, lid, number types.JID) error {
	chat := portalID(lid)
	isTheirs := func(d due) bool {
		return slices.ContainsFunc([]types.JID{d.Came.Chat, d.Came.ChatAlt, d.Came.Sender, d.Came.SenderAlt}, func(jid types.JID) bool {
			return !jid.IsEmpty() && (jid.ToNonAD() == lid || jid.ToNonAD() == number)
		})
	}
	err := a.keep(ctx, func(kept *LoginMetadata) { // copies: what was there may be read
		kept.Asked, kept.ViewOnce, kept.Mutes = maps.Clone(kept.Asked), maps.Clone(kept.ViewOnce), maps.Clone(kept.Mutes)
		delete(kept.Asked, chat)
		delete(kept.ViewOnce, chat)
		delete(kept.Mutes, chat)
		kept.Due = slices.DeleteFunc(slices.Clone(kept.Due), isTheirs)
	})
	if err != nil {
		return fmt.Errorf("forget a contact: %w", err)
	}
	a.mu.Lock()
	delete(a.leftUnread, chat)
	delete(a.met, portalKey(lid, a.login.ID))
	a.mu.Unlock()
	a.watch.mu.Lock()
	delete(a.watch.online, lid)
	delete(a.watch.asked, lid)
	a.watch.mu.Unlock()
	return nil
}

// readAgain throws away what is remembered of whatsmeow's tables.
func (a *account) readAgain() {
	if a.client == nil {
		return
	}
	if known, ok := a.client.Store.Contacts.(*contactStore); ok {
		known.renew(sqlstore.NewSQLStore(a.connector.devices, a.device))
	}
	if known, ok := a.client.Store.Identities.(*identities); ok {
		known.forget()
	}
}
