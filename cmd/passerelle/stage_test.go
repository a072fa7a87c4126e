package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// stage is a whole world: a homeserver, the simulated WhatsApp, and the installed program between them.
type stage struct {
	*bridgetest.World
	whatsapp *whatsapptest.Server
	bridge   *bridgetest.Installation
}

// program is the bridge, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "passerelle-test-")
	if err != nil {
		return "", err
	}
	return bridgetest.BuildPasserelle(context.Background(), dir, os.Stderr)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// newStage installs and starts everything. adjust changes how the bridge is installed.
func newStage(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) *stage {
	t.Helper()
	return newStageAt(t, bridgetest.SiteOptions{}, "", adjust...)
}

// newStageAt is newStage with what else the site and the network's settings hold.
func newStageAt(t *testing.T, site bridgetest.SiteOptions, more string, adjust ...func(*bridgetest.InstallOptions)) *stage {
	t.Helper()
	s := &stage{whatsapp: whatsapptest.NewServer(t)}
	dir := t.TempDir()
	settings, err := s.whatsapp.Settings(filepath.Join(dir, "whatsapp-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	site.Dir, site.Settings = dir, map[string]string{"whatsapp": settings + more}
	installed := newSite(t, site, adjust)
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

// newSite installs the program for a homeserver that does not run yet.
func newSite(t *testing.T, options bridgetest.SiteOptions, adjust []func(*bridgetest.InstallOptions)) *bridgetest.Site {
	t.Helper()
	var err error
	if options.Program, err = program(); err != nil {
		t.Fatal(err)
	}
	options.Adjust = func(o *bridgetest.InstallOptions) {
		for _, change := range adjust {
			change(o)
		}
	}
	site, err := bridgetest.NewSite(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return site
}

// botRoom opens an encrypted chat with WhatsApp's bot, and returns it once the bot has greeted.
func (s *stage) botRoom(t *testing.T, staff *bridgetest.Actor) id.RoomID {
	t.Helper()
	bot := id.UserID(s.bridge.Bot("whatsapp"))
	room := staff.StartsChatWith(bot)
	staff.Waits("the bot's greeting", func(h bridgetest.Heard) bool { return h.Room == room && h.Sender == bot && h.IsMessage() })
	return room
}

// links links a staff member's phone by QR code, and returns the bot's room.
func (s *stage) links(t *testing.T, staff *bridgetest.Actor, phone *whatsapptest.Phone) id.RoomID {
	t.Helper()
	room := s.botRoom(t, staff)
	staff.Says(room, "login qr")
	code := staff.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == room && h.MsgType == event.MsgImage })
	if !code.WasEncrypted {
		t.Error("the QR code came in the clear")
	}
	if _, err := phone.ScanQR(bounded(t), code.Text); err != nil {
		t.Fatal(err)
	}
	s.awaitLinked(t, staff, room)
	return room
}

// awaitLinked waits until the bot says that the login is done.
func (s *stage) awaitLinked(t *testing.T, staff *bridgetest.Actor, room id.RoomID) {
	t.Helper()
	staff.Waits("the bot's word that the phone is linked", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.Contains(h.Text, "connected to WhatsApp")
	})
}

// bounded is a context that ends with the test's patience.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bridgetest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// reads waits until a phone shows a text, and returns what it shows.
func reads(t *testing.T, phone *whatsapptest.Phone, text string) whatsapptest.Entry {
	t.Helper()
	entry, err := phone.WaitForText(bounded(t), text)
	if err != nil {
		t.Fatalf("%s's phone does not show %q: %v", phone.Name(), text, err)
	}
	return entry
}

// says sends a text from a phone, and returns its ID.
func says(t *testing.T, phone *whatsapptest.Phone, to, text string) string {
	t.Helper()
	sent, err := phone.Send(bounded(t), to, text)
	if err != nil {
		t.Fatalf("%s cannot send %q: %v", phone.Name(), text, err)
	}
	return sent
}
