package bridge

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/audit"
	"passerelle/portal/say"
)

// Commander is a connector with commands of its own. They are the bot's beside those of every network, and take the place of
// those with the same name.
type Commander interface {
	// Commands lists the commands, described in a language. What they do is the same whatever the language.
	Commands(in say.Language) []commands.CommandHandler
}

// sectionRooms is of commands for a room that a person made and that is no chat's yet.
var sectionRooms = commands.HelpSection{Name: "rooms", Order: 22}

// botCommands are the commands of a network's bot: these and no others. The library's processor would take its own, too, which
// answer in its words and speak of its parts (bridgev2/commands/processor.go).
type botCommands struct {
	network   *network
	bridge    *bridgev2.Bridge
	byName    map[string]*commands.FullHandler
	byAlias   map[string]*commands.FullHandler
	described map[say.Language][]*commands.FullHandler // all of them, described in the language
}

var _ bridgev2.CommandProcessor = (*botCommands)(nil)

func newBotCommands(n *network, br *bridgev2.Bridge) *botCommands {
	c := &botCommands{network: n, bridge: br, byName: map[string]*commands.FullHandler{}, byAlias: map[string]*commands.FullHandler{},
		described: map[say.Language][]*commands.FullHandler{}}
	for _, language := range say.Languages() {
		names := map[string]int{}
		for _, handler := range c.all(language) {
			full, ok := handler.(*commands.FullHandler)
			if !ok {
				continue // nothing is known of who may run it, and what it is for
			}
			if at, again := names[full.Name]; again {
				c.described[language][at] = full
			} else {
				names[full.Name] = len(c.described[language])
				c.described[language] = append(c.described[language], full)
			}
			c.byName[full.Name] = full
			for _, alias := range full.Aliases {
				c.byAlias[alias] = full
			}
		}
	}
	return c
}

// all lists the commands, described in a language. Of two with the same name the later one counts.
func (c *botCommands) all(in say.Language) []commands.CommandHandler {
	list := append(c.ownCommands(in), c.network.relayCommands(in)...)
	list = append(list, c.network.markCommands(in, c.bridge.Network.GetName().DisplayName)...)
	list = append(list, c.generalCommands(in)...)
	if commander, ok := c.bridge.Network.(Commander); ok {
		list = append(list, commander.Commands(in)...)
	}
	return list
}

// ownCommands lists the commands about accounts, chats and rooms that every network has.
func (c *botCommands) ownCommands(in say.Language) []commands.CommandHandler {
	n, title := c.network, c.bridge.Network.GetName().DisplayName
	about := func(section commands.HelpSection, args, description string) commands.HelpMeta {
		return commands.HelpMeta{Section: section, Description: description, Args: args}
	}
	var ways []string
	for _, flow := range c.bridge.Network.GetLoginFlows() {
		ways = append(ways, flow.ID)
	}
	return []commands.CommandHandler{
		&commands.FullHandler{Name: "login", Func: n.logIn, RequiresLoginPermission: true,
			Help: about(commands.HelpSectionAuth, "["+strings.Join(ways, "|")+"]", in.Say(say.HelpLogin, title))},
		&commands.FullHandler{Name: "timer", Func: n.timer, RequiresPortal: true,
			NetworkAPI: commands.NetworkAPIImplements[bridgev2.DisappearTimerChangingNetworkAPI],
			Help:       about(commands.HelpSectionChats, "[off|24h|7d|90d]", in.Say(say.TimerHelp))},
		&commands.FullHandler{Name: "bridge", Func: n.plumb, Help: about(sectionRooms, in.Say(say.ArgChat), in.Say(say.HelpBridge))},
		&commands.FullHandler{Name: "unbridge", Func: n.unplumb, RequiresPortal: true,
			Help: about(commands.HelpSectionChats, "", in.Say(say.HelpUnbridge))},
		&commands.FullHandler{Name: "create-group", Func: n.createGroup, RequiresLogin: true,
			NetworkAPI: commands.NetworkAPIImplements[bridgev2.GroupCreatingNetworkAPI],
			Help:       about(sectionRooms, "", in.Say(say.HelpCreateGroup, title))},
		&commands.FullHandler{Name: "id", RequiresPortal: true, Help: about(commands.HelpSectionChats, "", in.Say(say.HelpID)),
			Func: func(ce *commands.Event) { n.answer(ce, say.ChatID, ce.Portal.ID) }},
		&commands.FullHandler{Name: commandAdmin, Help: about(commands.HelpSectionAdmin, "[…]", in.Say(say.HelpAdmin)), Func: n.admin},
		&commands.FullHandler{Name: "discard-megolm-session", Aliases: []string{"discard-session"}, RequiresAdmin: true,
			Help: about(commands.HelpSectionAdmin, "", in.Say(say.HelpNewKeys)),
			Func: func(ce *commands.Event) {
				n.matrix().Crypto.ResetSession(ce.Ctx, ce.RoomID)
				n.answer(ce, say.NewKeys)
			}},
	}
}

// generalCommands lists the commands about the commands.
func (c *botCommands) generalCommands(in say.Language) []commands.CommandHandler {
	n := c.network
	about := func(description say.Sentence, args string) commands.HelpMeta {
		return commands.HelpMeta{Section: commands.HelpSectionGeneral, Description: in.Say(description), Args: args}
	}
	return []commands.CommandHandler{
		&commands.FullHandler{Name: "help", Aliases: []string{"aide"}, Func: c.help, Help: about(say.HelpHelp, in.Say(say.ArgCommand))},
		&commands.FullHandler{Name: "language", Aliases: []string{"langue"}, Func: n.setLanguage, Help: about(say.HelpLanguage, "fr|en")},
		&commands.FullHandler{Name: "cancel", Aliases: []string{"annuler"}, Func: n.cancel, Help: about(say.HelpCancel, "")},
		&commands.FullHandler{Name: "version", Help: about(say.HelpVersion, ""),
			Func: func(ce *commands.Event) { n.answer(ce, say.Version, n.host.options.Version) }},
	}
}

