package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// album is a phone that remembers chats.
type album struct {
	*stage
	proxy  *bridgetest.Proxy // between the bridge and the homeserver
	claire *bridgetest.Actor
	phone  *whatsapptest.Phone
	chats  []*whatsapptest.Phone // whose chat was used last is first
	lines  map[string]bool       // what was said in them
}

// newAlbum gives Claire's phone some chats with as many lines each. Claire has not linked it yet.
func newAlbum(t *testing.T, chats, lines int) *album {
	t.Helper()
	a := &album{lines: map[string]bool{}}
	a.stage = newStage(t, proxied(t, &a.proxy))
	a.claire = a.Staff(t, "claire")
	a.phone = a.whatsapp.MustAddPerson("+33700000001", "Claire")
	for n := range chats {
		a.chats = append(a.chats, a.whatsapp.MustAddPerson(fmt.Sprintf("+336123450%02d", n), fmt.Sprintf("Contact %d", n)))
	}
	newest := time.Now().Add(-time.Hour)
	for _, n := range rand.Perm(chats) { // the phone need not know them in order
		for line := range lines {
			text, from := fmt.Sprintf("chat %d, line %d", n, line), a.chats[n]
			if line == 2 {
				from = a.phone
			}
			at := newest.Add(-time.Duration(n)*time.Hour + time.Duration(line)*time.Second)
			if _, err := a.phone.Remember(a.chats[n].Number(), from.Number(), at, &waE2E.Message{Conversation: proto.String(text)}); err != nil {
				t.Fatal(err)
			}
			a.lines[text] = true
		}
	}
	return a
}

// hearsAll waits until Claire has heard every line. Making many rooms may take a busy homeserver longer than one message.
func (a *album) hearsAll(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	heard := map[string]bool{}
	if _, err := a.claire.Staff.Waits(ctx, "all that was said", func(h bridgetest.Heard) bool {
		if a.lines[h.Text] {
			heard[h.Text] = true
		}
		return len(heard) == len(a.lines)
	}); err != nil {
		t.Fatalf("%d of %d lines have come: %v", len(heard), len(a.lines), err)
	}
	a.claire.UnderstandsAll()
}

// made returns the chats whose rooms were asked for, in order; -1 stands for one that is not in the album. The account's space
// is left out.
func (a *album) made(recording *bridgetest.Recording) (chats []int) {
	for _, request := range recording.Matching(bridgetest.On(http.MethodPost, "/createRoom")) {
		if bytes.Contains(request.Body, []byte(`"m.space"`)) {
			continue
		}
		chats = append(chats, slices.IndexFunc(a.chats, func(contact *whatsapptest.Phone) bool {
			return bytes.Contains(request.Body, []byte(contact.LID().User))
		}))
	}
	return chats
}

// atOnce is how many chats of the past are worked at a time (bridge/inbox.go, pastAtOnce).
const atOnce = 3

func TestAFirstSyncBringsTheNewestChatsFirstAndLiveMessagesMeanwhile(t *testing.T) {
	a := newAlbum(t, 9, 2)
	stranger := a.whatsapp.MustAddPerson("+33698765432", "Somebody else")
	recording := a.proxy.Record()
	held := a.proxy.Inject(bridgetest.On(http.MethodPost, "/createRoom"), bridgetest.Hold(), atOnce)
	a.links(t, a.claire, a.phone)
	if err := held.WaitHits(bounded(t), atOnce); err != nil {
		t.Fatal(err)
	}
	// The past stands still now. Who writes gets a room all the same.
	says(t, stranger, a.phone.Number(), "It is urgent")
	a.claire.Waits("the live message", func(h bridgetest.Heard) bool { return h.Text == "It is urgent" })
	first := a.made(recording)
	if len(first) != atOnce+1 || first[atOnce] != -1 {
		t.Fatalf("rooms were made for the chats %v", first)
	}
	if newest := slices.Sorted(slices.Values(first[:atOnce])); !slices.Equal(newest, []int{0, 1, 2}) {
		t.Errorf("the first rooms are those of the chats %v", newest)
	}
	held.Lift()
	a.hearsAll(t)
	rooms := slices.DeleteFunc(a.made(recording), func(chat int) bool { return chat == -1 })
	if len(rooms) != len(a.chats) {
		t.Errorf("%d rooms were made for %d chats", len(rooms), len(a.chats))
	}
	for place, chat := range rooms {
		if place <= chat-atOnce { // chats are begun in order, each when another one has ended
			t.Errorf("the rooms came as %v, chat %d too soon", rooms, chat)
		}
	}
}

