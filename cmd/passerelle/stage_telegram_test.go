package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
)

// telegramStage is a whole world: a homeserver, the simulated Telegram, and the installed program between them.
type telegramStage struct {
	*bridgetest.World
	telegram *telegramtest.Server
	bridge   *bridgetest.Installation
}

// telegramSetup says how a stage differs from the plain one. Its zero value is that one.
type telegramSetup struct {
	server   telegramtest.Options                       // what the Bot API is like
	settings func(*telegramtest.Server) string          // further ones
	through  func(url string) string                    // what stands in front of the Bot API
	adjust   []func(options *bridgetest.InstallOptions) // how the bridge is installed
}

// newTelegramStage installs and starts everything.
func newTelegramStage(t *testing.T, setup telegramSetup) *telegramStage {
	t.Helper()
	s := &telegramStage{telegram: telegramtest.NewServerWith(t, setup.server)}
	url := s.telegram.URL()
	if setup.through != nil {
		url = setup.through(url)
	}
	settings := "server: " + url + "\n"
	if setup.settings != nil {
		settings += setup.settings(s.telegram)
	}
	installed := newSite(t, bridgetest.SiteOptions{Dir: t.TempDir(), Settings: map[string]string{"telegram": settings}}, setup.adjust)
	s.bridge, s.World = installed.Bridge, bridgetest.NewWorld(t, installed.Plan)
	if err := s.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		start := time.Now()
		if err := s.bridge.Stop(); err != nil {
			t.Errorf("stopping the bridge: %v", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the bridge took %s to stop, want 10 s at most", took)
		}
		if log, err := os.ReadFile(s.bridge.LogPath()); t.Failed() && err == nil {
			t.Logf("the bridge's log:\n%s", log)
		}
	})
	return s
}

// botRoom opens an encrypted chat with the bridge's bot, and returns it once the bot has greeted.
func (s *telegramStage) botRoom(t *testing.T, staff *bridgetest.Actor) id.RoomID {
	t.Helper()
	bot := id.UserID(s.bridge.Bot("telegram"))
	room := staff.StartsChatWith(bot)
	staff.Waits("the bot's greeting", func(h bridgetest.Heard) bool { return h.Room == room && h.Sender == bot && h.IsMessage() })
	return room
}

// connects connects a bot of Telegram's for a member of staff.
func connects(t testing.TB, staff *bridgetest.Actor, desk id.RoomID, bot *telegramtest.Bot) {
	t.Helper()
	mark := staff.Mark()
	staff.Says(desk, "login")
	staff.Waits("the question for the code", func(h bridgetest.Heard) bool { return h.Room == desk && strings.Contains(h.Text, "@BotFather") }, mark)
	given := staff.Says(desk, bot.Token())
	staff.Waits("the bot's word that it is connected", func(h bridgetest.Heard) bool {
		return h.Room == desk && strings.Contains(h.Text, "connected to Telegram")
	}, mark)
	staff.SeesDeletion(desk, given)
}
