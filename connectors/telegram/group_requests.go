package telegram

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal"
	"passerelle/portal/say"
)

// A group may have links by which people ask to join. A bot that may invite is told who asks, once, and cannot ask who else does (Bot API,
// chat_join_request): so that is kept, until somebody decides. Whom another administrator lets in is told of as a member; whom one turned
// down is known when a decision is made here.

// joinRequest tells that somebody asks to join a group (Bot API, ChatJoinRequest).
type joinRequest struct {
	Chat chat  `json:"chat"`
	From user  `json:"from"`
	Date int64 `json:"date"`
}

// deliverRequest says in a group's room who asks to join.
func (a *account) deliverRequest(ctx context.Context, stored portal.Arrival, in chatID, request *joinRequest) error {
	d := a.deliveryAt(stored, in, time.Unix(request.Date, 0), request.From.ID)
	d.Sender = bridgev2.EventSender{} // who asks is not in the room: the bot says it
	var update int64
	if _, err := fmt.Sscanf(stored.ID, "u%d", &update); err != nil {
		return portal.Permanent(fmt.Errorf("an arrival is called %q", stored.ID))
	}
	d.id = in.message(-update) // no number of a message
	ghost, err := a.connector.bridge.GetGhostByID(ctx, userID(request.From.ID))
	if err != nil {
		return fmt.Errorf("look up who asks to join: %w", err)
	}
	if ghost.Name == "" {
		ghost.UpdateInfo(ctx, a.userInfo(request.From.name()))
	}
	if err := a.noteAsking(ctx, a.roomOf(in).chat, request.From.ID, true); err != nil {
		return err
	}
	prefix := a.connector.bridge.Config.CommandPrefix
	d.notice = a.connector.say(say.GroupAsks, request.From.name(), prefix, prefix)
	return d.run(ctx)
}

// noteAsking keeps that somebody asks to join a group, or no longer does.
func (a *account) noteAsking(ctx context.Context, chat, who int64, asks bool) error {
	if slices.Contains(a.kept().Asking[chat], who) == asks {
		return nil
	}
	return wrapped("keep who asks to join a group", a.keep(ctx, func(kept *LoginMetadata) {
		all := map[int64][]int64{}
		maps.Copy(all, kept.Asking) // a new one: others read the one that is there
		waiting := slices.DeleteFunc(slices.Clone(all[chat]), func(id int64) bool { return id == who })
		if asks {
			waiting = append(waiting, who)
		}
		if all[chat] = waiting; len(waiting) == 0 {
			delete(all, chat)
		}
		kept.Asking = all
	}))
}

// joined notes that those who came into a group ask no longer.
func (a *account) joined(ctx context.Context, in chatID, changed ...member) error {
	for _, m := range changed {
		if m.isIn() || m.Status == statusKicked {
			if err := a.noteAsking(ctx, a.roomOf(in).chat, m.User.ID, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// waits is somebody who asks to join a group.
type waits struct {
	id   int64
	name string
}

// waiting lists who asks to join a group, and answers to the words of a name.
func (a *account) waiting(ctx context.Context, chat int64, words string) (people []waits, err error) {
	for _, who := range a.kept().Asking[chat] {
		ghost, err := a.connector.bridge.GetGhostByID(ctx, userID(who))
		if err != nil {
			return nil, fmt.Errorf("look up who asks to join: %w", err)
		}
		if words == "" || strings.Contains(strings.ToLower(ghost.Name), strings.ToLower(words)) || strings.Contains(words, number(who)) {
			people = append(people, waits{who, ghost.Name})
		}
	}
	return people, nil
}

// requestCommands are the commands about those who ask to join a group.
func (c *Connector) requestCommands(in say.Language, section commands.HelpSection) []commands.CommandHandler {
	command := func(name, args string, help say.Sentence, run func(*commands.Event, *account, []waits)) *commands.FullHandler {
		return &commands.FullHandler{Name: name, RequiresPortal: true, Help: commands.HelpMeta{Section: section, Description: in.Say(help), Args: args},
			Func: func(ce *commands.Event) { c.aboutRequests(ce, run) }}
	}
	return []commands.CommandHandler{
		command("requests", "", say.HelpRequests, func(ce *commands.Event, _ *account, people []waits) {
			c.answer(ce, say.GroupWaiting, namesOf(people))
		}),
		command("approve", in.Say(say.ArgMaybeName), say.HelpApprove, func(ce *commands.Event, a *account, people []waits) {
			c.decideRequests(ce, a, people, a.api.approveChatJoinRequest, say.GroupLetIn)
		}),
		command("reject", in.Say(say.ArgMaybeName), say.HelpReject, func(ce *commands.Event, a *account, people []waits) {
			c.decideRequests(ce, a, people, a.api.declineChatJoinRequest, say.GroupTurnedDown)
		}),
	}
}

// aboutRequests runs a command of somebody in charge of a group's bot about those who ask to join, or answers that nobody does.
func (c *Connector) aboutRequests(ce *commands.Event, run func(*commands.Event, *account, []waits)) {
	in, is := groupOf(ce.Portal)
	a := c.accountOf(in)
	switch {
	case !is:
		c.answer(ce, say.NoGroup, networkName)
		return
	case a == nil || !a.IsLoggedIn():
		c.answer(ce, say.BotAway, networkName)
		return
	case a.login.UserMXID != ce.User.MXID && !slices.Contains(a.inCharge(), ce.User.MXID):
		c.answer(ce, say.OnlyForOneself)
		return
	}
	people, err := a.waiting(ce.Ctx, in.chat, strings.Join(ce.Args, " "))
	switch {
	case err != nil:
		ce.Log.Err(err).Msg("Who asks to join a group could not be looked up")
		c.answer(ce, say.CommandFailed)
	case len(people) == 0:
		c.answer(ce, say.GroupNobodyWaits)
	default:
		run(ce, a, people)
	}
}

// decideRequests lets people in or turns them down. About whom another administrator has decided there is nothing to do.
func (c *Connector) decideRequests(ce *commands.Event, a *account, people []waits, decide func(ctx context.Context, chat, who int64) error, done say.Sentence) {
	in, _ := groupOf(ce.Portal)
	ctx := withWriter(ce.Ctx, ce.User.MXID)
	var decided []waits
	for _, who := range people {
		err := a.insist(ctx, in, func(ctx context.Context) error { return decide(ctx, in.chat, who.id) })
		if err != nil && !isDecided(err) {
			ce.Log.Warn().Err(err).Msg("A command did not do what it should")
			var told bridgev2.MessageStatus
			if errors.As(a.changeRefused(ctx, err), &told) {
				ce.ReplyAdvanced(told.Message, false, false)
			}
			return
		}
		if err == nil {
			decided = append(decided, who)
		}
		if err := a.noteAsking(ctx, in.chat, who.id, false); err != nil {
			ce.Log.Err(err).Msg("Who asks to join a group no longer could not be kept")
		}
	}
	if len(decided) == 0 {
		c.answer(ce, say.GroupNobodyWaits)
		return
	}
	c.answer(ce, done, namesOf(decided))
}

// isDecided tells whether the Bot API refused to decide about somebody who asks no longer.
func isDecided(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest &&
		(strings.Contains(refused.text, "HIDE_REQUESTER_MISSING") || strings.Contains(refused.text, "USER_ALREADY_PARTICIPANT"))
}

func namesOf(people []waits) string {
	names := make([]string, len(people))
	for i, who := range people {
		names[i] = who.name
	}
	return strings.Join(names, ", ")
}
