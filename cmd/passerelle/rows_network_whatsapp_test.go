package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// whatsappRows is WhatsApp as the conformance suite sees it.
type whatsappRows struct {
	server *whatsapptest.Server
	bridge *bridgetest.Installation
	joined atomic.Int32
}

// rowPhone is a person on WhatsApp, in the hands of one test.
type rowPhone struct {
	t       testing.TB
	network *whatsappRows
	*whatsapptest.Phone
}

var _ interface {
	rowtest.Person
	rowtest.Owner
	rowtest.Host
	rowtest.Neighbour
	rowtest.Reachable
	rowtest.Editor
	rowtest.Deleter
	rowtest.Reactor
	rowtest.Forwarder
	rowtest.Stylist
	rowtest.Namer
	rowtest.Linker
	rowtest.Sender
	rowtest.Guide
	rowtest.Introducer
	rowtest.Asker
	rowtest.Voter
	rowtest.Elector
	rowtest.Typist
	rowtest.Watcher
	rowtest.Reader
	rowtest.Timekeeper
	rowtest.Performer
	rowtest.Rememberer
	rowtest.Founder
} = rowPhone{}

func (n *whatsappRows) Name() string  { return "whatsapp" }
func (n *whatsappRows) Title() string { return "WhatsApp" }

func (n *whatsappRows) Join(t testing.TB, name string) rowtest.Person {
	t.Helper()
	phone, err := n.server.AddPerson(fmt.Sprintf("+336%08d", 10_000_000+n.joined.Add(1)), name)
	if err != nil {
		t.Fatal(err)
	}
	return rowPhone{t, n, phone}
}

func (n *whatsappRows) In(t testing.TB, who rowtest.Person) rowtest.Person {
	return rowPhone{t, n, who.(rowPhone).Phone}
}

func (n *whatsappRows) Link(t testing.TB, staff *bridgetest.Actor, desk id.RoomID, account rowtest.Person) {
	t.Helper()
	staff.Says(desk, "login qr")
	code := staff.Waits("the QR code", func(h bridgetest.Heard) bool { return h.Room == desk && h.MsgType == event.MsgImage })
	if _, err := account.(rowPhone).ScanQR(t.Context(), code.Text); err != nil {
		t.Fatal(err)
	}
	staff.Waits("the bot's word that the phone is linked", func(h bridgetest.Heard) bool {
		return h.Room == desk && strings.Contains(h.Text, "connected to WhatsApp")
	})
}

// soon bounds a wait.
func (p rowPhone) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.t.Context(), bridgetest.Patience)
}

// did fails the test when a person could not do something.
func (p rowPhone) did(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", p.Name(), err)
	}
}

// sent is did for messages.
func (p rowPhone) sent(message string, err error) rowtest.Message {
	p.t.Helper()
	p.did(err)
	return rowtest.Message(message)
}

func (p rowPhone) OwnsDevice()          {}
func (p rowPhone) AddsOthers()          {}
func (p rowPhone) SharesRooms()         {}
func (p rowPhone) HasAVote()            {}
func (p rowPhone) CanBeWrittenToFirst() {}
func (p rowPhone) ShowsShapes()         {}
func (p rowPhone) AnimatesStickers()    {}

func (p rowPhone) Address() rowtest.Address { return rowtest.Address(p.Number()) }
func (p rowPhone) Identity() string         { return p.LID().User }

func (p rowPhone) Writes(to rowtest.Address, text string) rowtest.Message {
	p.t.Helper()
	return p.sent(p.Send(p.t.Context(), string(to), text))
}

func (p rowPhone) Answers(to rowtest.Address, message rowtest.Message, text string) rowtest.Message {
	p.t.Helper()
	return p.sent(p.Reply(p.t.Context(), string(to), string(message), text))
}

func (p rowPhone) Shows(what string, match func(rowtest.Shown) bool) rowtest.Shown {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	entry, err := p.WaitFor(ctx, func(e whatsapptest.Entry) bool { return match(shown(e)) })
	if err != nil {
		entries := p.Inbox()
		for _, e := range entries[max(0, len(entries)-8):] {
			p.t.Logf("%s's phone shows %+v", p.Name(), e)
		}
		p.t.Fatalf("%s's phone does not show %s: %v", p.Name(), what, err)
	}
	return shown(entry)
}

