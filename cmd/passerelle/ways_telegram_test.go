package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// changes changes what the bridge's database keeps of a bot while the bridge does not run.
func (d *botDialogue) changes(t *testing.T, path string, value string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "telegram.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE user_login SET metadata=json_set(metadata, ?, ?)", path, value); err != nil {
		t.Fatal(err)
	}
}

func TestALinkOutlivesARestartAndNobodyReadsItsToken(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	makes := func(words string) string {
		mark := d.claire.Mark()
		d.claire.Says(d.desk, words)
		answer := d.claire.Waits("the link", func(h bridgetest.Heard) bool { return h.Room == d.desk && startToken.MatchString(h.Text) }, mark)
		return startToken.FindStringSubmatch(answer.Text)[2]
	}
	good, old := makes("start-link any"), makes("start-link any")
	d.restarts(t, func() { d.changes(t, "$.links[1].ends", time.Now().Add(-time.Hour).Format(time.RFC3339)) })
	bilal := d.telegram.MustAddPerson("Bilal", "bilal")
	for token, sentence := range map[string]string{good: say.English.Say(say.StartForStaff, "Telegram", "claire"), old: say.English.Say(say.StartExpired, "Telegram")} {
		if _, err := bilal.Start(d.bot.ID(), token); err != nil {
			t.Fatal(err)
		}
		d.claire.Waits(sentence, func(h bridgetest.Heard) bool { return h.Text == sentence })
	}
	if err := d.bridge.Stop(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(d.bridge.Config()), "data", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, d.bridge.LogPath()) {
		if content, err := os.ReadFile(path); err == nil && (strings.Contains(string(content), good) || strings.Contains(string(content), old)) {
			t.Errorf("%s holds a token", path)
		}
	}
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestALinkIsUsedOnceByAContactWhoseArrivalIsCutShort(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	mark := d.claire.Mark()
	d.claire.Says(d.desk, "start-link")
	token := startToken.FindStringSubmatch(d.claire.Waits("the link", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && startToken.MatchString(h.Text)
	}, mark).Text)[2]
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.Hold(), 0)
	bilal, chloe := d.telegram.MustAddPerson("Bilal", "bilal"), d.telegram.MustAddPerson("Chloe", "chloe")
	if _, err := bilal.Start(d.bot.ID(), token); err != nil {
		t.Fatal(err)
	}
	if err := held.WaitHits(bounded(t), 1); err != nil {
		t.Fatal(err)
	}
	d.restarts(t, held.Lift)
	d.bot.Redeliver(1)
	led := d.claire.Waits("how Bilal came", func(h bridgetest.Heard) bool {
		return h.Text == say.English.Say(say.StartForStaff, "Telegram", "claire")
	})
	if _, err := chloe.Start(d.bot.ID(), token); err != nil {
		t.Fatal(err)
	}
	d.claire.Waits("how Chloe came", func(h bridgetest.Heard) bool { return h.Text == say.English.Say(say.StartUsedUp, "Telegram") })
	send(t, bilal, d.bot.ID(), "Me voilà")
	d.claire.Hears(led.Room, "Me voilà")
	for _, h := range d.claire.Log(led.Room) {
		if h.ID != led.ID && h.Text == led.Text {
			t.Error("it is said twice that Bilal came")
		}
	}
}

func TestThoseInChargeAreInvitedThoughTheBridgeIsKilledBefore(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	karim := d.Staff(t, "karim")
	d.claire.Says(d.desk, "staff "+karim.ID().String())
	d.claire.Waits("that Karim is in charge", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && strings.Contains(h.Text, "each new chat is for")
	})
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/invite"), bridgetest.Hold(), 0)
	bilal := d.telegram.MustAddPerson("Bilal", "bilal")
	send(t, bilal, d.bot.ID(), "Bonjour à tous")
	if err := held.WaitHits(bounded(t), 1); err != nil {
		t.Fatal(err)
	}
	d.restarts(t, held.Lift)
	room := d.claire.Waits("his words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour à tous" }).Room
	karim.Joins(room)
	karim.Says(room, "Karim est là")
	reading(t, bilal, "karim: Karim est là")
}