func TestTheRequestsOfAFirstSync(t *testing.T) {
	const chats, lines = 8, 5
	a := newAlbum(t, chats, lines)
	recording, start := a.proxy.Record(), time.Now()
	a.links(t, a.claire, a.phone)
	a.hearsAll(t)
	took := time.Since(start)
	requests := map[string]int{}
	for _, request := range recording.Stop() {
		requests[request.Kind()]++
	}
	// What is gathered for a while is asked for once in that time, however many rooms are made meanwhile.
	within := func(every time.Duration) int { return 2 + int(took/every) }
	most := map[string]int{
		"POST createRoom":                   chats + 1, // the account's space
		"PUT rooms/*/state/m.space.child/*": chats,
		"POST rooms/*/join":                 chats + 1, // the bot's into the room in which she asks for the code
		"PUT rooms/*/state/m.room.member/*": chats + 1, // her double puppet's joins
		// Her own ghost is made too; the chats that begin at once may name it at once.
		"POST register": chats + 1, "PUT profile/*/displayname": chats + atOnce,
		// The bot has a room with her, too.
		"PUT rooms/*/send/m.room.encrypted/*": chats*lines + 5, "PUT sendToDevice/m.room.encrypted/*": chats + 4,
		"PUT user/*/account_data/m.direct": within(5 * time.Second), "GET user/*/account_data/m.direct": within(5 * time.Second),
		"POST keys/query": within(2*time.Second) + 2,
	}
	others := 0
	for kind, count := range requests {
		limit, listed := most[kind]
		switch {
		case kind == "GET sync":
		case !listed:
			others += count
		case count > limit:
			t.Errorf("%d times %s in %s, want %d at most", count, kind, took, limit)
		}
	}
	if others > chats { // of the linking
		t.Errorf("%d other requests: %v", others, requests)
	}
	t.Logf("%d chats of %d lines took %s: %v", chats, lines, took, requests)
}

// TestKilledBeforeADirectChatIsListed kills the bridge while its list of direct chats waits for the homeserver.
func TestKilledBeforeADirectChatIsListed(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := meet(t, proxied(t, &proxy))
	held := proxy.Inject(bridgetest.On(http.MethodPut, "/account_data/m.direct"), bridgetest.Hold(), 0)
	rooms := map[id.RoomID]string{}
	for n, contact := range []*whatsapptest.Phone{d.amina, d.whatsapp.MustAddPerson("+33611111111", "Badou")} {
		text := fmt.Sprintf("hello %d", n)
		says(t, contact, d.phone.Number(), text)
		rooms[d.claire.Waits(text, func(h bridgetest.Heard) bool { return h.Text == text }).Room] = contact.LID().User
	}
	if err := held.WaitHits(bounded(t), 1); err != nil {
		t.Fatal(err)
	}
	d.restarts(t, held.Lift)
	eventually(t, "both chats to be listed", func() bool {
		var listed event.DirectChatsEventContent
		if err := d.claire.Client().GetAccountData(t.Context(), event.AccountDataDirectChats.Type, &listed); err != nil {
			return false
		}
		found := 0
		for contact, in := range listed {
			for _, room := range in {
				if lid, ok := rooms[room]; ok && strings.Contains(contact.String(), lid) {
					found++
				}
			}
		}
		return found == len(rooms)
	})
}
