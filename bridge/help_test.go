package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// wordy is a network with many commands.
type wordy struct {
	bridgev2.NetworkConnector // nil: what is not written below is not asked for
	commands                  int
}

func (wordy) GetName() bridgev2.BridgeName { return bridgev2.BridgeName{DisplayName: "Wordy"} }
func (wordy) GetLoginFlows() []bridgev2.LoginFlow {
	return []bridgev2.LoginFlow{{ID: "qr"}, {ID: "code"}}
}
func (w wordy) Commands(in say.Language) (list []commands.CommandHandler) {
	for i := range w.commands {
		list = append(list, &commands.FullHandler{Name: fmt.Sprint("wordy-", i), RequiresPortal: i%3 == 0,
			Help: commands.HelpMeta{Section: commands.HelpSection{Name: "Words", Order: 15}, Description: in.Say(say.HelpVersion)}})
	}
	return append(list, &commands.FullHandler{Name: "version", Help: commands.HelpMeta{Section: commands.HelpSectionGeneral, Description: "Theirs"}})
}

// governs are roles in which everybody is an administrator, or nobody is.
type governs bool

func (g governs) Of(user id.UserID) (govern.Person, bool) {
	return govern.Person{ID: user, Role: govern.RoleAdministrator}, bool(g)
}

// scene is the commands of a network, and somebody who asks for help in their room with the bot.
func scene(many int, admin bool) (*botCommands, *commands.Event) {
	br := &bridgev2.Bridge{Network: wordy{commands: many}, Config: &bridgeconfig.BridgeConfig{CommandPrefix: "!wordy"}}
	n := &network{host: &Host{languages: &languages{standard: say.English, chosen: map[id.UserID]say.Language{"@claire:x": say.French}},
		desk: govern.NewDesk(nil, governs(admin), forgetsDeeds{})}}
	n.current.Store(&assembly{bridge: br})
	user := &bridgev2.User{User: &database.User{MXID: "@karim:x", ManagementRoom: "!bot:x"}, Bridge: br,
		Permissions: bridgeconfig.Permissions{Commands: true, Login: true, Admin: admin}}
	return newBotCommands(n, br), &commands.Event{Bridge: br, User: user, RoomID: "!bot:x", OrigRoomID: "!bot:x"}
}

func TestHelpFitsAScreenHoweverManyCommandsThereAre(t *testing.T) {
	for _, many := range []int{0, 10, 100} {
		for _, admin := range []bool{false, true} {
			c, ce := scene(many, admin)
			for _, at := range []struct {
				name string
				room id.RoomID
				chat *bridgev2.Portal
			}{{"the bot's room", "!bot:x", nil}, {"a chat", "!chat:x", &bridgev2.Portal{}}, {"another room", "!counter:x", nil}} {
				ce.OrigRoomID, ce.Portal = at.room, at.chat
				for _, language := range say.Languages() {
					page := c.helpPage(ce, language)
					if len(page) > screen {
						t.Errorf("with %d commands more, help has %d lines in %s in %s", many, len(page), at.name, language)
					}
					text := strings.Join(page, "\n")
					for _, h := range c.described[language] {
						if shown := strings.Contains(text, "`"+h.Name+"`"); shown != c.shows(ce, h) {
							t.Errorf("help speaks of %s in %s: %t", h.Name, at.name, shown)
						}
					}
				}
			}
		}
	}
}

func TestCommandsOfAdministratorsAreShownToThemOnly(t *testing.T) {
	for _, admin := range []bool{false, true} {
		c, ce := scene(0, admin)
		page := strings.Join(c.helpPage(ce, say.English), "\n")
		if shown := strings.Contains(page, "discard-megolm-session"); shown != admin {
			t.Errorf("to an administrator: %t, shown: %t", admin, shown)
		}
	}
}

func TestEveryCommandIsDescribedInBothLanguages(t *testing.T) {
	c, _ := scene(0, true)
	if len(c.described[say.English]) != len(c.described[say.French]) || len(c.described[say.English]) < 10 {
		t.Fatalf("there are %d commands in English, %d in French", len(c.described[say.English]), len(c.described[say.French]))
	}
	for _, h := range c.described[say.English] {
		french := c.in(say.French, h.Name)
		if h.Name == "version" { // the network's own takes the place of ours
			if h.Help.Description != "Theirs" || c.byName["version"].Help.Description != "Theirs" {
				t.Errorf("version is described as %q", h.Help.Description)
			}
			continue
		}
		if h.Help.Description == "" || h.Help.Description == french.Help.Description || strings.Contains(h.Help.Description+french.Help.Description, "%!") {
			t.Errorf("%s is described as %q and %q", h.Name, h.Help.Description, french.Help.Description)
		}
		if !slices.Equal(h.Aliases, french.Aliases) {
			t.Errorf("%s is called %v and %v", h.Name, h.Aliases, french.Aliases)
		}
	}
}
