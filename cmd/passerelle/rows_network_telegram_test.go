package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
)

// telegramRows is Telegram as the conformance suite sees it. Staff have a bot each, and contacts an app.
type telegramRows struct {
	server *telegramtest.Server
	bridge *bridgetest.Installation

	mu      sync.Mutex
	numbers map[rowtest.Address]int64 // of people and bots
	joined  int
}

// rowMember is a person on Telegram, in the hands of one test; or, of a member of staff, the bot.
type rowMember struct {
	t       testing.TB
	network *telegramRows
	*telegramtest.Person
	bot **telegramtest.Bot // of a member of staff, once it is connected
}

// What a bot's contacts can do. There is no Elector (a bot has no vote), Linker (a preview is the app's own), Deleter, Typist and Reader
// (bots are not told, and tell nobody what they have read), Timekeeper, Shaper (bots are not told of a voice note's shape), Animator
// (stickers that move are no pictures), Rememberer (bots have no history), Owner, Host, Neighbour and Reachable (bots have no device,
// add nobody to groups, have a room each with a group, and cannot write first).
var _ interface {
	rowtest.Person
	rowtest.Editor
	rowtest.Reactor
	rowtest.Forwarder
	rowtest.Stylist
	rowtest.Namer
	rowtest.Sender
	rowtest.Guide
	rowtest.Introducer
	rowtest.Asker
	rowtest.Voter
	rowtest.Watcher
	rowtest.Founder
} = rowMember{}

func newTelegramRows(s *telegramStage) *telegramRows {
	return &telegramRows{server: s.telegram, bridge: s.bridge, numbers: map[rowtest.Address]int64{}}
}

func (n *telegramRows) Name() string  { return "telegram" }
func (n *telegramRows) Title() string { return "Telegram" }

func (n *telegramRows) Join(t testing.TB, name string) rowtest.Person {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.joined++
	username := fmt.Sprintf("%s_%d", strings.ToLower(name), n.joined)
	person, err := n.server.AddPerson(name, username)
	if err != nil {
		t.Fatal(err)
	}
	n.numbers[rowtest.Address("@"+username)] = person.ID()
	return rowMember{t, n, person, new(*telegramtest.Bot)}
}

func (n *telegramRows) In(t testing.TB, who rowtest.Person) rowtest.Person {
	m := who.(rowMember)
	m.t = t
	return m
}

func (n *telegramRows) Link(t testing.TB, staff *bridgetest.Actor, desk id.RoomID, account rowtest.Person) {
	t.Helper()
	m := account.(rowMember)
	username := m.Username() + "_bot"
	bot, err := n.server.AddBot(m.Name()+" (guichet)", username)
	if err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	n.numbers[rowtest.Address("@"+username)] = bot.ID()
	n.mu.Unlock()
	*m.bot = bot
	connects(t, staff, desk, bot)
}

// number is the chat that an address names, and address the other way round.
func (n *telegramRows) number(of rowtest.Address) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok := n.numbers[of]; ok {
		return number
	}
	number, _ := strconv.ParseInt(string(of), 10, 64)
	return number
}

func (n *telegramRows) address(of int64) rowtest.Address {
	n.mu.Lock()
	defer n.mu.Unlock()
	for address, number := range n.numbers {
		if number == of {
			return address
		}
	}
	return rowtest.Address(strconv.FormatInt(of, 10))
}

func (m rowMember) Address() rowtest.Address {
	if *m.bot != nil {
		return rowtest.Address("@" + (*m.bot).Username())
	}
	return rowtest.Address("@" + m.Username())
}

func (m rowMember) Identity() string { return strconv.FormatInt(m.ID(), 10) }

func (m rowMember) did(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%s: %v", m.Name(), err)
	}
}

func (m rowMember) sent(message int64, err error) rowtest.Message {
	m.t.Helper()
	m.did(err)
	return rowtest.Message(strconv.FormatInt(message, 10))
}

func numbered(message rowtest.Message) int64 {
	number, _ := strconv.ParseInt(string(message), 10, 64)
	return number
}

