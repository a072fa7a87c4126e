package rowtest

import (
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// messageRows are about what people write.
func messageRows() []Row {
	return []Row{
		{Holds: "a contact and a member of staff talk", Play: theyTalk},
		{Holds: "what Claire writes on her own device is in the room", Play: ownWordsAreShown},
		{Holds: "marks come and go", Play: marksComeAndGo},
		{Holds: "people are named both ways", Play: peopleAreNamed},
		{Holds: "a link comes and goes with its preview", Play: linksHavePreviews},
		{Holds: "answers stand below what they answer", Play: answersStandBelow},
		{Holds: "what was forwarded says so", Play: forwardedSaysSo},
		{Holds: "many lines keep their order", Play: linesKeepOrder},
	}
}

func theyTalk(s *Scene) {
	c := s.Meets("Amina")
	s.Claire.SeesMember(c.Room, c.Ghost, event.MembershipJoin)
	if name := s.Claire.Members(c.Room)[c.Ghost].Displayname; !strings.HasPrefix(name, "Amina") {
		s.Errorf("she is shown as %q", name)
	}
	create := s.Claire.State(c.Room, event.StateCreate, "")
	if federate, _ := create.Content.Raw["m.federate"].(bool); federate {
		s.Error("the room federates")
	}
	if _, shown := s.Says(c, "Il est accepté."); shown.From != s.Phone.Address() || shown.Mine {
		s.Errorf("Amina's device shows %+v", shown)
	}
	c.Contact.Writes(c.Claire, "Merci !")
	s.Encrypted(s.Claire.Hears(c.Room, "Merci !"))
	for user := range s.Claire.Members(c.Room) {
		if strings.Contains(user.String(), string(c.Contact.Address())) {
			s.Errorf("%s tells how to reach her", user)
		}
	}
}

func ownWordsAreShown(s *Scene) {
	can[Owner](s, s.Phone)
	c := s.Meets("Amina")
	s.Phone.Writes(c.Contact.Address(), "Depuis mon téléphone")
	if own := s.Encrypted(s.Claire.Hears(c.Room, "Depuis mon téléphone")); own.Sender != s.Claire.ID() {
		s.Errorf("it is shown as %v", own)
	}
	s.Says(c, "Et de mon bureau")
	s.Phone.Shows("her own words", func(m Shown) bool { return m.Text == "Et de mon bureau" && m.Mine })
}

func marksComeAndGo(s *Scene) {
	c := s.Meets("Amina")
	stylist := can[Stylist](s, c.Contact)
	words := []Words{{"Ce ", Plain}, {"soir", Bold}, {", à ", Plain}, {"huit", Italic}, {" et non ", Plain}, {"neuf", Strike},
		{" heures, salle ", Plain}, {"B12", Code}}
	stylist.Styles(c.Claire, words...)
	const html = "Ce <strong>soir</strong>, à <em>huit</em> et non <del>neuf</del> heures, salle <code>B12</code>"
	heard := s.Claire.Waits("the marks", func(h bridgetest.Heard) bool { return h.Room == c.Room && strings.HasPrefix(h.Text, "Ce ") })
	if got := s.Encrypted(heard).Message(); got.FormattedBody != html {
		s.Errorf("Claire reads %q", got.FormattedBody)
	}
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgText, Body: "Ce soir", Format: event.FormatHTML, FormattedBody: html})
	want := stylist.Spells(words...)
	c.Contact.Shows("the marks", func(m Shown) bool { return m.Text == want && !m.Mine })
}

func peopleAreNamed(s *Scene) {
	c := s.Meets("Amina")
	namer := can[Namer](s, c.Contact)
	namer.Names(c.Claire, "Merci ", s.Phone, ", à demain")
	heard := s.Claire.Waits("her name", func(h bridgetest.Heard) bool { return h.Room == c.Room && strings.HasPrefix(h.Text, "Merci ") })
	if got := s.Encrypted(heard).Message(); !got.Mentions.Has(s.Claire.ID()) || !strings.Contains(got.FormattedBody, s.Claire.ID().URI().MatrixToURL()) {
		s.Errorf("Claire reads %q and is not told of it: %+v", got.FormattedBody, got.Mentions)
	}
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgText, Body: "Bonjour Amina", Format: event.FormatHTML,
		FormattedBody: `Bonjour <a href="` + c.Ghost.URI().MatrixToURL() + `">Amina</a>`, Mentions: &event.Mentions{UserIDs: []id.UserID{c.Ghost}},
	})
	want := "Bonjour " + namer.Spelling(c.Contact)
	shown := c.Contact.Shows("her name", func(m Shown) bool { return m.Text == want })
	if len(shown.Mentions) != 1 || shown.Mentions[0] != c.Contact.Address() {
		s.Errorf("Amina is not told of it: %+v", shown)
	}
}