// find returns the command of a name; nil: there is none.
func (c *botCommands) find(name string) *commands.FullHandler {
	if command := c.byName[name]; command != nil {
		return command
	}
	return c.byAlias[name]
}

// Handle runs the command that a person wrote (see [bridgev2.CommandProcessor]). A command is run once: a failure is said and
// not tried again.
func (c *botCommands) Handle(ctx context.Context, room id.RoomID, written id.EventID, user *bridgev2.User, message string, replyTo id.EventID) {
	log := zerolog.Ctx(ctx).With().Logger()
	outcome := &bridgev2.MessageStatus{Step: status.MsgStepCommand, Status: event.MessageStatusSuccess}
	words := strings.Fields(message)
	if len(words) == 0 || words[0] == c.bridge.Config.CommandPrefix {
		words, message = []string{"help"}, "help"
	}
	ce := &commands.Event{
		Bot: c.bridge.Bot, Bridge: c.bridge, RoomID: room, OrigRoomID: room, EventID: written, User: user, ReplyTo: replyTo,
		Command: strings.ToLower(words[0]), Args: words[1:], Ctx: ctx, Log: &log, MessageStatus: outcome,
		RawArgs: strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(message), words[0])),
	}
	defer func() {
		if defect := recover(); defect != nil {
			log.Error().Str("panic", fmt.Sprint(defect)).Bytes(zerolog.ErrorStackFieldName, debug.Stack()).Msg("A command failed")
			outcome.Status, outcome.InternalError = event.MessageStatusFail, fmt.Errorf("panic: %v", defect)
			c.network.answer(ce, say.CommandFailed)
		}
		c.bridge.Matrix.SendMessageStatus(ctx, outcome, &bridgev2.MessageStatusEventInfo{
			RoomID: room, SourceEventID: written, EventType: event.EventMessage, Sender: user.MXID,
		})
	}()
	var err error
	if ce.Portal, err = c.bridge.GetPortalByMXID(ctx, room); err != nil {
		log.Err(err).Msg("The chat that a command is written in could not be looked up")
		c.network.answer(ce, say.CommandFailed)
		return
	}
	c.run(ce, message)
}

// run runs a command, or hands on what is no command to what waits for an answer.
func (c *botCommands) run(ce *commands.Event, message string) {
	command := c.find(ce.Command)
	if command == nil {
		if waiting := commands.LoadCommandState(ce.User); waiting != nil && waiting.Next != nil {
			ce.Command, ce.RawArgs, ce.Args = "", message, strings.Fields(message)
			waiting.Next.Run(ce)
			return
		}
		c.network.answer(ce, say.UnknownCommand, short(ce.Command), c.network.written(ce, "help"))
		return
	}
	ce.Handler = command // under which of its names it was called stays in ce.Command
	if refusal := c.mayRun(ce, command); refusal != "" {
		if c.network.audit(ce, command, audit.Denied) {
			ce.ReplyAdvanced(refusal, false, false)
		}
		return
	}
	if !c.network.audit(ce, command, audit.Asked) {
		return
	}
	ce.Log.Debug().Str("command", command.Name).Msg("Running a command")
	command.Func(ce)
}

// mayRun tells whether a person may run a command where they wrote it; if not, in words.
func (c *botCommands) mayRun(ce *commands.Event, command *commands.FullHandler) (refusal string) {
	in, network := c.network.host.languages.Of(ce.User.MXID), c.network.title()
	switch {
	case command.RequiresAdmin && !ce.User.Permissions.Admin:
		return in.Say(say.OnlyAdministrators)
	case command.RequiresLoginPermission && !ce.User.Permissions.Login:
		return in.Say(say.MayNotLogIn, network)
	case command.RequiresPortal && ce.Portal == nil:
		return in.Say(say.NotAChat, network)
	case slices.Contains(reaching, command.Name) && !writes(c.network.standsIn(ce.RoomID)):
		return in.Say(stoppedOut(c.network.standsIn(ce.RoomID)))
	case command.RequiresLogin && ce.User.GetDefaultLogin() == nil:
		return in.Say(say.LinkFirst, network)
	case command.RequiresEventLevel.Type != "" && !ce.User.Permissions.Admin && !c.network.hasSay(ce, command.RequiresEventLevel):
		return in.Say(say.NoSay)
	case !command.ImplementationsFulfilled(ce):
		return in.Say(say.NoSuchThing, network)
	}
	return ""
}

// hasSay tells whether a person may send a kind of event in the room.
func (n *network) hasSay(ce *commands.Event, kind event.Type) bool {
	levels, err := n.matrix().GetPowerLevels(ce.Ctx, ce.RoomID)
	return err == nil && levels.GetUserLevel(ce.User.MXID) >= levels.GetEventLevel(kind)
}

// written is a command as a person has to write it where they are.
func (n *network) written(ce *commands.Event, command string) string {
	if ce.OrigRoomID == ce.User.ManagementRoom {
		return command
	}
	return ce.Bridge.Config.CommandPrefix + " " + command
}

// longestWord bounds what is repeated of what somebody wrote, in runes.
const longestWord = 30

func short(word string) string {
	if runes := []rune(word); len(runes) > longestWord {
		return string(runes[:longestWord]) + "…"
	}
	return word
}
