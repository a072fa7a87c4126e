package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// botDialogue is Amina's talk with Claire, who has a bot.
type botDialogue struct {
	*telegramStage
	claire *bridgetest.Actor
	bot    *telegramtest.Bot
	amina  *telegramtest.Person
	room   id.RoomID // Amina's
	desk   id.RoomID // the bridge's bot's
}

// newBotDialogue lets Amina say "0".
func newBotDialogue(t *testing.T, setup telegramSetup) *botDialogue {
	t.Helper()
	d := &botDialogue{telegramStage: newTelegramStage(t, setup)}
	d.claire = d.Staff(t, "claire")
	d.bot, d.amina = d.telegram.MustAddBot("Guichet", "guichet_bot"), d.telegram.MustAddPerson("Amina", "amina")
	d.desk = d.botRoom(t, d.claire)
	connects(t, d.claire, d.desk, d.bot)
	send(t, d.amina, d.bot.ID(), "0")
	d.room = d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "0" }).Room
	return d
}

// restarts kills the bridge, lifts what held it, and starts it again.
func (d *botDialogue) restarts(t *testing.T, lift func()) {
	t.Helper()
	if err := d.bridge.Kill(); err != nil {
		t.Fatal(err)
	}
	lift()
	if err := d.bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// settled waits until the last lines have arrived, and checks that each side saw every line once and in order.
func (d *botDialogue) settled(t *testing.T, fromAmina, fromClaire []string) {
	t.Helper()
	for n := 0; n < len(fromAmina); n += 20 { // lines that come within one patience
		d.claire.Hears(d.room, fromAmina[n])
	}
	for _, line := range fromClaire {
		reading(t, d.amina, line)
	}
	// A double would come after its first: one more line each way shows what came before it.
	send(t, d.amina, d.bot.ID(), "the end")
	d.claire.Hears(d.room, "the end")
	d.claire.Says(d.room, "the other end")
	reading(t, d.amina, "the other end")
	var heard, read []string
	for _, h := range d.claire.Log(d.room) {
		if h.IsMessage() && strings.HasPrefix(h.Sender.String(), "@telegram_") && h.Err == nil {
			heard = append(heard, h.Text)
		}
	}
	for _, e := range d.amina.Inbox() {
		if e.From != d.amina.ID() {
			read = append(read, e.Text)
		}
	}
	compare(t, "Claire heard", heard, append(slices.Clone(fromAmina), "the end"))
	compare(t, "Amina read", read, append(slices.Clone(fromClaire), "the other end"))
	if bad := d.claire.Undecryptable(); len(bad) > 0 {
		t.Errorf("Claire cannot read %v", bad)
	}
	if rooms := d.claire.RoomsWith(id.NewUserID(fmt.Sprintf("telegram_%d", d.amina.ID()), d.ServerName())); len(rooms) != 1 {
		t.Errorf("Amina's chat has the rooms %v", rooms)
	}
}

func TestTelegramKilledBetweenTheUpdateAndTheStore(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	store, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "passerelle.db")+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	lock, err := store.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	send(t, d.amina, d.bot.ID(), "1")
	send(t, d.amina, d.bot.ID(), "2")
	time.Sleep(500 * time.Millisecond) // it has the updates, and waits for the inbox
	if d.bot.Waiting() == 0 {
		t.Error("Telegram has been told that they arrived")
	}
	d.restarts(t, func() {
		if err := lock.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestTelegramKilledBetweenTheStoreAndTheDelivery(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.Hold(), 0)
	send(t, d.amina, d.bot.ID(), "1")
	send(t, d.amina, d.bot.ID(), "2")
	if err := held.WaitHits(bounded(t), 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Telegram to be told that they arrived", func() bool { return d.bot.Waiting() == 0 })
	d.restarts(t, held.Lift)
	d.bot.Redeliver(2) // and Telegram gives them once more
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestTelegramKilledBetweenTheHomeserversAnswerAndOurs(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.HoldAnswer(), 1)
	send(t, d.amina, d.bot.ID(), "1")
	d.claire.Hears(d.room, "1") // the homeserver has it, and the bridge does not know
	d.restarts(t, held.Lift)
	send(t, d.amina, d.bot.ID(), "2")
	d.settled(t, []string{"0", "1", "2"}, nil)
}

func TestTelegramKilledInAFlood(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	lines := []string{"0"}
	for n := 1; n <= 100; n++ {
		lines = append(lines, fmt.Sprintf("line %d", n))
		send(t, d.amina, d.bot.ID(), lines[n])
	}
	d.claire.Hears(d.room, lines[25])
	d.restarts(t, func() {})
	d.claire.Hears(d.room, lines[60])
	d.restarts(t, func() {})
	d.settled(t, lines, nil)
}

func TestTelegramKilledBetweenTheSendAndItsRecord(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{through: func(url string) string {
		proxy = bridgetest.NewProxy(t, url)
		return proxy.URL()
	}})
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/sendMessage"), bridgetest.HoldAnswer(), 1)
	d.claire.Says(d.room, "once")
	reading(t, d.amina, "once") // Telegram has it, and the bridge waits for the answer
	d.restarts(t, held.Lift)
	d.claire.Hears(d.room, say.English.Say(say.BotPerhaps, "Telegram"))
	d.claire.Says(d.room, "twice")
	d.settled(t, []string{"0"}, []string{"once", "twice"})
}

func TestTelegramIsAwayAndTooBusy(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	d.telegram.Inject(telegramtest.Fault{Method: "sendMessage", RetryAfter: 1, Times: 2})
	d.claire.Says(d.room, "patience")
	reading(t, d.amina, "patience")
	d.telegram.Inject(telegramtest.Fault{Method: "getUpdates", Status: http.StatusBadGateway, Times: 2})
	d.telegram.Inject(telegramtest.Fault{Method: "getUpdates", Cut: true, Times: 2})
	d.telegram.Inject(telegramtest.Fault{Method: "getUpdates", RetryAfter: 1})
	send(t, d.amina, d.bot.ID(), "1")
	d.telegram.Inject(telegramtest.Fault{Method: "sendMessage", Cut: true, Done: true})
	d.claire.Says(d.room, "perhaps")
	d.claire.Hears(d.room, say.English.Say(say.BotPerhaps, "Telegram"))
	d.settled(t, []string{"0", "1"}, []string{"patience", "perhaps"})
}

// TestTheTokenIsNowhere looks for the token in all that the bridge writes and tells.
func TestTheTokenIsNowhere(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"level: info": "level: debug"}
	}}})
	secret := strings.Split(d.bot.Token(), ":")[1]
	for _, fault := range []telegramtest.Fault{{Status: http.StatusBadGateway}, {Cut: true}, {Cut: true, Done: true}, {RetryAfter: 1}} {
		fault.Method = "sendMessage"
		d.telegram.Inject(fault)
		d.claire.Says(d.room, "encore")
		fault.Method = "getUpdates"
		d.telegram.Inject(fault)
		send(t, d.amina, d.bot.ID(), "encore")
		for _, method := range []string{"getFile", "file", "sendDocument"} {
			fault.Method = method
			d.telegram.Inject(fault)
		}
		if _, err := d.amina.SendFile(d.bot.ID(), telegramtest.File{Kind: "document", Name: "encore.txt", Data: []byte("encore")}); err != nil {
			t.Fatal(err)
		}
		d.claire.Attaches(d.room, bridgetest.Attachment{Name: "encore.txt", Data: []byte("encore")})
	}
	d.claire.Says(d.room, "fin")
	reading(t, d.amina, "fin")
	var told bytes.Buffer
	for _, path := range []string{"/metrics", "/readyz"} {
		response, err := http.Get(d.bridge.Monitor() + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&told, response.Body); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	d.bot.Revoke()
	send(t, d.amina, d.bot.ID(), "à vous")
	d.claire.Waits("that the code is gone", func(h bridgetest.Heard) bool { return h.Room == d.desk && strings.Contains(h.Text, "no longer takes") })
	if err := d.bridge.Stop(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(told.Bytes(), []byte(secret)) {
		t.Error("the monitor tells the token")
	}
	for _, h := range append(d.claire.Log(d.room), d.claire.Log(d.desk)...) {
		if h.Sender != d.claire.ID() && strings.Contains(h.Text, secret) {
			t.Errorf("somebody reads the token: %v", h)
		}
	}
	for _, folder := range []string{filepath.Join(filepath.Dir(d.bridge.Config()), "data"), d.bridge.LogPath()} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds the token", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTelegramKilledWhileAGroupGrows(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	d.bot.SetPrivacy(false)
	group, err := d.amina.CreateGroup("Chorale", telegramtest.GroupOptions{}, d.bot.ID())
	if err != nil {
		t.Fatal(err)
	}
	send(t, d.amina, group, "do")
	room := d.claire.Waits("the first words", func(h bridgetest.Heard) bool { return h.Text == "do" }).Room
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/send/m.room.encrypted"), bridgetest.HoldAnswer(), 0)
	send(t, d.amina, group, "ré")
	d.claire.Hears(room, "ré") // the homeserver has it, and the bridge does not know
	grown, err := d.amina.Migrate(group)
	if err != nil {
		t.Fatal(err)
	}
	send(t, d.amina, grown, "mi")
	must(t, d.bot.WaitForConfirmed(bounded(t))) // all of it waits in the inbox, behind what was said before
	d.restarts(t, held.Lift)
	d.bot.Redeliver(10)
	send(t, d.amina, grown, "fa")
	d.claire.Hears(room, "fa")
	var heard []string
	for _, h := range d.claire.Log(room) {
		if h.IsMessage() && strings.HasPrefix(h.Sender.String(), "@telegram_") {
			heard = append(heard, h.Text)
		}
	}
	compare(t, "Claire heard", heard, []string{"do", "ré", say.English.Say(say.GroupGrew, "Telegram"), "mi", "fa"})
	if rooms := d.claire.RoomsWith(id.NewUserID(fmt.Sprintf("telegram_%d", d.amina.ID()), d.ServerName())); len(rooms) != 2 {
		t.Errorf("Amina is in the rooms %v, want her chat and the group", rooms)
	}
}

// TestTelegramKilledBetweenAPollAndItsRecord: votes come in a poll of which nobody told the bridge that it arrived.
func TestTelegramKilledBetweenAPollAndItsRecord(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{through: func(url string) string {
		proxy = bridgetest.NewProxy(t, url)
		return proxy.URL()
	}})
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/sendPoll"), bridgetest.HoldAnswer(), 1)
	start := &event.PollStartEventContent{PollStart: event.PollStart{Kind: "org.matrix.msc3381.poll.disclosed", MaxSelections: 1,
		Question: event.MSC1767Message{Text: "Quel jour ?"}, Answers: []event.PollOption{
			{ID: "a", MSC1767Message: event.MSC1767Message{Text: "lundi"}}, {ID: "b", MSC1767Message: event.MSC1767Message{Text: "mardi"}}}}}
	asked := d.claire.Sends(d.room, event.EventUnstablePollStart, start)
	shown, err := d.amina.WaitFor(bounded(t), func(e telegramtest.Entry) bool { return e.Kind == "poll" }) // and the bridge waits for the answer
	must(t, err)
	d.restarts(t, held.Lift)
	d.claire.Hears(d.room, say.English.Say(say.BotPerhaps, "Telegram"))
	for _, option := range []int{1, 0} {
		must(t, d.amina.Vote(d.bot.ID(), shown.ID, option))
		d.claire.Waits("the vote", func(h bridgetest.Heard) bool {
			vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
			return ok && vote.RelatesTo.EventID == asked && slices.Equal(vote.Response.Answers, []string{start.PollStart.Answers[option].ID})
		})
		must(t, d.amina.Vote(d.bot.ID(), shown.ID)) // takes it back
	}
	// The same words again are another poll, whose votes are its own.
	second := d.claire.Sends(d.room, event.EventUnstablePollStart, start)
	other, err := d.amina.WaitFor(bounded(t), func(e telegramtest.Entry) bool { return e.Kind == "poll" && e.ID != shown.ID })
	must(t, err)
	must(t, d.amina.Vote(d.bot.ID(), other.ID, 1))
	d.claire.Waits("the vote in the second one", func(h bridgetest.Heard) bool {
		vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
		return ok && vote.RelatesTo.EventID == second
	})
}

// TestABotOutlivesTheKeyThatItsTokenWasSealedWith: an older key can go once the bridge has run with a newer one before it.
func TestABotOutlivesTheKeyThatItsTokenWasSealedWith(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{})
	config, err := os.ReadFile(d.bridge.Config())
	must(t, err)
	found := regexp.MustCompile(`(?m)^( *)- "?([a-z0-9-]+):([A-Za-z0-9+/]{43}=)"?$`).FindSubmatch(config)
	if found == nil {
		t.Fatal("the configuration has no storage key")
	}
	older := string(found[0])
	newer := fmt.Sprintf("%s- \"newer:%s\"", found[1], base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	for n, keys := range []string{newer + "\n" + older, newer} {
		must(t, d.bridge.Stop())
		must(t, os.WriteFile(d.bridge.Config(), bytes.Replace(config, []byte(older), []byte(keys), 1), 0o600))
		must(t, d.bridge.Start(t.Context()))
		text := fmt.Sprintf("key %d", n)
		send(t, d.amina, d.bot.ID(), text)
		d.claire.Hears(d.room, text)
	}
}