func linksHavePreviews(s *Scene) {
	c := s.Meets("Amina")
	preview := Preview{URL: "https://example.org/horaires", Title: "Horaires", Description: "Du lundi au vendredi", Thumbnail: photo(s.T, 40, 30)}
	can[Linker](s, c.Contact).Links(c.Claire, "Voir https://example.org/horaires", preview)
	heard := s.Encrypted(s.Claire.Hears(c.Room, "Voir https://example.org/horaires"))
	previews := heard.Message().BeeperLinkPreviews
	if len(previews) != 1 || previews[0].Title != preview.Title || previews[0].Description != preview.Description || previews[0].MatchedURL != preview.URL {
		s.Fatalf("Claire sees %+v", previews)
	}
	s.Claire.Sends(c.Room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: "Ou bien https://example.org/plan",
		BeeperLinkPreviews: []*event.BeeperLinkPreview{{MatchedURL: "https://example.org/plan",
			LinkPreview: event.LinkPreview{CanonicalURL: "https://example.org/plan", Title: "Plan", Description: "Du quartier"}}}})
	shown := c.Contact.Shows("the link", func(m Shown) bool { return m.Text == "Ou bien https://example.org/plan" })
	if shown.Preview == nil || shown.Preview.Title != "Plan" || shown.Preview.Description != "Du quartier" {
		s.Errorf("Amina sees %+v", shown.Preview)
	}
}

func answersStandBelow(s *Scene) {
	c := s.Meets("Amina")
	asked, shown := s.Says(c, "Lundi ou mardi ?")
	c.Contact.Answers(c.Claire, shown.ID, "Mardi")
	if heard := s.Encrypted(s.Claire.Hears(c.Room, "Mardi")); heard.RepliesTo != asked {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, asked)
	}
	s.Claire.Replies(c.Room, c.Opened, "Bonjour Amina")
	c.Contact.Shows("the answer", func(m Shown) bool { return m.Text == "Bonjour Amina" && m.Answers == c.Opening })
	if editor, ok := c.Contact.(Editor); ok { // and across an edit
		editor.Edits(c.Claire, c.Opening, "Bonsoir, c’est Amina")
		s.Claire.SeesEdit(c.Room, c.Opened, "Bonsoir, c’est Amina")
		c.Contact.Answers(c.Claire, c.Opening, "C’est encore moi")
		if heard := s.Claire.Hears(c.Room, "C’est encore moi"); heard.RepliesTo != c.Opened {
			s.Errorf("it answers %s, want %s", heard.RepliesTo, c.Opened)
		}
	}
}

func forwardedSaysSo(s *Scene) {
	c := s.Meets("Amina")
	can[Forwarder](s, c.Contact).Forwards(c.Claire, "Grève mardi")
	heard := s.Claire.Waits("the forwarded words", func(h bridgetest.Heard) bool { return h.Room == c.Room && strings.HasSuffix(h.Text, "Grève mardi") })
	if text := s.Encrypted(heard).Text; !strings.HasPrefix(text, "Forwarded") || !strings.HasSuffix(text, "\nGrève mardi") {
		s.Errorf("Claire reads %q", heard.Text)
	}
}

func linesKeepOrder(s *Scene) {
	c := s.Meets("Amina")
	lines := []string{"un", "deux", "trois", "quatre", "cinq", "six"}
	for _, line := range lines {
		c.Contact.Writes(c.Claire, line)
	}
	s.Claire.Hears(c.Room, "six")
	if got := s.Claire.Texts(c.Room)[1:]; strings.Join(got, " ") != strings.Join(lines, " ") {
		s.Errorf("the room holds %q", got)
	}
	for _, line := range lines {
		s.Claire.Says(c.Room, "n° "+line)
	}
	c.Contact.Shows("the last line", func(m Shown) bool { return m.Text == "n° six" })
	var got []string
	for _, m := range c.Contact.Screen() {
		if number, ok := strings.CutPrefix(m.Text, "n° "); ok && !m.Mine {
			got = append(got, number)
		}
	}
	if strings.Join(got, " ") != strings.Join(lines, " ") {
		s.Errorf("Amina's device shows %q", got)
	}
}
