package main

import (
	"encoding/json"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// kindRows are those about kinds and marks that only Telegram has, or has otherwise.
func (n *telegramRows) kindRows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "kinds", Holds: "somebody on the way is followed", Play: followsContact},
		{Area: "kinds", Holds: "a contact follows staff on the way", Play: followsStaff},
		{Area: "kinds", Holds: "several cards go one by one, and a contact without a card has one", Play: severalCards},
		{Area: "kinds", Holds: "how staff vote is said", Play: staffVotesSaid},
		{Area: "kinds", Holds: "a poll that staff end is ended", Play: staffEndPoll},
		{Area: "kinds", Holds: "a poll that a contact ends tells its result", Play: contactEndsPoll},
		{Area: "kinds", Holds: "a vote that comes twice counts once, and nonsense harms nobody", Play: n.nonsenseVotes},
		{Area: "kinds", Holds: "votes find their poll after a restart", Play: n.votesAfterRestart},
		{Area: "kinds", Holds: "a poll that Telegram does not have is refused", Play: pollRefused},
		{Area: "kinds", Holds: "whether a place has arrived is told when nobody answers", Play: n.placeWithoutAnswer},
		{Area: "kinds", Holds: "a channel's poll is anonymous, and its result is told", Play: n.channelPoll},
		{Area: "kinds", Holds: "what has no kind in Matrix is told", Play: toldInWords},
		{Area: "kinds", Holds: "buttons are listed, and who presses the bot's is answered", Play: n.pressedButton},
		{Area: "messages", Holds: "where it comes from and how it was sent is said", Play: marksAreSaid},
		{Area: "messages", Holds: "whether a link is previewed goes both ways", Play: previewsChosen},
		{Area: "changes", Holds: "reactions that nobody signs are counted", Play: n.countedReactions},
		{Area: "changes", Holds: "a reaction of a picture is the emoji that it stands for", Play: n.pictureReaction},
	}
}

// comes waits for a message of a kind in a room that came encrypted.
func comes(s *rowtest.Scene, room id.RoomID, what string, match func(bridgetest.Heard) bool) bridgetest.Heard {
	s.Helper()
	return s.Encrypted(s.Claire.Waits(what, func(h bridgetest.Heard) bool { return h.Room == room && match(h) }))
}

// comesText waits for words in a room that came encrypted.
func comesText(s *rowtest.Scene, room id.RoomID, words string) bridgetest.Heard {
	s.Helper()
	return comes(s, room, words, func(h bridgetest.Heard) bool { return h.IsMessage() && strings.Contains(h.Text, words) })
}

func followsContact(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	chat := amina.network.number(c.Claire)
	share := numbered(amina.sends(c.Claire, telegramtest.Message{Location: &telegramtest.Location{Latitude: 1, Longitude: 2, LivePeriod: 900, Accuracy: 12.2}}))
	first := comesText(s, c.Room, "Live location until ")
	if got := first.Message(); got.GeoURI != "geo:1,2;u=13" || got.MsgType != event.MsgLocation {
		s.Errorf("it comes as %+v", got)
	}
	moves := func(latitude float64, over bool, want, words string) {
		s.Helper()
		amina.did(amina.Move(chat, share, latitude, 2, over))
		comes(s, c.Room, want, func(h bridgetest.Heard) bool {
			return h.Edits == first.ID && h.Message().GeoURI == want && strings.Contains(h.Text, words)
		})
	}
	moves(1.5, false, "geo:1.5,2;u=13", "Live location until ")
	moves(1.6, true, "geo:1.6,2;u=13", say.English.Say(say.LiveEnded))
}