func TestTheOwnerIsToldOfMoreThanADayAway(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	mark := d.claire.Mark()
	d.restarts(t, func() { d.changes(t, "$.seen_at", time.Now().Add(-50*time.Hour).Format(time.RFC3339)) })
	told := d.claire.Waits("that messages may be lost", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && strings.Contains(h.Text, "keeps messages for a bot for one day only")
	}, mark)
	if !told.WasEncrypted {
		t.Error("it is said in the clear")
	}
	d.settled(t, []string{"0"}, nil)
	for _, h := range d.claire.Log(d.desk) {
		if h.ID != told.ID && strings.Contains(h.Text, "one day only") {
			t.Error("it is said twice")
		}
	}
}

func TestTheOwnerIsToldThatAnotherProgramTakesTheBotsMessages(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	mark := d.claire.Mark()
	answer, err := http.Get(d.telegram.URL() + "/bot" + d.bot.Token() + "/getUpdates?timeout=0")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	d.claire.Waits("that it is used twice", func(h bridgetest.Heard) bool {
		return h.Room == d.desk && h.Text == say.English.Say(say.BotUsedTwice, "Telegram")
	}, mark)
	d.settled(t, []string{"0"}, nil) // and it goes on when that one has stopped
}

func TestTelegramPushesWhereTheConfigurationSays(t *testing.T) {
	port, err := bridgetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	hook := fmt.Sprintf("http://127.0.0.1:%d/telegram", port)
	webhook := fmt.Sprintf("webhook: {url: %q, listen: \"127.0.0.1:%d\"}", hook, port)
	d := newBotDialogue(t, telegramSetup{settings: func(*telegramtest.Server) string { return webhook }})
	lines := []string{"0"}
	says := func(count int) {
		for range count {
			lines = append(lines, fmt.Sprint(len(lines)))
			send(t, d.amina, d.bot.ID(), lines[len(lines)-1])
		}
	}
	says(10)

	// Whoever does not know the secret is not heard.
	forged := fmt.Sprintf(`{"update_id":%d,"message":{"message_id":9999,"date":1,"from":{"id":%[2]d,"first_name":"Amina"},"chat":{"id":%[2]d,"type":"private"},"text":"forged"}}`,
		d.bot.ID()+1000, d.amina.ID())
	for path, want := range map[string]int{fmt.Sprint("/", d.bot.ID()): http.StatusUnauthorized, "/1": http.StatusNotFound} {
		for _, secret := range []string{"", "guess"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hook+path, strings.NewReader(forged))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("a push with the secret %q to %s gets %s", secret, path, answer.Status)
			}
		}
	}

	// It is acknowledged once it is stored.
	store, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "passerelle.db")+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d.claire.Hears(d.room, lines[10])
	lock, err := store.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	says(2)
	time.Sleep(500 * time.Millisecond) // it has the first one, and waits for the inbox
	if d.bot.Waiting() == 0 {
		t.Error("Telegram has been told that they arrived")
	}
	d.restarts(t, func() {
		if err := lock.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
	d.claire.Hears(d.room, lines[len(lines)-1])

	// Then the bridge asks again, and then Telegram pushes again.
	config, err := os.ReadFile(d.bridge.Config())
	if err != nil {
		t.Fatal(err)
	}
	turned := func(with string) func() {
		return func() {
			if err := os.WriteFile(d.bridge.Config(), []byte(with), 0o600); err != nil {
				t.Fatal(err)
			}
			says(2) // while it is away
		}
	}
	d.restarts(t, turned(strings.Replace(string(config), webhook, "", 1)))
	says(2)
	d.claire.Hears(d.room, lines[len(lines)-1])
	d.restarts(t, turned(string(config)))
	d.settled(t, lines, nil)
}