func (p rowPhone) Screen() (all []rowtest.Shown) {
	for _, entry := range p.Inbox() {
		all = append(all, shown(entry))
	}
	return all
}

// rowKinds are the kinds of entries that rows know; others are other.
var rowKinds = map[string]rowtest.Kind{
	whatsapptest.KindText: rowtest.Text, whatsapptest.KindImage: rowtest.Picture, whatsapptest.KindVideo: rowtest.Video,
	whatsapptest.KindGIF: rowtest.GIF, whatsapptest.KindAudio: rowtest.Audio, whatsapptest.KindVoice: rowtest.Voice,
	whatsapptest.KindDocument: rowtest.Document, whatsapptest.KindSticker: rowtest.Sticker, whatsapptest.KindLocation: rowtest.Spot,
	whatsapptest.KindContact: rowtest.Contact, whatsapptest.KindPoll: rowtest.Question,
}

// shown puts an entry into the words of rows.
func shown(e whatsapptest.Entry) rowtest.Shown {
	s := rowtest.Shown{
		ID: rowtest.Message(e.ID), Chat: rowtest.Address(e.Chat), From: rowtest.Address(e.From), Mine: e.FromMe, Kind: rowKinds[e.Kind],
		Text: e.Text, Answers: rowtest.Message(e.Quoted), Forwarded: e.Forwarded, Edited: e.Edited, Deleted: e.Deleted,
		Expires: time.Duration(e.Timer) * time.Second, Gone: e.Expired, Seen: e.Seen,
		Reactions: map[rowtest.Address]string{}, Votes: map[rowtest.Address][]string{}, Read: map[rowtest.Address]bool{},
	}
	if s.Kind == "" {
		s.Kind = rowtest.Other
	}
	for _, who := range e.Mentions {
		s.Mentions = append(s.Mentions, rowtest.Address(who))
	}
	for who, emoji := range e.Reactions {
		s.Reactions[rowtest.Address(who)] = emoji
	}
	for who, options := range e.Votes {
		s.Votes[rowtest.Address(who)] = options
	}
	for who, receipt := range e.Receipts {
		s.Read[rowtest.Address(who)] = receipt == "read" || receipt == "played"
	}
	if m := e.Media; m != nil {
		s.File = &rowtest.File{Kind: s.Kind, Name: m.Name, MIME: m.MIME, Data: m.Data(), Width: int(m.Width), Height: int(m.Height),
			Seconds: int(m.Seconds), Waveform: m.Waveform, Thumbnail: m.Thumbnail, Animated: m.Animated, Problem: m.Problem}
	}
	if l := e.Location; l != nil {
		s.Place = &rowtest.Place{Latitude: l.Latitude, Longitude: l.Longitude, Name: l.Name}
	}
	if len(e.Contacts) > 0 {
		s.Card = &rowtest.Card{Name: e.Contacts[0].Name, VCard: e.Contacts[0].VCard}
	}
	if q := e.Poll; q != nil {
		s.Poll = &rowtest.Poll{Question: q.Question, Options: q.Options, Any: q.Max == 0}
	}
	if v := e.Preview; v != nil {
		s.Preview = &rowtest.Preview{URL: v.URL, Title: v.Title, Description: v.Description, Thumbnail: v.Thumbnail}
	}
	return s
}

func (p rowPhone) Edits(in rowtest.Address, message rowtest.Message, text string) {
	p.t.Helper()
	p.sent(p.Edit(p.t.Context(), string(in), string(message), text))
}

func (p rowPhone) Deletes(in rowtest.Address, message rowtest.Message) {
	p.t.Helper()
	p.sent(p.Delete(p.t.Context(), string(in), string(message)))
}

func (p rowPhone) Reacts(in rowtest.Address, message rowtest.Message, emoji string) {
	p.t.Helper()
	p.sent(p.React(p.t.Context(), string(in), string(message), emoji))
}

func (p rowPhone) Forwards(to rowtest.Address, text string) rowtest.Message {
	p.t.Helper()
	return p.sent(p.SendText(p.t.Context(), string(to), whatsapptest.Text{Body: text, Forwarded: true}))
}

func (p rowPhone) Styles(to rowtest.Address, words ...rowtest.Words) rowtest.Message {
	p.t.Helper()
	return p.Writes(to, p.Spells(words...))
}

