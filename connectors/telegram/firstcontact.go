package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// A bot cannot write to those who have not written to it. Where a person tries, a link is offered that the contact can open.

var _ bridgev2.GhostDMCreatingNetworkAPI = (*account)(nil)

// readable is an error that a person reads.
func readable(sentence string) error {
	return bridgev2.RespError{ErrCode: mautrix.MNotFound.ErrCode, Err: sentence, StatusCode: http.StatusNotFound}
}

// offer says that a bot cannot write first, and gives the person a link that leads the contact to them.
func (a *account) offer(ctx context.Context, who id.UserID) string {
	c := a.connector
	link, url, err := a.addLink(ctx, startLink{Staff: who, Ends: c.now().Add(linkLasts), Uses: linkUses})
	if err != nil {
		a.log.Warn().Err(err).Msg("A link could not be offered")
		return c.sayTo(who, say.FirstContactAsk, networkName, c.bridge.Config.CommandPrefix)
	}
	return c.sayTo(who, say.FirstContact, networkName, url, c.border.Languages.Of(who).Moment(link.Ends, c.now()))
}

// acquaintance returns the chat with somebody who has written to the bot, by Telegram's number; nil: there is none.
func (a *account) acquaintance(ctx context.Context, name string) (*bridgev2.Portal, error) {
	number, err := parseNumber(strings.TrimSpace(name))
	if err != nil || number < 0 {
		return nil, nil
	}
	at, err := a.connector.bridge.GetExistingPortalByKey(ctx, chatID{bot: a.bot, chat: number}.key())
	return at, wrapped("look up a chat", err)
}

// ResolveIdentifier finds somebody who has written to the bot (see [bridgev2.IdentifierResolvingNetworkAPI]). For others it fails with
// the sentence that the asking person reads.
func (a *account) ResolveIdentifier(ctx context.Context, identifier string, createChat bool) (*bridgev2.ResolveIdentifierResponse, error) {
	at, err := a.acquaintance(ctx, identifier)
	switch {
	case err != nil:
		return nil, err
	case at == nil && createChat:
		return nil, readable(a.offer(ctx, a.login.UserMXID))
	case at == nil:
		return nil, readable(a.say(say.FirstContactAsk, networkName, a.connector.bridge.Config.CommandPrefix))
	}
	in, err := parsePortalID(at.ID)
	if err != nil {
		return nil, err
	}
	ghost, err := a.connector.bridge.GetGhostByID(ctx, userID(in.chat))
	if err != nil {
		return nil, fmt.Errorf("look up a person: %w", err)
	}
	return &bridgev2.ResolveIdentifierResponse{Ghost: ghost, UserID: ghost.ID, Chat: &bridgev2.CreateChatResponse{PortalKey: at.PortalKey}}, nil
}

// CreateChatWithGhost is asked for when the owner invites a contact into a room of their own (see
// [bridgev2.GhostDMCreatingNetworkAPI]). What comes of it is said in the owner's chat with the bridge's bot when it is not the chat:
// bridgev2 would let the ghost say it, and ghosts say only what contacts said.
func (a *account) CreateChatWithGhost(ctx context.Context, ghost *bridgev2.Ghost) (*bridgev2.CreateChatResponse, error) {
	at, err := a.acquaintance(ctx, string(ghost.ID))
	switch {
	case err != nil:
		return nil, err
	case at == nil:
		a.tellOwner(ctx, a.offer(ctx, a.login.UserMXID))
		return nil, errNotFirst
	case handover.HasRoom(at):
		a.tellOwner(ctx, a.say(say.HaveChat, a.ghostName(ctx, ghost.ID), a.connector.link(at.MXID)))
	}
	return &bridgev2.CreateChatResponse{PortalKey: at.PortalKey}, nil
}

// errNotFirst is the error of a chat that only the contact can begin.
var errNotFirst = errors.New("a bot cannot write first")

func (a *account) ghostName(ctx context.Context, who networkid.UserID) string {
	if ghost, err := a.connector.bridge.GetExistingGhostByID(ctx, who); err == nil && ghost != nil && ghost.Name != "" {
		return ghost.Name
	}
	return string(who)
}

// startChat says where the chat with somebody is, or how they can begin one.
func (c *Connector) startChat(ce *commands.Event, a *account) {
	at, err := a.acquaintance(ce.Ctx, strings.Join(ce.Args, " "))
	switch {
	case err != nil:
		ce.Log.Err(err).Msg("A chat could not be looked up")
		c.answer(ce, say.CommandFailed)
	case handover.HasRoom(at):
		c.answer(ce, say.HaveChat, a.ghostName(ce.Ctx, at.OtherUserID), c.link(at.MXID))
	default:
		ce.ReplyAdvanced(a.offer(ce.Ctx, ce.User.MXID), false, false)
	}
}