func (m rowMember) writes(to rowtest.Address, t telegramtest.Text) rowtest.Message {
	m.t.Helper()
	return m.sent(m.SendText(m.network.number(to), t))
}

func (m rowMember) Writes(to rowtest.Address, text string) rowtest.Message {
	m.t.Helper()
	return m.writes(to, telegramtest.Text{Text: text})
}

func (m rowMember) Answers(to rowtest.Address, message rowtest.Message, text string) rowtest.Message {
	m.t.Helper()
	return m.writes(to, telegramtest.Text{Text: text, Answers: numbered(message)})
}

func (m rowMember) Shows(what string, match func(rowtest.Shown) bool) rowtest.Shown {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), bridgetest.Patience)
	defer cancel()
	for version := int64(-1); ; {
		all := m.Inbox()
		for _, e := range all {
			if shown := m.shown(e); match(shown) {
				return shown
			}
			version = max(version, e.Version)
		}
		if _, err := m.WaitFor(ctx, func(e telegramtest.Entry) bool { return e.Version > version }); err != nil {
			for _, e := range all[max(0, len(all)-8):] {
				m.t.Logf("%s's app shows %+v", m.Name(), e)
			}
			m.t.Fatalf("%s's app does not show %s: %v", m.Name(), what, err)
		}
	}
}

func (m rowMember) Screen() (all []rowtest.Shown) {
	for _, e := range m.Inbox() {
		all = append(all, m.shown(e))
	}
	return all
}

// telegramKinds are the kinds of entries that rows know; others are other.
var telegramKinds = map[string]rowtest.Kind{
	"text": rowtest.Text, "photo": rowtest.Picture, "video": rowtest.Video, "animation": rowtest.GIF, "audio": rowtest.Audio,
	"voice": rowtest.Voice, "document": rowtest.Document, "sticker": rowtest.Sticker, "location": rowtest.Spot, "venue": rowtest.Spot,
	"contact": rowtest.Contact, "poll": rowtest.Question,
}

// shown puts an entry into the words of rows.
func (m rowMember) shown(e telegramtest.Entry) rowtest.Shown {
	s := rowtest.Shown{
		ID: m.sent(e.ID, nil), Chat: m.network.address(e.Chat), From: m.network.address(e.From), Mine: e.From == m.ID(), Kind: telegramKinds[e.Kind],
		Text: withMarks(e.Text, e.Message.Entities), Edited: e.Edited, Deleted: e.Deleted, Seen: e.Seen, Forwarded: e.Message.ForwardOrigin != nil,
		Reactions: map[rowtest.Address]string{},
	}
	if s.Kind == "" {
		s.Kind = rowtest.Other
	}
	if answered := e.Message.ReplyTo; answered != nil {
		s.Answers = m.sent(answered.MessageID, nil)
	}
	if e.File != "" {
		s.File = m.fileShown(s.Kind, e)
	}
	showKind(&s, e.Message)
	for _, r := range e.Reactions {
		s.Reactions[m.network.address(r.By)] = r.Emoji
	}
	for _, entity := range e.Message.Entities {
		if entity.Type == "text_mention" && entity.User != nil {
			s.Mentions = append(s.Mentions, m.network.address(entity.User.ID))
		}
	}
	return s
}

// telegramMarks are the entities of rows' marks.
var telegramMarks = map[rowtest.Mark]string{rowtest.Bold: "bold", rowtest.Italic: "italic", rowtest.Strike: "strikethrough", rowtest.Code: "code"}

// withMarks writes a text with the marks that an app shows.
func withMarks(text string, entities []telegramtest.Entity) string {
	units := utf16.Encode([]rune(text))
	var out strings.Builder
	at := 0
	for _, e := range entities {
		if !slices.Contains([]string{"bold", "italic", "strikethrough", "code"}, e.Type) || e.Offset < at {
			continue
		}
		out.WriteString(string(utf16.Decode(units[at:e.Offset])))
		at = e.Offset + e.Length
		out.WriteString("<" + e.Type + ">" + string(utf16.Decode(units[e.Offset:at])) + "</" + e.Type + ">")
	}
	return out.String() + string(utf16.Decode(units[at:]))
}

