package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/pace"
	"passerelle/portal/say"
)

// WhatsApp suspends numbers that write to many people who do not know them, or into many chats at once (whatsmeow
// types/events, TempBanSentToTooManyPeople, TempBanSentTooManySameMessage). It does not tell its limits. Here such messages
// wait for their turn, where their senders see it; what is said in a chat that is under way never waits.

// PaceOptions says how fast accounts may write where nothing is under way.
type PaceOptions struct {
	// FirstContacts is for messages to people who have not written to the account, nor it to them.
	FirstContacts pace.Limit `yaml:"first_contacts"`
	// Chats is for messages into chats in which nothing was said for an hour.
	Chats pace.Limit `yaml:"chats"`
}

func defaultPace() PaceOptions {
	return PaceOptions{
		FirstContacts: pace.Limit{Burst: 3, Every: time.Minute, PerDay: 20},
		Chats:         pace.Limit{Burst: 20, Every: 3 * time.Second},
	}
}

func (o PaceOptions) validate() error {
	if err := o.FirstContacts.Validate(); err != nil {
		return fmt.Errorf("pace.first_contacts: %w", err)
	}
	if err := o.Chats.Validate(); err != nil {
		return fmt.Errorf("pace.chats: %w", err)
	}
	return nil
}

const (
	// underWay is how long after its last message a chat is under way.
	underWay = time.Hour
	// worthSaying is how long a message waits without its sender being told.
	worthSaying = 10 * time.Second
)

// pace makes the account's lines.
func (a *account) pace(kept *LoginMetadata) {
	options, now := a.connector.options.Pace, func() time.Time { return a.connector.now() }
	a.quietChats = pace.NewLine(options.Chats, now, nil, nil)
	a.firstContacts = pace.NewLine(options.FirstContacts, now, kept.FirstContacts, func(ctx context.Context, taken []time.Time) error {
		if err := a.keep(ctx, func(kept *LoginMetadata) { kept.FirstContacts = taken }); err != nil {
			a.log.Err(err).Msg("How many people were written to for the first time could not be stored; a restart would forget it")
		}
		return nil // the message need not wait for that
	})
}

// AwaitTurn returns when a message may go to a room's chat (see bridge.Pacing).
func (c *Connector) AwaitTurn(ctx context.Context, to *bridgev2.Portal, message *event.Event, says func(text string)) error {
	sender, err := c.bridge.GetUserByMXID(ctx, message.Sender) // who only writes through another's account is new here
	if err != nil || sender == nil {
		return err
	}
	login, _, err := to.FindPreferredLogin(ctx, sender, true)
	switch {
	case errors.Is(err, bridgev2.ErrNotLoggedIn):
		return nil // bridgev2 tells
	case err != nil:
		return fmt.Errorf("look up whose account a message goes through: %w", err)
	case login == nil:
		login = to.Relay
	}
	if login == nil {
		return nil
	}
	a, _ := login.Client.(*account)
	if a == nil {
		return nil
	}
	return a.awaitTurn(ctx, to, says)
}

func (a *account) awaitTurn(ctx context.Context, to *bridgev2.Portal, says func(text string)) error {
	line, sentence, err := a.lineFor(ctx, to)
	if err != nil || line == nil {
		return err
	}
	said := false
	return line.Wait(ctx, string(to.ID), func(since, until time.Time) {
		// The contact may have written before the line had this message.
		if now, _, err := a.lineFor(ctx, to); err == nil && now != line {
			line.Free(string(to.ID))
			return
		}
		if !said && until.Sub(since) > worthSaying {
			said = true
			says(a.say(sentence, networkName, a.moment(until)))
		}
	})
}

// lineFor returns the line that a message into a chat waits in, and what is said meanwhile; nil: it does not wait.
func (a *account) lineFor(ctx context.Context, to *bridgev2.Portal) (*pace.Line, say.Sentence, error) {
	if to.OtherUserID == userID(a.lid) {
		return nil, "", nil // the chat with oneself
	}
	now := a.connector.now()
	last, err := to.Bridge.DB.Message.GetLastNInPortal(ctx, to.PortalKey, 1)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("look up a chat's last message: %w", err)
	case len(last) > 0 && now.Sub(last[0].Timestamp) < underWay:
		return nil, "", nil
	case len(last) > 0 || to.OtherUserID == "":
		return a.quietChats, say.WaitsForOthers, nil
	}
	acquainted, err := a.acquainted(ctx, lidOf(to.OtherUserID))
	if err != nil || acquainted {
		return a.quietChats, say.WaitsForOthers, err
	}
	return a.firstContacts, say.WaitsAsFirst, nil
}

// acquainted tells whether WhatsApp has let the account know that a person writes to it, or has it among the contacts: such
// people's apps hand out a token (whatsmeow/notification.go, handlePrivacyTokenNotification). The room may not show that, when
// it shows no history.
func (a *account) acquainted(ctx context.Context, person types.JID) (bool, error) {
	if a.client == nil {
		return false, nil
	}
	token, err := a.client.Store.PrivacyTokens.GetPrivacyToken(ctx, person)
	if err != nil {
		return false, fmt.Errorf("look up whether a person knows the account: %w", err)
	}
	return token != nil && len(token.Token) > 0, nil
}

// spoke lets what waits in a chat go, since something was said there.
func (a *account) spoke(chat networkid.PortalID) {
	a.firstContacts.Free(string(chat))
	a.quietChats.Free(string(chat))
}

// Waiting counts what waits of all accounts (see bridge.Pacing).
func (c *Connector) Waiting() map[string]int {
	count := map[string]int{"first_contacts": 0, "chats": 0}
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		if a, ok := login.Client.(*account); ok {
			count["first_contacts"] += len(a.firstContacts.Waiting())
			count["chats"] += len(a.quietChats.Waiting())
		}
	}
	return count
}

// queued is a message that waits, for its sender to see.
type queued struct {
	pace.Waiting
	first bool
}

// queue lists what waits of the account, in the order in which it goes.
func (a *account) queue() (list []queued) {
	for _, w := range a.firstContacts.Waiting() {
		list = append(list, queued{w, true})
	}
	for _, w := range a.quietChats.Waiting() {
		list = append(list, queued{w, false})
	}
	slices.SortStableFunc(list, func(a, b queued) int { return a.Until.Compare(b.Until) })
	return list
}

// moment says to the account's owner when something is, in the server's time zone.
func (a *account) moment(at time.Time) string {
	return a.connector.border.Languages.Of(a.login.UserMXID).Moment(at, a.connector.now())
}
