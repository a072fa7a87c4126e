package main

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// A watched conversation is one in which each line holds a word that is nowhere else.
type watched struct {
	*stage
	*watch
	proxy *bridgetest.Proxy
	asked *bridgetest.Recording
	data  string // the folder of the databases
	spool string // the folder for temporary files
	pid   atomic.Int64
}

// newWatched installs everything, with the bridge's log as loud as it can be, and looks from now on.
func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{watch: newWatch(), spool: t.TempDir()}
	w.stage = newStage(t, proxied(t, &w.proxy), func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"level: info ": "level: debug "}
	})
	must(t, w.bridge.Stop())
	t.Setenv("TMPDIR", w.spool) // for the bridge alone: all else runs already
	t.Setenv("SQLITE_TMPDIR", w.spool)
	w.asked = w.proxy.Record()
	w.starts(t)
	w.data = filepath.Join(filepath.Dir(w.bridge.Config()), "data")
	config, err := os.ReadFile(w.bridge.Config())
	must(t, err)
	for _, name := range []string{signingKeyFile, pseudonymKeyFile} {
		key, err := os.ReadFile(filepath.Join(filepath.Dir(w.bridge.Config()), name))
		must(t, err)
		w.adds(aSecret, strings.TrimSpace(string(key)))
	}
	secrets := 0
	for _, found := range configuredSecret.FindAllStringSubmatch(string(config), -1) {
		secret := found[1] + found[2]
		secrets++
		w.adds(aSecret, secret)
		if raw, err := base64.StdEncoding.DecodeString(secret); err == nil {
			w.addBytes(aSecret, secret+" (as bytes)", raw)
		}
	}
	if secrets != 5 {
		t.Fatalf("config.yaml shows %d secrets, want three tokens and two keys", secrets)
	}
	return w
}

// starts starts the bridge.
func (w *watched) starts(t *testing.T) {
	t.Helper()
	must(t, w.bridge.Start(t.Context()))
	w.pid.Store(int64(w.bridge.PID()))
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", w.bridge.PID())) // on Linux
	if err == nil && !bytes.Contains(environment, []byte("TMPDIR="+w.spool+"\x00")) {
		t.Error("the bridge puts its temporary files elsewhere")
	}
}

// keepsLooking looks at what comes and goes, until the returned function is called.
func (w *watched) keepsLooking(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looking.Go(func() {
		for round := 0; ctx.Err() == nil; round++ {
			w.inFolder(w.spool, nil)
			w.inOpenFiles(int(w.pid.Load()))
			if round%20 == 0 {
				w.inPages(ctx, w.bridge.Monitor())
			}
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	return func() { cancel(); looking.Wait() }
}

// looksAround looks at what lies there now.
func (w *watched) looksAround(t *testing.T) {
	t.Helper()
	if files := w.inFolder(w.data, inNetworkDatabase); files < 2 {
		t.Errorf("below %s are %d files", w.data, files)
	}
	log, err := os.ReadFile(w.bridge.LogPath())
	must(t, err)
	w.in("the log", log, aWord, aNumber, aSecret)
	w.inRequests(w.asked.Requests())
	w.inPages(t.Context(), w.bridge.Monitor())
}

// word returns a line of the conversation that is nowhere else, and makes the watch look for it.
func (w *watched) word(about string) string {
	line := "Crème " + about + " " + strings.ToLower(crand.Text()[:12])
	w.adds(aWord, line, line[strings.LastIndexByte(line, ' ')+1:])
	return line
}

// person makes somebody with a phone, whose number is not to be seen.
func (w *watched) person(number, name string) *whatsapptest.Phone {
	w.adds(aNumber, strings.TrimPrefix(number, "+"))
	return w.whatsapp.MustAddPerson(number, name)
}

// scans links a phone by QR code, which is not to be seen, neither as text nor as a picture.
func (w *watched) scans(t *testing.T, staff *bridgetest.Actor, phone *whatsapptest.Phone, room id.RoomID) {
	t.Helper()
	mark := staff.Mark()
	staff.Says(room, "login qr")
	code := staff.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == room && h.MsgType == event.MsgImage }, mark)
	for _, part := range append(strings.Split(code.Text, ","), code.Text) {
		if len(part) > 10 {
			w.adds(aSecret, part)
		}
	}
	w.addFile("QR code", staff.Downloads(code))
	_, err := phone.ScanQR(bounded(t), code.Text)
	must(t, err)
	staff.Waits("the bot's word", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.Contains(h.Text, "connected to WhatsApp")
	}, mark)
}