func followsStaff(s *rowtest.Scene) {
	c := s.Meets("Amina")
	info, position := event.Type{Type: "org.matrix.msc3672.beacon_info", Class: event.StateEventType}, event.Type{Type: "org.matrix.msc3672.beacon", Class: event.MessageEventType}
	state := func(live bool) {
		s.Claire.SetsState(c.Room, info, s.Claire.ID().String(), map[string]any{"live": live, "timeout": 600000, "org.matrix.msc3488.ts": 1})
	}
	state(true)
	share := s.Claire.SeesState(c.Room, info, s.Claire.ID().String(), func(e *event.Event) bool { return e != nil }).ID
	s.Claire.Sends(c.Room, position, beaconAt(share, "geo:48.85,2.35"))
	shown := c.Contact.Shows("where Claire is", func(m rowtest.Shown) bool { return m.Place != nil && !m.Mine })
	period := func(want int) {
		s.Helper()
		if got := entryOf(c.Contact, shown.ID).Message.Location.LivePeriod; got != want {
			s.Errorf("Amina follows for %d s, want %d", got, want)
		}
	}
	period(600)
	s.Claire.Sends(c.Room, position, beaconAt(share, "geo:48.86,2.36;u=5"))
	s.Becomes(c.Contact, shown.ID, "where Claire is now", func(m rowtest.Shown) bool { return *m.Place == rowtest.Place{Latitude: 48.86, Longitude: 2.36} })
	period(600)
	state(false)
	c.Contact.Shows("the end", func(m rowtest.Shown) bool {
		return m.ID == shown.ID && entryOf(c.Contact, shown.ID).Message.Location.LivePeriod == 0
	})
	s.Claire.Sends(c.Room, position, beaconAt(share, "geo:48.87,2.36"))
	s.Told(s.Claire, c.Room, say.English.Say(say.LiveOver, "Telegram"))
}

// entryOf is a message as a person's app shows it, in full.
func entryOf(who rowtest.Person, message rowtest.Message) (found telegramtest.Entry) {
	for _, e := range who.(rowMember).Inbox() {
		if e.ID == numbered(message) {
			found = e
		}
	}
	return found
}

func severalCards(s *rowtest.Scene) {
	c := s.Meets("Amina")
	const dan = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roux;Dan;;;\r\nFN:Dan Roux\r\nTEL:+33 1 99 00 12 34\r\nEND:VCARD"
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Name: "tous.vcf", MimeType: "text/vcard",
		Data: []byte(dan + "\r\n" + strings.ReplaceAll(dan, "Dan", "Zoé"))})
	for _, name := range []string{"Dan Roux", "Zoé Roux"} {
		c.Contact.Shows(name, func(m rowtest.Shown) bool { return m.Card != nil && m.Card.Name == name })
	}
	amina := c.Contact.(rowMember) // who sends one that holds no vCard
	amina.sends(c.Claire, telegramtest.Message{Contact: &telegramtest.Contact{PhoneNumber: "+33600000000", FirstName: "Bilal"}})
	heard := comesText(s, c.Room, "Bilal\n+33600000000")
	if data := string(s.Claire.Downloads(heard)); !strings.Contains(data, "FN:Bilal") || !strings.Contains(data, "+33600000000") {
		s.Errorf("its file is %q", data)
	}
}

// votesIn has a member of staff vote in a poll.
func votesIn(who *bridgetest.Actor, room id.RoomID, poll id.EventID, answers ...string) {
	if answers == nil {
		answers = []string{}
	}
	who.Sends(room, event.EventUnstablePollResponse, &event.PollResponseEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelReference, EventID: poll}, Response: event.PollResponse{Answers: answers}})
}

// aPoll is a poll as staff start it.
func aPoll(question string, answers ...string) *event.PollStartEventContent {
	start := &event.PollStartEventContent{PollStart: event.PollStart{Kind: "org.matrix.msc3381.poll.disclosed", MaxSelections: 1,
		Question: event.MSC1767Message{Text: question}}}
	for _, answer := range answers {
		start.PollStart.Answers = append(start.PollStart.Answers, event.PollOption{ID: "id-" + answer, MSC1767Message: event.MSC1767Message{Text: answer}})
	}
	return start
}

func staffVotesSaid(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	asked := amina.Asks(c.Claire, rowtest.Poll{Question: "Quel jour ?", Options: []string{"lundi", "mardi"}, Any: true})
	poll := comes(s, c.Room, "the poll", func(h bridgetest.Heard) bool { return h.Type == event.EventUnstablePollStart })
	s.Claire.Invites(c.Room, s.Karim.ID())
	s.Karim.Joins(c.Room)
	reads := func(text string) {
		s.Helper()
		c.Contact.Shows(text, func(m rowtest.Shown) bool { return m.Text == text && m.Answers == asked })
	}
	votesIn(s.Claire, c.Room, poll.ID, "1", "0")
	reads("Vote: mardi, lundi")
	s.Told(s.Claire, c.Room, say.English.Say(say.BotCannotVote, "Telegram"))
	votesIn(s.Karim, c.Room, poll.ID, "0")
	reads("<bold>karim</bold>: Vote: lundi")
	votesIn(s.Claire, c.Room, poll.ID)
	reads(say.English.Say(say.RelayVoteTakenBack))
}