func (p rowPhone) Spells(words ...rowtest.Words) string {
	marks := map[rowtest.Mark]string{rowtest.Bold: "*", rowtest.Italic: "_", rowtest.Strike: "~", rowtest.Code: "`"}
	var text strings.Builder
	for _, w := range words {
		text.WriteString(marks[w.Mark] + w.Text + marks[w.Mark])
	}
	return text.String()
}

func (p rowPhone) Names(to rowtest.Address, before string, who rowtest.Person, after string) rowtest.Message {
	p.t.Helper()
	return p.sent(p.SendText(p.t.Context(), string(to), whatsapptest.Text{Body: before + p.Spelling(who) + after, Mentions: []string{string(who.Address())}}))
}

func (p rowPhone) Spelling(who rowtest.Person) string { return "@" + who.Identity() }

func (p rowPhone) Links(to rowtest.Address, text string, preview rowtest.Preview) rowtest.Message {
	p.t.Helper()
	return p.sent(p.SendText(p.t.Context(), string(to), whatsapptest.Text{Body: text, Preview: &whatsapptest.Preview{
		URL: preview.URL, Title: preview.Title, Description: preview.Description, Thumbnail: preview.Thumbnail}}))
}

func (p rowPhone) Sends(to rowtest.Address, f rowtest.File) rowtest.Message {
	p.t.Helper()
	file := whatsapptest.File{Data: f.Data, MIME: f.MIME, Name: f.Name, Caption: f.Caption, Width: uint32(f.Width), Height: uint32(f.Height),
		Seconds: uint32(f.Seconds), Waveform: f.Waveform, Thumbnail: f.Thumbnail, Animated: f.Animated}
	for kind, known := range rowKinds {
		if known == f.Kind {
			file.Kind = kind
		}
	}
	return p.sent(p.SendFile(p.t.Context(), string(to), file))
}

func (p rowPhone) SendsPlace(to rowtest.Address, place rowtest.Place) rowtest.Message {
	p.t.Helper()
	return p.sent(p.SendLocation(p.t.Context(), string(to), whatsapptest.Location{Latitude: place.Latitude, Longitude: place.Longitude, Name: place.Name}))
}

func (p rowPhone) SendsCard(to rowtest.Address, card rowtest.Card) rowtest.Message {
	p.t.Helper()
	return p.sent(p.SendContacts(p.t.Context(), string(to), whatsapptest.ContactCard{Name: card.Name, VCard: card.VCard}))
}

func (p rowPhone) Asks(to rowtest.Address, poll rowtest.Poll) rowtest.Message {
	p.t.Helper()
	asked := whatsapptest.Poll{Question: poll.Question, Options: poll.Options, Max: 1}
	if poll.Any {
		asked.Max = 0
	}
	return p.sent(p.SendPoll(p.t.Context(), string(to), asked))
}

func (p rowPhone) Votes(in rowtest.Address, poll rowtest.Message, options ...string) {
	p.t.Helper()
	p.sent(p.Vote(p.t.Context(), string(in), string(poll), options...))
}

func (p rowPhone) Types(in rowtest.Address, typing bool) {
	p.t.Helper()
	p.did(p.Typing(string(in), typing))
}

func (p rowPhone) Records(in rowtest.Address) {
	p.t.Helper()
	p.did(p.Recording(string(in)))
}

func (p rowPhone) Opens(chat rowtest.Address) {
	p.t.Helper()
	p.did(p.Watch(string(chat)))
}

func (p rowPhone) SeesTyping(chat rowtest.Address, typing bool) {
	p.t.Helper()
	kind := whatsapptest.NoticeTyping
	if !typing {
		kind = whatsapptest.NoticePaused
	}
	p.notices(kind, func(n whatsapptest.Notice) bool { return n.Chat == string(chat) })
}

// notices waits until the owner notices something.
func (p rowPhone) notices(kind string, match func(whatsapptest.Notice) bool) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	_, err := p.WaitForNotice(ctx, func(n whatsapptest.Notice) bool { return n.Kind == kind && match(n) })
	p.did(err)
}

func (p rowPhone) Reads(in rowtest.Address, message rowtest.Message) {
	p.t.Helper()
	p.did(p.MarkRead(string(in), string(message)))
}

func (p rowPhone) Listens(in rowtest.Address, message rowtest.Message) {
	p.t.Helper()
	p.did(p.MarkPlayed(string(in), string(message)))
}