// types links a phone by a code to type.
func (w *watched) types(t *testing.T, staff *bridgetest.Actor, phone *whatsapptest.Phone, spoken string) (room id.RoomID) {
	t.Helper()
	w.adds(aNumber, spoken)
	room = w.botRoom(t, staff)
	staff.Says(room, "login code")
	staff.Waits("the question for the number", func(h bridgetest.Heard) bool { return h.Room == room && strings.Contains(h.Text, "+33 6") })
	staff.Says(room, spoken)
	code := linkingCode.FindString(staff.Waits("the code", func(h bridgetest.Heard) bool {
		return h.Room == room && linkingCode.MatchString(h.Text)
	}).Text)
	w.adds(aSecret, code, strings.ReplaceAll(code, "-", ""))
	_, err := phone.EnterCode(bounded(t), code)
	must(t, err)
	w.awaitLinked(t, staff, room)
	return room
}

// hears lets a contact say a line that a member of staff hears, in a room if one is given.
func (w *watched) hears(t *testing.T, staff *bridgetest.Actor, from *whatsapptest.Phone, to, about string) bridgetest.Heard {
	t.Helper()
	line := w.word(about)
	says(t, from, to, line)
	return staff.Waits(about, func(h bridgetest.Heard) bool { return h.Text == line && h.WasEncrypted })
}

// answers lets a member of staff say a line that a contact reads.
func (w *watched) answers(t *testing.T, staff *bridgetest.Actor, room id.RoomID, to *whatsapptest.Phone, about string) {
	t.Helper()
	line := w.word(about)
	staff.Says(room, line)
	reads(t, to, line)
}

func TestNothingOfALongConversationIsSeen(t *testing.T) {
	w := newWatched(t)
	enough := w.keepsLooking(t)
	defer enough()
	claire, karim := w.Staff(t, "claire"), w.Staff(t, "karim")
	clairesPhone, karimsPhone := w.person("+33755512341", "Claire"), w.person("+33755512342", "Karim")
	amina, rachid := w.person("+33655598763", "Amina"), w.person("+33655598764", "") // publishes no name
	clairesBot := w.botRoom(t, claire)
	claire.Says(clairesBot, w.word("to the bot"))
	w.scans(t, claire, clairesPhone, clairesBot)
	karimsBot := w.types(t, karim, karimsPhone, "+33 7 55 51 23 42")

	// Texts and an answer each way, in direct chats and in a group.
	asked := w.hears(t, claire, amina, clairesPhone.Number(), "a question")
	room := asked.Room
	answer := w.word("an answer")
	answered := claire.Replies(room, asked.ID, answer)
	quoted := w.word("an answer to the answer")
	_, err := amina.Reply(bounded(t), clairesPhone.Number(), reads(t, amina, answer).ID, quoted)
	must(t, err)
	if got := claire.Hears(room, quoted); got.RepliesTo != answered {
		t.Errorf("it answers %q, want %q", got.RepliesTo, answered)
	}
	rachids := w.hears(t, karim, rachid, karimsPhone.Number(), "from somebody without a name").Room
	w.answers(t, karim, rachids, rachid, "to somebody without a name")
	group, err := amina.CreateGroup("Voisins", clairesPhone.Number(), karimsPhone.Number(), rachid.Number())
	must(t, err)
	everybody := w.hears(t, claire, amina, group, "to the group").Room
	w.answers(t, karim, everybody, amina, "from the group's second member of staff")
	w.looksAround(t)

	w.picturesCross(t, claire, clairesPhone, amina, room)

	// What is not shown, what is refused, what is changed.
	line := w.word("a place")
	_, err = amina.SendMessage(bounded(t), clairesPhone.Number(), &waE2E.Message{LocationMessage: &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(48.85), DegreesLongitude: proto.Float64(2.35), Name: &line, Address: proto.String(w.word("an address"))}})
	must(t, err)
	said := w.word("before its change")
	changed := says(t, amina, clairesPhone.Number(), said)
	claire.Hears(room, said)
	_, err = amina.Edit(bounded(t), clairesPhone.Number(), changed, w.word("after its change"))
	must(t, err)
	clear := claire.SaysInClear(room, w.word("in the clear"))
	claire.Waits("the refusal", func(h bridgetest.Heard) bool { return h.RepliesTo == clear && h.WasEncrypted })

	w.badMoments(t, claire, clairesPhone, amina, room, everybody)

	// A link is removed by the phone and made again; another one is given back.
	must(t, clairesPhone.Unlink(clairesPhone.Devices()[0].ID))
	eventually(t, "the link to be gone", func() bool { return w.loginState(t, clairesPhone) == "bad_credentials" })
	lost := claire.Says(room, w.word("into the void"))
	claire.Waits("the word that it was not sent", func(h bridgetest.Heard) bool { return h.RepliesTo == lost && h.WasEncrypted })
	w.scans(t, claire, clairesPhone, clairesBot)
	w.hears(t, claire, amina, clairesPhone.Number(), "after the second link")
	karim.Says(karimsBot, "logout")
	eventually(t, "the link to be given back", func() bool { return len(karimsPhone.Devices()) == 0 })

	w.profilesOf(t, claire, karim)
	w.looksAround(t)
	must(t, w.bridge.Stop())
	enough()
	w.looksAround(t)
	w.inFolder(w.spool, nil)
	t.Logf("looked for %d marks in %d requests", len(w.marks), len(w.asked.Requests()))
	for _, finding := range w.findings() {
		t.Error(finding)
	}
	for _, staff := range []*bridgetest.Actor{claire, karim} {
		if bad := staff.Undecryptable(); len(bad) > 0 {
			t.Errorf("%s cannot read %v", staff.Name(), bad)
		}
	}
}

