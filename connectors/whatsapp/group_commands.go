package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// groupCommands are the commands about groups, described in a language.
func (c *Connector) groupCommands(in say.Language) []commands.CommandHandler {
	groups := commands.HelpSection{Name: in.Say(say.SectionGroups), Order: 25}
	command := func(name, args string, help say.Sentence, inRoom bool, run func(*account, *commands.Event) (string, error)) *commands.FullHandler {
		return &commands.FullHandler{
			Name: name, RequiresLogin: true, RequiresPortal: inRoom,
			Help: commands.HelpMeta{Section: groups, Description: in.Say(help), Args: args},
			Func: func(ce *commands.Event) { c.runs(ce, run) },
		}
	}
	return []commands.CommandHandler{
		command("invite-link", "[new]", say.HelpInviteLink, true, (*account).inviteLink),
		command("join", in.Say(say.ArgLink), say.HelpJoin, false, (*account).joinByLink),
		command("requests", "", say.HelpRequests, true, (*account).showRequests),
		command("approve", in.Say(say.ArgMaybeName), say.HelpApprove, true, func(a *account, ce *commands.Event) (string, error) {
			return a.decideRequests(ce, whatsmeow.ParticipantChangeApprove, say.GroupLetIn)
		}),
		command("reject", in.Say(say.ArgMaybeName), say.HelpReject, true, func(a *account, ce *commands.Event) (string, error) {
			return a.decideRequests(ce, whatsmeow.ParticipantChangeReject, say.GroupTurnedDown)
		}),
	}
}

// runs runs a command as the login of the person who wrote it, and says what it did or why it did not.
func (c *Connector) runs(ce *commands.Event, run func(*account, *commands.Event) (string, error)) {
	a := c.accountFor(ce)
	if a == nil {
		return
	}
	said, err := run(a, ce)
	if err != nil {
		ce.Log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A command did not do what it should")
		said = sentenceOf(err, a.say(say.GroupNotChanged, networkName))
	}
	ce.ReplyAdvanced(said, false, false)
}

// sentenceOf returns what an error tells people, or other words when it tells them nothing.
func sentenceOf(err error, otherwise string) string {
	var told bridgev2.MessageStatus
	if errors.As(err, &told) && told.Message != "" {
		return told.Message
	}
	return otherwise
}

// inviteLink shows a group's link, or replaces it.
func (a *account) inviteLink(ce *commands.Event) (string, error) {
	client, group, err := a.groupOf(ce.Ctx, ce.Portal)
	if err != nil {
		return "", err
	}
	again := len(ce.Args) > 0 && strings.EqualFold(ce.Args[0], "new")
	link, err := client.GetGroupInviteLink(ce.Ctx, group, again)
	switch {
	case err != nil:
		return "", a.groupRefused(err)
	case again:
		return a.say(say.GroupNewLink, link), nil
	}
	return a.say(say.GroupLink, link), nil
}

// joinByLink follows a group's link. The group's room comes with its first message, as all do.
func (a *account) joinByLink(ce *commands.Event) (string, error) {
	if len(ce.Args) != 1 {
		return a.say(say.GroupLinkMissing, ce.Bridge.Config.CommandPrefix), nil
	}
	client, err := a.connectedClient(ce.Ctx)
	if err != nil {
		return "", a.notSent(err, say.GroupNotChanged)
	}
	group, err := client.JoinGroupWithLink(ce.Ctx, ce.Args[0])
	switch {
	case errors.Is(err, whatsmeow.ErrInviteLinkInvalid), errors.Is(err, whatsmeow.ErrIQNotFound), errors.Is(err, whatsmeow.ErrIQBadRequest):
		return "", a.refused(err, a.say(say.GroupLinkWrong))
	case errors.Is(err, whatsmeow.ErrInviteLinkRevoked):
		return "", a.refused(err, a.say(say.GroupLinkRevoked))
	case isCode(err, 409):
		return a.say(say.GroupAlreadyIn), nil
	case err != nil:
		return "", a.groupRefused(err)
	}
	known, err := client.GetGroupInfo(ce.Ctx, group)
	switch {
	case errors.Is(err, whatsmeow.ErrNotInGroup):
		return a.say(say.GroupJoinAsked), nil
	case err != nil:
		return "", a.groupRefused(err)
	}
	if err := a.makeGroupRoom(ce.Ctx, group); err != nil {
		return "", a.notSent(err, say.GroupNotChanged)
	}
	return a.say(say.GroupJoined, known.Name), nil
}

// isCode tells whether WhatsApp answered with a code.
func isCode(err error, code int) bool {
	var refused *whatsmeow.IQError
	return errors.As(err, &refused) && refused.Code == code
}

// makeGroupRoom makes the room of a group that the account's owner has just joined or made, unless there is one.
func (a *account) makeGroupRoom(ctx context.Context, group types.JID) error {
	info, err := a.groupChat(ctx, group)
	if err != nil {
		return err
	}
	room, err := a.connector.bridge.GetPortalByKey(ctx, portalKey(group, a.login.ID))
	if err != nil {
		return fmt.Errorf("look up a room: %w", err)
	}
	if handover.HasRoom(room) || !a.connector.bridge.Config.PortalCreateFilter.ShouldAllow(a.login.ID, room.PortalKey) {
		return nil
	}
	if err := handover.CreateRoom(ctx, room, a.login, info); err != nil {
		return fmt.Errorf("make a room: %w", err)
	}
	return nil
}

// showRequests says who asks to be let into a group.
func (a *account) showRequests(ce *commands.Event) (string, error) {
	client, group, err := a.groupOf(ce.Ctx, ce.Portal)
	if err != nil {
		return "", err
	}
	people, err := a.waiting(ce.Ctx, client, group, "")
	switch {
	case err != nil:
		return "", a.groupRefused(err)
	case len(people) == 0:
		return a.say(say.GroupNobodyWaits), nil
	}
	return a.say(say.GroupWaiting, namesOf(people)), nil
}

// decideRequests lets in or turns down those who ask to be let into a group: everybody, or whom the command names.
func (a *account) decideRequests(ce *commands.Event, change whatsmeow.ParticipantRequestChange, done say.Sentence) (string, error) {
	client, group, err := a.groupOf(ce.Ctx, ce.Portal)
	if err != nil {
		return "", err
	}
	people, err := a.waiting(ce.Ctx, client, group, strings.Join(ce.Args, " "))
	switch {
	case err != nil:
		return "", a.groupRefused(err)
	case len(people) == 0:
		return a.say(say.GroupNobodyWaits), nil
	}
	asked := make([]types.JID, len(people))
	for i, who := range people {
		asked[i] = who.jid
	}
	results, err := client.UpdateGroupRequestParticipants(ce.Ctx, group, asked, change)
	if err != nil {
		return "", a.groupRefused(err)
	}
	for _, result := range results {
		if result.Error != 0 && result.Error != 200 {
			err := fmt.Errorf("%w: code %d", errNotDone, result.Error)
			return "", a.refused(err, a.say(say.GroupRefused, networkName))
		}
	}
	return a.say(done, namesOf(people)), nil
}

func namesOf(people []waits) string {
	names := make([]string, len(people))
	for i, who := range people {
		names[i] = who.name
	}
	return strings.Join(names, ", ")
}
