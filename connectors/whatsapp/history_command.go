package whatsapp

import (
	"context"
	"errors"
	"strconv"
	"time"

	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/say"
)

// historyCommand is the command that asks the phone for older messages of the room's chat.
func (c *Connector) historyCommand(in say.Language) *commands.FullHandler {
	return &commands.FullHandler{
		Name: "history", Aliases: []string{"older"}, RequiresPortal: true,
		Help: commands.HelpMeta{Section: commands.HelpSectionChats, Description: in.Say(say.OlderHelp), Args: in.Say(say.ArgHowMany)},
		Func: c.askForOlder,
	}
}

// askForOlder asks the phone of the person who writes for older messages, and says so or why not.
func (c *Connector) askForOlder(ce *commands.Event) {
	count := mostOlder
	if len(ce.Args) > 0 {
		var err error
		if count, err = strconv.Atoi(ce.Args[0]); err != nil || count < 1 || count > mostOlder || len(ce.Args) > 1 {
			c.answer(ce, say.OlderHowMany, mostOlder, c.written("history 20"))
			return
		}
	}
	login, _, err := ce.Portal.FindPreferredLogin(ce.Ctx, ce.User, false)
	if ce.Sudo || err != nil || login == nil {
		c.answer(ce, say.OlderNoLogin, networkName)
		return
	}
	sentence, args, err := login.Client.(*account).askForOlder(ce, count)
	if err != nil {
		ce.Log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("The phone was not asked for older messages")
		sentence, args = say.OlderNotAsked, []any{networkName}
	}
	c.answer(ce, sentence, args...)
}

// askForOlder returns what is to be said. An error means that the phone was not asked.
func (a *account) askForOlder(ce *commands.Event, count int) (say.Sentence, []any, error) {
	key := ce.Portal.PortalKey
	metadata, _ := ce.Portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(key.ID, metadata)
	if err != nil {
		return "", nil, err
	}
	if lane, _ := a.place(ce.Ctx, &arrival{Chat: chat, Sender: chat}); a.holds(lane) {
		return say.OlderComing, nil, nil
	}
	if before, waits := a.asked(key.ID); waits && !before.Told {
		return say.OlderAskedAgain, []any{networkName}, nil
	}
	oldest, ok, err := a.oldestShown(ce.Ctx, key)
	switch {
	case err != nil:
		return "", nil, err
	case !ok:
		return say.OlderNoMessage, nil, nil
	}
	// It is noted before it is asked: the answer may come at once.
	request := olderRequest{ID: outgoingID(ce.EventID), Chat: chat, Count: count, At: time.Now(), Before: oldest}
	if err := a.noteAsked(ce.Ctx, key.ID, &request); err != nil {
		return "", nil, err
	}
	if err := a.ask(ce.Ctx, &request, chat, request.ID); err != nil {
		return "", nil, errors.Join(err, a.noteAsked(ce.Ctx, key.ID, nil))
	}
	a.spawn(func(ctx context.Context) { a.awaitOlder(ctx, key.ID, request) })
	return say.OlderAsked, []any{count, networkName}, nil
}

// olderSentence says what came of a request.
func (c *Connector) olderSentence(in say.Language, page *olderPage) string {
	again := c.written("history")
	switch {
	case page.Silent:
		return in.Say(say.OlderPhoneOff, networkName, again)
	case page.Shown == 0 && page.More:
		return in.Say(say.OlderUnseen, again)
	case page.Shown == 0:
		return in.Say(say.OlderNone, networkName)
	case page.More:
		return in.Say(say.OlderMessages, in.Days(page.From, page.To), again)
	}
	return in.Say(say.OlderFirst, in.Days(page.From, page.To))
}

// written is a command as people write it in a chat's room.
func (c *Connector) written(command string) string {
	return c.bridge.Config.CommandPrefix + " " + command
}