// endsPoll has a member of staff end a poll.
func endsPoll(who *bridgetest.Actor, room id.RoomID, poll id.EventID) {
	who.Sends(room, event.EventUnstablePollEnd, map[string]any{
		"m.relates_to":                (&event.RelatesTo{Type: event.RelReference, EventID: poll}),
		"org.matrix.msc3381.poll.end": map[string]any{},
		"org.matrix.msc1767.text":     "Terminé",
	})
}

func staffEndPoll(s *rowtest.Scene) {
	c := s.Meets("Amina")
	poll := s.Claire.Sends(c.Room, event.EventUnstablePollStart, aPoll("Quand ?", "9 h", "14 h"))
	shown := c.Contact.Shows("the poll", func(m rowtest.Shown) bool { return m.Poll != nil })
	s.Claire.Invites(c.Room, s.Karim.ID())
	s.Karim.Joins(c.Room)
	s.Karim.Sees(c.Room, s.Claire.Says(c.Room, "Bienvenue, Karim"))
	endsPoll(s.Karim, c.Room, poll)
	s.Told(s.Karim, c.Room, say.English.Say(say.RelayNotYours, "Telegram"))
	endsPoll(s.Claire, c.Room, poll)
	c.Contact.Shows("the end", func(m rowtest.Shown) bool { return m.ID == shown.ID && entryOf(c.Contact, m.ID).Message.Poll.IsClosed })
	endsPoll(s.Claire, c.Room, poll) // once more: it is so already
	s.Says(c, "Merci")
	for _, text := range s.Claire.Texts(c.Room) {
		if strings.Contains(text, "Poll results") || strings.Contains(text, "not") {
			s.Errorf("Claire reads %q", text)
		}
	}
}

func contactEndsPoll(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	asked := amina.Asks(c.Claire, rowtest.Poll{Question: "Quel jour ?", Options: []string{"lundi", "mardi"}})
	poll := comes(s, c.Room, "the poll", func(h bridgetest.Heard) bool { return h.Type == event.EventUnstablePollStart })
	amina.Votes(c.Claire, asked, "mardi")
	amina.did(amina.ClosePoll(amina.network.number(c.Claire), numbered(asked)))
	comes(s, c.Room, "the end", func(h bridgetest.Heard) bool {
		about, _ := h.Event.Content.Raw["m.relates_to"].(map[string]any)
		return h.Type == event.EventUnstablePollEnd && h.Sender == c.Ghost && about["event_id"] == string(poll.ID)
	})
	comesText(s, c.Room, "Poll results: Quel jour ?\n- lundi: 0\n- mardi: 1")
	endsPoll(s.Claire, c.Room, poll.ID)
	s.Told(s.Claire, c.Room, say.English.Say(say.BotEditsOwn, "Telegram"))
}

func (n *telegramRows) nonsenseVotes(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	bot := *s.Phone.(rowMember).bot
	poll := s.Claire.Sends(c.Room, event.EventUnstablePollStart, aPoll("Quand ?", "9 h", "14 h"))
	shown := c.Contact.Shows("the poll", func(m rowtest.Shown) bool { return m.Poll != nil })
	bot.Tell("poll_answer", json.RawMessage(`{"poll_id":"7","user":{"id":5,"first_name":"X"},"option_ids":[0]}`))
	bot.Tell("poll_answer", json.RawMessage(`{"poll_id":"`+entryOf(amina, shown.ID).Message.Poll.ID+`","user":{"id":`+amina.Identity()+`,"first_name":"Amina"},"option_ids":[-1,99]}`))
	bot.Tell("poll_answer", json.RawMessage(`{"option_ids":"x"}`))
	amina.Votes(c.Claire, shown.ID, "14 h")
	isVote := func(h bridgetest.Heard) bool {
		vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
		return ok && h.Room == c.Room && vote.RelatesTo.EventID == poll && len(vote.Response.Answers) == 1
	}
	s.Claire.Waits("the vote", isVote)
	bot.Redeliver(3)
	amina.Votes(c.Claire, shown.ID) // in the lane behind it
	votes := map[id.EventID]bool{}
	s.Claire.Waits("that it is taken back", func(h bridgetest.Heard) bool {
		vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
		if isVote(h) {
			votes[h.ID] = true
		}
		return ok && h.Room == c.Room && h.Sender == c.Ghost && len(votes) > 0 && len(vote.Response.Answers) == 0
	})
	if len(votes) != 1 {
		s.Errorf("Claire sees %d votes", len(votes))
	}
}

