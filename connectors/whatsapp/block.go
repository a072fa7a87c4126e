package whatsapp

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/say"
)

// errNotChanged is the error of a change that WhatsApp confirmed and did not make.
var errNotChanged = errors.New("the list is as it was")

// personAsked returns the LID of the person whose phone number a command has, and says so when there is none.
func (c *Connector) personAsked(ce *commands.Event, a *account) (lid types.JID, ok bool) {
	number := strings.Join(ce.Args, " ")
	if number == "" {
		c.answer(ce, say.GiveNumber)
		return types.EmptyJID, false
	}
	lid, err := a.personBy(ce.Ctx, number)
	if err != nil {
		ce.ReplyAdvanced(a.readable(err), false, false)
		return types.EmptyJID, false
	}
	return lid, true
}

// block blocks or unblocks the person whose number the command has, or whose chat it is written in, and says what it did.
func (c *Connector) block(ce *commands.Event, a *account) {
	var lid types.JID
	switch {
	case len(ce.Args) > 0:
		var ok bool
		if lid, ok = c.personAsked(ce, a); !ok {
			return
		}
	case ce.Portal != nil && ce.Portal.Receiver == a.login.ID && ce.Portal.OtherUserID != "":
		lid = lidOf(ce.Portal.OtherUserID)
	default:
		c.answer(ce, say.BlockWhom)
		return
	}
	action, done := events.BlocklistChangeActionBlock, a.say(say.Blocked, a.calls(ce.Ctx, lid), networkName, c.bridge.Config.CommandPrefix)
	if ce.Command == "unblock" {
		action, done = events.BlocklistChangeActionUnblock, a.say(say.Unblocked, a.calls(ce.Ctx, lid))
	}
	if err := a.changeBlock(ce.Ctx, lid, action); err != nil {
		a.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp did not change whom an account blocks")
		c.answer(ce, say.NotBlocked, networkName)
		return
	}
	ce.ReplyAdvanced(done, false, false)
}

// changeBlock changes whether somebody is blocked, and looks at what WhatsApp says about it.
func (a *account) changeBlock(ctx context.Context, lid types.JID, action events.BlocklistChangeAction) error {
	patience, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	client, err := a.connectedClient(patience)
	if err != nil {
		return err
	}
	list, err := client.UpdateBlocklist(patience, lid, action)
	if err != nil {
		return err
	}
	if blocked := slices.Contains(list.JIDs, lid); blocked != (action == events.BlocklistChangeActionBlock) {
		return errNotChanged
	}
	return nil
}