// picturesCross sends pictures with captions both ways.
func (w *watched) picturesCross(t *testing.T, claire *bridgetest.Actor, clairesPhone, amina *whatsapptest.Phone, room id.RoomID) {
	t.Helper()
	inbound, outbound := noise(t), noise(t)
	w.addFile("inbound picture", inbound)
	w.addFile("outbound picture", outbound)
	caption := w.word("a caption")
	_, err := amina.SendImage(bounded(t), clairesPhone.Number(), whatsapptest.Image{Data: inbound, Caption: caption})
	must(t, err)
	if !bytes.Equal(claire.Downloads(claire.Hears(room, caption)), inbound) {
		t.Error("the picture arrived changed")
	}
	caption = w.word("another caption")
	claire.SendsImage(room, outbound, caption)
	if got := reads(t, amina, caption); got.Media == nil || !bytes.Equal(got.Media.Data(), outbound) {
		t.Error("Amina's phone shows another picture")
	}
}

// badMoments looks while messages wait, lets the bridge be killed with them, and restarts it without the keys of a contact.
func (w *watched) badMoments(t *testing.T, claire *bridgetest.Actor, clairesPhone, amina *whatsapptest.Phone, room, everybody id.RoomID) {
	t.Helper()
	held := w.proxy.Inject(bridgetest.On(http.MethodPut, "/send/"), bridgetest.Hold(), 0)
	waiting := []string{w.word("waits in the inbox"), w.word("waits behind it")}
	for _, line := range waiting {
		says(t, amina, clairesPhone.Number(), line)
	}
	out := w.word("waits in the journal")
	must(t, clairesPhone.Tamper(clairesPhone.Devices()[0].ID, whatsapptest.Rule{Fault: whatsapptest.Drop, Tag: "ack"}))
	claire.Says(everybody, out)
	reads(t, amina, out) // and the bridge does not know it
	must(t, held.WaitHits(bounded(t), 1))
	w.looksAround(t)
	must(t, w.bridge.Kill())
	w.looksAround(t)
	held.Lift()
	w.starts(t)
	for _, line := range waiting {
		claire.Hears(room, line)
	}

	must(t, w.bridge.Stop())
	store, err := sql.Open("sqlite3", "file:"+filepath.Join(w.data, "whatsapp.db")+"?_busy_timeout=5000")
	must(t, err)
	_, err = store.ExecContext(t.Context(), "DELETE FROM whatsmeow_sessions")
	must(t, err)
	must(t, store.Close())
	w.starts(t)
	line := w.word("not to be decrypted at first")
	says(t, amina, clairesPhone.Number(), line)
	_, err = amina.WaitForNotice(bounded(t), func(n whatsapptest.Notice) bool { return n.Kind == whatsapptest.NoticeRetryAsked })
	must(t, err)
	claire.Hears(room, line)
	w.answers(t, claire, room, amina, "after all that")
}

// profilesOf looks at what the homeserver shows of the rooms of members of staff and of all who are in them.
func (w *watched) profilesOf(t *testing.T, staff ...*bridgetest.Actor) {
	t.Helper()
	for _, person := range staff {
		for _, room := range person.Rooms() {
			state, err := person.Client().State(bounded(t), room)
			must(t, err)
			shown := []any{room, state}
			for member := range person.Members(room) {
				profile, err := person.Client().GetProfile(bounded(t), member)
				must(t, err)
				shown = append(shown, member, profile, profile.Extra)
			}
			text, err := json.Marshal(shown)
			must(t, err)
			w.in("what the homeserver shows of "+room.String(), text, aWord, aNumber, aSecret)
		}
	}
}