func pollRefused(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.Claire.Sends(c.Room, event.EventUnstablePollStart, aPoll("Quand ?", "9 h"))
	s.Told(s.Claire, c.Room, say.English.Say(say.PollNotPossible, "Telegram"))
	s.Claire.Sends(c.Room, event.EventUnstablePollStart, aPoll(strings.Repeat("Quand ? ", 60), "9 h", "14 h"))
	s.Told(s.Claire, c.Room, say.English.Say(say.PollTooLong, "Telegram"))
	s.Says(c, "Tant pis")
}

func (n *telegramRows) channelPoll(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	channel, room := n.founds(s, "Infos", telegramtest.GroupOptions{Channel: true}, amina)
	amina.did(amina.Promote(channel, (*s.Phone.(rowMember).bot).ID(), true))
	poll := s.Claire.Sends(room, event.EventUnstablePollStart, aPoll("Quand ?", "9 h", "14 h"))
	shown := amina.Shows("the poll", func(m rowtest.Shown) bool { return m.Poll != nil })
	amina.Votes(n.address(channel), shown.ID, "14 h")
	endsPoll(s.Claire, room, poll)
	comesText(s, room, "Poll results: Quand ?\n- 9 h: 0\n- 14 h: 1")
}

func toldInWords(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	for _, told := range []struct {
		words   string
		message telegramtest.Message
	}{
		{"Thrown: 🎲 4", telegramtest.Message{Dice: &telegramtest.Dice{Emoji: "🎲", Value: 4}}},
		{"Game: Serpent\nMangez\n" + say.English.Say(say.OnlyInApp, "Telegram"), telegramtest.Message{Game: &telegramtest.Game{Title: "Serpent", Description: "Mangez"}}},
		{"A story of Infos", telegramtest.Message{Story: json.RawMessage(`{"chat":{"id":-5,"title":"Infos"},"id":1}`)}},
		{"A prize draw (winners: 3)\nUn vélo", telegramtest.Message{Giveaway: json.RawMessage(`{"winner_count":3,"winners_selection_date":1900000000,"prize_description":"Un vélo"}`)}},
		{"Invoice\nCantine\nMars\nPrice: 12.50 EUR", telegramtest.Message{Invoice: json.RawMessage(`{"title":"Cantine","description":"Mars","currency":"EUR","total_amount":1250}`)}},
		{"List of tasks: Dossier\n☑ Photo\n☐ Acte", telegramtest.Message{Checklist: json.RawMessage(`{"title":"Dossier","tasks":[{"id":1,"text":"Photo","completion_date":5},{"id":2,"text":"Acte"}]}`)}},
		{"A gift was made through Telegram.\n🎁\nMerci", telegramtest.Message{Gift: json.RawMessage(`{"gift":{"sticker":{"emoji":"🎁"}},"text":"Merci"}`)}},
	} {
		amina.sends(c.Claire, told.message)
		comesText(s, c.Room, told.words)
	}
}