func (p rowPhone) SetsTimer(in rowtest.Address, after time.Duration) {
	p.t.Helper()
	p.did(p.SetTimer(p.t.Context(), string(in), after))
}

func (p rowPhone) LearnsTimer(_ rowtest.Address, after time.Duration) {
	p.t.Helper()
	p.notices(whatsapptest.NoticeTimer, func(n whatsapptest.Notice) bool { return n.Detail == strconv.Itoa(int(after.Seconds())) })
}

func (p rowPhone) ChangesName(name string) {
	p.t.Helper()
	p.did(p.SetName(name))
}

func (p rowPhone) ChangesPicture(picture []byte) {
	p.t.Helper()
	p.did(p.SetPicture(picture))
}

func (p rowPhone) Remembers(with, by rowtest.Person, at time.Time, text string) {
	p.t.Helper()
	p.sent(p.Remember(string(with.Address()), string(by.Address()), at, &waE2E.Message{Conversation: proto.String(text)}))
}

func (p rowPhone) Founds(name string, members ...rowtest.Person) rowtest.Address {
	p.t.Helper()
	var numbers []string
	for _, member := range members {
		numbers = append(numbers, string(member.Address()))
	}
	group, err := p.CreateGroup(name, numbers...)
	p.did(err)
	return rowtest.Address(group)
}

func (p rowPhone) Renames(group rowtest.Address, name string) {
	p.t.Helper()
	p.did(p.SetSubject(string(group), name))
}

func (p rowPhone) Describes(group rowtest.Address, description string) {
	p.t.Helper()
	p.did(p.SetDescription(string(group), description))
}

func (p rowPhone) Pictures(group rowtest.Address, picture []byte) {
	p.t.Helper()
	p.did(p.SetGroupPicture(string(group), picture))
}

func (p rowPhone) Announces(group rowtest.Address, adminsOnly bool) {
	p.t.Helper()
	p.did(p.SetAnnounce(string(group), adminsOnly))
}

func (p rowPhone) Locks(group rowtest.Address, locked bool) {
	p.t.Helper()
	p.did(p.SetLocked(string(group), locked))
}

func (p rowPhone) Adds(group rowtest.Address, who rowtest.Person) {
	p.t.Helper()
	p.did(p.ChangeMembers(string(group), whatsapptest.GroupAdd, string(who.Address())))
}

func (p rowPhone) Removes(group rowtest.Address, who rowtest.Person) {
	p.t.Helper()
	p.did(p.ChangeMembers(string(group), whatsapptest.GroupRemove, string(who.Address())))
}

func (p rowPhone) Promotes(group rowtest.Address, who rowtest.Person) {
	p.t.Helper()
	p.did(p.ChangeMembers(string(group), whatsapptest.GroupPromote, string(who.Address())))
}

func (p rowPhone) Demotes(group rowtest.Address, who rowtest.Person) {
	p.t.Helper()
	p.did(p.ChangeMembers(string(group), whatsapptest.GroupDemote, string(who.Address())))
}

func (p rowPhone) Leaves(group rowtest.Address) {
	p.t.Helper()
	p.did(p.LeaveGroup(string(group)))
}

func (p rowPhone) SeesGroup(group rowtest.Address, what string, match func(rowtest.Group) bool) {
	p.t.Helper()
	ctx, cancel := p.soon()
	defer cancel()
	for {
		info, err := p.network.server.Group(string(group))
		p.did(err)
		if match(rowGroup(info)) {
			return
		}
		select { // the simulator tells nobody of what changes here
		case <-ctx.Done():
			p.t.Fatalf("the group is not %s, but %+v", what, info)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func rowGroup(info whatsapptest.GroupInfo) rowtest.Group {
	g := rowtest.Group{Name: info.Subject, Description: info.Description, Announce: info.Announce, Locked: info.Locked, Timer: time.Duration(info.Timer) * time.Second}
	for _, member := range info.Members {
		g.Members = append(g.Members, rowtest.Address(member))
		if slices.Contains(info.Admins, member) {
			g.Admins = append(g.Admins, rowtest.Address(member))
		}
	}
	return g
}

func (p rowPhone) Picture(group rowtest.Address) []byte {
	p.t.Helper()
	picture, err := p.network.server.GroupPicture(string(group))
	p.did(err)
	return picture
}
