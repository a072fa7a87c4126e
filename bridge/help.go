package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// screen is how many lines help has at most: what a person sees without scrolling.
const screen = 25

// place is a kind of room that a command can be used in.
type place int

const (
	anywhere  place = iota
	inChat          // the room of a chat
	inOwnRoom       // a room that a person made, and that is no chat's
)

func placeOf(command *commands.FullHandler) place {
	switch {
	case command.RequiresPortal:
		return inChat
	case command.Help.Section == sectionRooms:
		return inOwnRoom
	}
	return anywhere
}

// placeOfRoom returns the place whose commands help describes: in a chat those about chats, and in the bot's room the others.
func placeOfRoom(ce *commands.Event) place {
	switch {
	case ce.Portal != nil:
		return inChat
	case ce.OrigRoomID == ce.User.ManagementRoom:
		return anywhere
	}
	return inOwnRoom
}

// help lists the commands that help a person where they are, and names the others; or it describes one.
func (c *botCommands) help(ce *commands.Event) {
	in := c.network.host.languages.Of(ce.User.MXID)
	if len(ce.Args) == 0 {
		ce.ReplyAdvanced(strings.Join(c.helpPage(ce, in), "\n"), true, false)
		return
	}
	name := strings.ToLower(ce.Args[0])
	command := c.find(name)
	if command == nil || !c.shows(ce, command) {
		c.network.answer(ce, say.UnknownCommand, short(name), c.network.written(ce, "help"))
		return
	}
	ce.ReplyAdvanced(strings.Join(c.describe(ce, c.in(in, command.Name), in), "\n"), true, false)
}

// in returns a command as it is described in a language.
func (c *botCommands) in(language say.Language, name string) *commands.FullHandler {
	list := c.described[language]
	return list[slices.IndexFunc(list, func(h *commands.FullHandler) bool { return h.Name == name })]
}

// shows tells whether help speaks of a command: whether the person could run it somewhere.
func (c *botCommands) shows(ce *commands.Event, command *commands.FullHandler) bool {
	if command.Name == commandAdmin {
		_, err := c.network.host.desk.Sit(ce.User.MXID, govern.Commands)
		return err == nil
	}
	return command.ShowInHelp(ce) && (!command.RequiresLoginPermission || ce.User.Permissions.Login)
}

// describe says what a command does, and where.
func (c *botCommands) describe(ce *commands.Event, command *commands.FullHandler, in say.Language) []string {
	lines := []string{fmt.Sprintf("`%s` %s", c.network.written(ce, command.Name), escape(command.Help.Args)), command.Help.Description + "."}
	switch placeOf(command) {
	case inChat:
		lines = append(lines, in.Say(say.WhereChat))
	case inOwnRoom:
		lines = append(lines, in.Say(say.WhereRoom))
	}
	if len(command.Aliases) > 0 {
		lines = append(lines, in.Say(say.AlsoCalled, strings.Join(command.Aliases, ", ")))
	}
	return lines
}

// part is a group of commands that help describes.
type part struct {
	title string
	order int
	lines []string
	names []string
}

// folded says a part in one line.
func (p part) folded() string {
	return fmt.Sprintf("**%s**: `%s`", p.title, strings.Join(p.names, "`, `"))
}

// helpPage lists the commands. It fits a screen, however many there are: where it would not, the longest parts are said in a
// line each.
func (c *botCommands) helpPage(ce *commands.Event, in say.Language) []string {
	here := placeOfRoom(ce)
	parts, others := c.parts(ce, in, here)
	first := in.Say(say.HelpThere, c.bridge.Config.CommandPrefix)
	if ce.OrigRoomID == ce.User.ManagementRoom {
		first = in.Say(say.HelpHere, c.network.title(), c.bridge.Config.CommandPrefix)
	}
	last := in.Say(say.HelpMore, c.network.written(ce, "help"))
	length := func() int {
		lines := 2 + len(others) // first and last
		for _, p := range parts {
			lines += 1 + len(p.lines)
		}
		return lines
	}
	for length() > screen {
		longest := slices.MaxFunc(parts, func(a, b *part) int { return len(a.lines) - len(b.lines) })
		if len(longest.lines) == 0 {
			break
		}
		longest.lines = nil
	}
	page := []string{first}
	for _, p := range parts {
		if len(p.lines) == 0 {
			page = append(page, p.folded())
			continue
		}
		page = append(append(page, "**"+p.title+"**"), p.lines...)
	}
	return append(append(page, others...), last)
}

// parts groups the commands of a place, and names those of other places in a line each.
func (c *botCommands) parts(ce *commands.Event, in say.Language, here place) (parts []*part, others []string) {
	elsewhere := map[place][]string{}
	for _, command := range c.described[in] {
		if !c.shows(ce, command) || command.Help.Description == "" {
			continue
		}
		where := placeOf(command)
		if where != here && !command.RequiresAdmin {
			elsewhere[where] = append(elsewhere[where], command.Name)
			continue
		}
		title, order := c.section(command.Help.Section, in)
		at := slices.IndexFunc(parts, func(p *part) bool { return p.title == title })
		if at < 0 {
			at = len(parts)
			parts = append(parts, &part{title: title, order: order})
		}
		line := fmt.Sprintf("`%s` %s – %s", command.Name, escape(command.Help.Args), command.Help.Description)
		parts[at].lines = append(parts[at].lines, strings.ReplaceAll(line, "  ", " "))
		parts[at].names = append(parts[at].names, command.Name)
	}
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.order, b.order) })
	for _, where := range []place{anywhere, inChat, inOwnRoom} {
		if names := elsewhere[where]; len(names) > 0 {
			title := map[place]say.Sentence{anywhere: say.InAnyRoom, inChat: say.InChats, inOwnRoom: say.InRooms}[where]
			others = append(others, part{title: in.Say(title), names: names}.folded())
		}
	}
	return parts, others
}

// section names a section, and says where it stands. The library's are in English; a connector names its own.
func (c *botCommands) section(is commands.HelpSection, in say.Language) (title string, order int) {
	switch is {
	case commands.HelpSectionGeneral: // about the bot itself: at the end
		return in.Say(say.SectionService), commands.HelpSectionMisc.Order
	case commands.HelpSectionAuth:
		return in.Say(say.SectionAccount, c.network.title()), is.Order
	case commands.HelpSectionChats:
		return in.Say(say.SectionChats), is.Order
	case commands.HelpSectionAdmin:
		return in.Say(say.SectionAdministration), is.Order
	case sectionRooms:
		return in.Say(say.SectionRooms), is.Order
	}
	return is.Name, is.Order
}

// escape keeps the marks of what may be left out from being read as markup.
var escape = strings.NewReplacer("[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "_", `\_`, "|", `\|`).Replace

// setLanguage keeps the language that a person wants to be addressed in, and answers in it.
func (n *network) setLanguage(ce *commands.Event) {
	if len(ce.Args) == 0 {
		n.answer(ce, say.LanguageIs, n.host.languages.Of(ce.User.MXID).Name())
		return
	}
	chosen, ok := say.ParseLanguage(ce.Args[0])
	if !ok {
		n.answer(ce, say.LanguageUnknown)
		return
	}
	if err := n.host.languages.choose(ce.Ctx, ce.User.MXID, chosen); err != nil {
		ce.Log.Err(err).Msg("A person's language could not be kept")
		n.answer(ce, say.CommandFailed)
		return
	}
	n.answer(ce, say.LanguageSet, chosen.Name())
}