func (n *telegramRows) pressedButton(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	amina.sends(c.Claire, telegramtest.Message{Text: "Voyez", ReplyMarkup: json.RawMessage(
		`{"inline_keyboard":[[{"text":"Plan","url":"https://example.org/plan"},{"text":"Oui","callback_data":"y"}]]}`)})
	heard := comesText(s, c.Room, "Voyez\n"+say.English.Say(say.Buttons, "Telegram")+"\n- Plan (https://example.org/plan)\n- Oui")
	if html := heard.Message().FormattedBody; !strings.Contains(html, `<a href="https://example.org/plan">Plan</a>`) {
		s.Errorf("Claire reads %q", html)
	}
	// A message that the bot sent before it was connected here.
	bot := *s.Phone.(rowMember).bot
	message, err := bot.Says(amina.ID(), telegramtest.Message{Text: "On continue ?", ReplyMarkup: json.RawMessage(`{"inline_keyboard":[[{"text":"Continuer","callback_data":"next"}]]}`)})
	amina.did(err)
	answered, err := amina.Press(bot.ID(), message, "Continuer")
	amina.did(err)
	comesText(s, c.Room, "Pressed the button “Continuer”")
	if text, ok := answered(); !ok || text == "" {
		s.Errorf("Amina's app is told %q", text)
	}
}

func marksAreSaid(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	origin := func(o telegramtest.Origin) *telegramtest.Origin { return &o }
	for words, message := range map[string]telegramtest.Message{
		"Forwarded from Bilal Roux\nun":              {Text: "un", ForwardOrigin: origin(telegramtest.Origin{Type: "user", SenderUser: &telegramtest.User{ID: 5, FirstName: "Bilal", LastName: "Roux"}})},
		"Forwarded from Anonyme\ndeux":               {Text: "deux", ForwardOrigin: origin(telegramtest.Origin{Type: "hidden_user", SenderUserName: "Anonyme"})},
		"Forwarded from the group “Voisins”\ntrois":  {Text: "trois", ForwardOrigin: origin(telegramtest.Origin{Type: "chat", SenderChat: &telegramtest.Chat{ID: -7, Title: "Voisins"}})},
		"Forwarded from the channel “Infos”\nquatre": {Text: "quatre", ForwardOrigin: origin(telegramtest.Origin{Type: "channel", Chat: &telegramtest.Chat{ID: -8, Title: "Infos"}})},
		say.English.Say(say.Protected) + "\ncinq":    {Text: "cinq", Protected: true},
		"Sent with the effect 🎉\nsix":                {Text: "six", EffectID: "5046509860389126442"},
		"Sent with an effect\nsept":                  {Text: "sept", EffectID: "1"},
		"Written with @gif\nhuit":                    {Text: "huit", ViaBot: &telegramtest.User{ID: 9, IsBot: true, FirstName: "Gif", Username: "gif"}},
	} {
		amina.sends(c.Claire, message)
		s.Encrypted(s.Claire.Hears(c.Room, words))
	}
}

func previewsChosen(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	amina.sends(c.Claire, telegramtest.Message{Text: "Voir https://example.org/a", LinkPreviewOptions: json.RawMessage(`{"is_disabled":true}`)})
	heard := s.Encrypted(s.Claire.Hears(c.Room, "Voir https://example.org/a"))
	if previews, ok := heard.Event.Content.Raw["com.beeper.linkpreviews"].([]any); !ok || len(previews) != 0 {
		s.Errorf("Claire's app is told %v", heard.Event.Content.Raw)
	}
	options := func(text string, previews any) string {
		s.Helper()
		s.Claire.Sends(c.Room, event.EventMessage, map[string]any{"msgtype": "m.text", "body": text, "com.beeper.linkpreviews": previews})
		shown := c.Contact.Shows(text, func(m rowtest.Shown) bool { return m.Text == text })
		return string(entryOf(c.Contact, shown.ID).Message.LinkPreviewOptions)
	}
	if got := options("Sans https://example.org/b", []any{}); got != `{"is_disabled":true}` {
		s.Errorf("Telegram is told %q", got)
	}
	if got := options("Avec https://example.org/c", []any{map[string]any{"matched_url": "https://example.org/c", "og:title": "C"}}); got != `{"url":"https://example.org/c"}` {
		s.Errorf("Telegram is told %q", got)
	}
}