// spelled writes words as a text with entities.
func spelled(words []rowtest.Words) (t telegramtest.Text) {
	for _, w := range words {
		if w.Mark != rowtest.Plain {
			t.Entities = append(t.Entities, telegramtest.Entity{Type: telegramMarks[w.Mark], Offset: unitsIn(t.Text), Length: unitsIn(w.Text)})
		}
		t.Text += w.Text
	}
	return t
}

func unitsIn(text string) int { return len(utf16.Encode([]rune(text))) }

func (m rowMember) Styles(to rowtest.Address, words ...rowtest.Words) rowtest.Message {
	m.t.Helper()
	return m.writes(to, spelled(words))
}

func (m rowMember) Spells(words ...rowtest.Words) string {
	t := spelled(words)
	return withMarks(t.Text, t.Entities)
}

func (m rowMember) Names(to rowtest.Address, before string, who rowtest.Person, after string) rowtest.Message {
	m.t.Helper()
	name := m.Spelling(who)
	return m.writes(to, telegramtest.Text{Text: before + name + after,
		Entities: []telegramtest.Entity{{Type: "mention", Offset: unitsIn(before), Length: unitsIn(name)}}})
}

// Spelling is a bot's username, which people write; and a person's name, which a text from here links.
func (m rowMember) Spelling(who rowtest.Person) string {
	if named := who.(rowMember); *named.bot == nil {
		return named.Name()
	}
	return string(who.Address())
}

func (m rowMember) Edits(in rowtest.Address, message rowtest.Message, text string) {
	m.t.Helper()
	m.did(m.Edit(m.network.number(in), numbered(message), telegramtest.Text{Text: text}))
}

func (m rowMember) Reacts(in rowtest.Address, message rowtest.Message, emoji string) {
	m.t.Helper()
	var given []string
	if emoji != "" {
		given = []string{emoji}
	}
	m.did(m.React(m.network.number(in), numbered(message), given...))
}

func (m rowMember) Forwards(to rowtest.Address, text string) rowtest.Message {
	m.t.Helper()
	neighbour := m.network.Join(m.t, "Voisine").(rowMember)
	first := neighbour.Writes(m.Address(), text)
	return m.sent(m.Forward(neighbour.ID(), numbered(first), m.network.number(to)))
}

// fileShown puts the file of an entry into the words of rows. A picture's first size is its small one.
func (m rowMember) fileShown(kind rowtest.Kind, e telegramtest.Entry) *rowtest.File {
	f := &rowtest.File{Kind: kind}
	var found bool
	if f.Data, found = m.Fetch(e.File); !found {
		f.Problem = "it is gone"
	}
	said := e.Message
	held := &telegramtest.Media{}
	for _, one := range []*telegramtest.Media{said.Animation, said.Audio, said.Video, said.VideoNote, said.Voice, said.Sticker, said.Document} {
		if one != nil {
			held = one
			break
		}
	}
	if len(said.Photo) > 0 {
		held = &said.Photo[len(said.Photo)-1]
		held.MimeType, held.Thumbnail = "image/jpeg", &said.Photo[0]
	}
	f.Name, f.MIME, f.Width, f.Height, f.Seconds = held.FileName, held.MimeType, held.Width, held.Height, held.Duration
	if held.Thumbnail != nil {
		f.Thumbnail, _ = m.Fetch(held.Thumbnail.FileID)
	}
	return f
}

func (m rowMember) Sends(to rowtest.Address, f rowtest.File) rowtest.Message {
	m.t.Helper()
	file := telegramtest.File{Name: f.Name, MIME: f.MIME, Data: f.Data, Text: telegramtest.Text{Text: f.Caption},
		Details: telegramtest.Media{Width: f.Width, Height: f.Height, Duration: f.Seconds}}
	for kind, known := range telegramKinds {
		if known == f.Kind {
			file.Kind = kind
		}
	}
	return m.sent(m.SendFile(m.network.number(to), file))
}