func (n *telegramRows) countedReactions(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	channel, room := n.founds(s, "Infos", telegramtest.GroupOptions{Channel: true}, amina)
	amina.did(amina.Promote(channel, (*s.Phone.(rowMember).bot).ID(), true))
	post, err := amina.Send(channel, "Fermé lundi")
	amina.did(err)
	heard := s.Claire.Waits("the post", func(h bridgetest.Heard) bool { return h.Room == room && h.Text == "Fermé lundi" })
	amina.did(amina.Count(channel, post, map[string]int{"👍": 12}))
	first := s.Claire.SeesReaction(room, heard.ID, "👍️ 12")
	if first.Sender != heard.Sender {
		s.Errorf("it comes from %s", first.Sender)
	}
	amina.did(amina.Count(channel, post, map[string]int{"👍": 13, "🎉": 1}))
	s.Claire.SeesReaction(room, heard.ID, "👍️ 13")
	s.Claire.SeesReaction(room, heard.ID, "🎉")
	s.Claire.SeesDeletion(room, first.ID)
	letGo := bot(s).HoldAnswers("sendMessage") // the bridge does not know yet that it has arrived
	defer letGo()
	said := s.Claire.Says(room, "Ouvert mardi")
	shown := amina.Shows("Claire's post", func(m rowtest.Shown) bool { return m.Text == "Ouvert mardi" })
	amina.did(amina.Count(channel, numbered(shown.ID), map[string]int{"👍": 3}))
	s.Meets("Dora") // what came before has been looked at by then
	letGo()
	s.Claire.SeesReaction(room, said, "👍️ 3")
}

func (n *telegramRows) pictureReaction(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	said, shown := s.Says(c, "C’est fait")
	sticker, err := amina.SendFile(amina.network.number(c.Claire), telegramtest.File{Kind: "sticker", Name: "x.webp", MIME: "image/webp", Data: []byte("x"), Details: telegramtest.Media{}})
	amina.Reacts(c.Claire, shown.ID, entryOf(amina, amina.sent(sticker, err)).File)
	first := s.Claire.SeesReaction(c.Room, said, "🙂")
	amina.Reacts(c.Claire, shown.ID, "")
	s.Claire.SeesDeletion(c.Room, first.ID)
}

func (n *telegramRows) votesAfterRestart(s *rowtest.Scene) {
	c := s.Meets("Amina")
	poll := s.Claire.Sends(c.Room, event.EventUnstablePollStart, aPoll("Quand ?", "9 h", "14 h"))
	shown := c.Contact.Shows("the poll", func(m rowtest.Shown) bool { return m.Poll != nil })
	s.Says(c, "Votez !") // goes out once what is kept of the poll is kept
	must(s.T, n.bridge.Stop())
	c.Contact.(rowMember).Votes(c.Claire, shown.ID, "14 h")
	must(s.T, n.bridge.Start(s.Context()))
	comes(s, c.Room, "the vote", func(h bridgetest.Heard) bool {
		vote, ok := h.Event.Content.Parsed.(*event.PollResponseEventContent)
		return ok && h.Sender == c.Ghost && vote.RelatesTo.EventID == poll && len(vote.Response.Answers) == 1 && vote.Response.Answers[0] == "id-14 h"
	})
	endsPoll(s.Claire, c.Room, poll)
	c.Contact.Shows("the end", func(m rowtest.Shown) bool { return m.ID == shown.ID && entryOf(c.Contact, m.ID).Message.Poll.IsClosed })
}

func (n *telegramRows) placeWithoutAnswer(s *rowtest.Scene) {
	c := s.Meets("Amina")
	n.server.Inject(telegramtest.Fault{Method: "sendVenue", Cut: true, Done: true})
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgLocation, Body: "Le café", GeoURI: "geo:48.85,2.35"})
	s.Told(s.Claire, c.Room, say.English.Say(say.BotPerhaps, "Telegram"))
	n.server.Inject(telegramtest.Fault{Method: "sendContact", RetryAfter: 1})
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Name: "x.vcf", MimeType: "text/vcard", Data: []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Dan\r\nTEL:+331\r\nEND:VCARD")})
	c.Contact.Shows("the card", func(m rowtest.Shown) bool { return m.Card != nil })
	places := 0
	for _, m := range c.Contact.Screen() {
		if m.Place != nil {
			places++
		}
	}
	if places != 1 {
		s.Errorf("Amina's device shows %d places", places)
	}
}
