package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal/say"
)

// mediaRows are those about files that only Telegram has.
func (n *telegramRows) mediaRows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "media", Holds: "an album comes file by file and is known as one", Play: albumComes},
		{Area: "media", Holds: "a gallery goes as an album", Play: galleryGoes},
		{Area: "media", Holds: "a gallery that is deleted is gone there", Play: galleryDeleted},
		{Area: "media", Holds: "stickers that move are shown", Play: movingStickers},
		{Area: "media", Holds: "a video note comes", Play: videoNoteComes},
		{Area: "media", Holds: "a file is answered both ways", Play: fileAnswered},
		{Area: "media", Holds: "a caption and a file are changed there", Play: fileChangedThere},
		{Area: "media", Holds: "a caption and a file are changed here", Play: fileChangedHere},
		{Area: "media", Holds: "a caption that is too long goes on in texts", Play: longCaption},
		{Area: "media", Holds: "a colleague's file and sticker go under a name", Play: colleaguesFiles},
		{Area: "media", Holds: "a file that is too large is told of both ways", Play: tooLarge},
		{Area: "media", Holds: "a file that is lost is told of", Play: n.lostFile},
		{Area: "media", Holds: "a file survives a bad line", Play: n.badLine},
		{Area: "media", Holds: "a picture that Telegram does not take goes as a document", Play: oddPicture},
		{Area: "people", Holds: "contacts and groups have their pictures", Play: n.pictures},
	}
}

// hands sends a file of Telegram's kinds, and returns its number.
func hands(s *rowtest.Scene, c *rowtest.Chat, f telegramtest.File) rowtest.Message {
	s.Helper()
	amina := c.Contact.(rowMember)
	return amina.sent(amina.SendFile(amina.network.number(c.Claire), f))
}

// fileComes waits for a file in the chat's room.
func fileComes(s *rowtest.Scene, c *rowtest.Chat, what string, data []byte, match func(bridgetest.Heard) bool) bridgetest.Heard {
	s.Helper()
	heard := s.Encrypted(s.Claire.Waits(what, func(h bridgetest.Heard) bool { return h.Room == c.Room && h.Sender == c.Ghost && match(h) }))
	if content := heard.Message(); content.File == nil || content.URL != "" || !bytes.Equal(s.Claire.Downloads(heard), data) {
		s.Errorf("%s came in clear, or changed: %+v", what, content)
	}
	return heard
}

func albumComes(s *rowtest.Scene) {
	c := s.Meets("Amina")
	one, two := picture(s.T, 31), picture(s.T, 32)
	hands(s, c, telegramtest.File{Kind: "photo", Data: one, Album: "77", Text: telegramtest.Text{Text: "le chantier"}})
	second := hands(s, c, telegramtest.File{Kind: "photo", Data: two, Album: "77"})
	first := fileComes(s, c, "the first picture", one, func(h bridgetest.Heard) bool { return h.Text == "le chantier" })
	last := fileComes(s, c, "the second picture", two, func(h bridgetest.Heard) bool { return h.MsgType == event.MsgImage && h.ID != first.ID })
	for _, h := range []bridgetest.Heard{first, last} {
		if h.Event.Content.Raw["org.passerelle.album"] != "77" {
			s.Errorf("it is not known as one of the album: %v", h.Event.Content.Raw)
		}
	}
	s.Claire.Replies(c.Room, last.ID, "celle-ci ?")
	c.Contact.Shows("the answer to the second", func(m rowtest.Shown) bool { return strings.HasSuffix(m.Text, "celle-ci ?") && m.Answers == second })
}

// sealed uploads a file as a client does, and returns it as a message.
func sealed(s *rowtest.Scene, kind event.MessageType, name, mime string, data []byte) *event.MessageEventContent {
	s.Helper()
	key := attachment.NewEncryptedFile()
	content := &event.MessageEventContent{MsgType: kind, Body: name, FileName: name, Info: &event.FileInfo{MimeType: mime, Size: len(data)}}
	ciphertext := bytes.Clone(data)
	key.EncryptInPlace(ciphertext)
	uploaded, err := s.Claire.Client().UploadBytes(s.Context(), ciphertext, "application/octet-stream")
	if err != nil {
		s.Fatal(err)
	}
	content.File = &event.EncryptedFileInfo{EncryptedFile: *key, URL: uploaded.ContentURI.CUString()}
	return content
}

func galleryGoes(s *rowtest.Scene) {
	c := s.Meets("Amina")
	gallery := &event.MessageEventContent{MsgType: event.MsgBeeperGallery, Body: "Le chantier", BeeperGalleryCaption: "Le chantier"}
	var sent [][]byte
	for n := range 3 {
		sent = append(sent, picture(s.T, 20+uint8(n)))
		gallery.BeeperGalleryImages = append(gallery.BeeperGalleryImages, sealed(s, event.MsgImage, fmt.Sprintf("%d.jpg", n), "image/jpeg", sent[n]))
	}
	said := s.Claire.Sends(c.Room, event.EventMessage, gallery)
	amina := c.Contact.(rowMember)
	last := c.Contact.Shows("the last picture", func(m rowtest.Shown) bool { return m.File != nil && bytes.Equal(m.File.Data, sent[2]) })
	albums := map[string]int{}
	for _, e := range amina.Inbox() {
		if e.Kind == "photo" {
			albums[e.Message.MediaGroupID+"|"+e.Text]++
		}
	}
	if len(albums) != 2 { // the first one has the caption
		s.Errorf("Amina sees %v", albums)
	}
	c.Contact.Answers(c.Claire, last.ID, "Beau travail")
	if heard := s.Claire.Hears(c.Room, "Beau travail"); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
	s.Claire.Edits(c.Room, said, "un autre chantier")
	s.Told(s.Claire, c.Room, say.English.Say(say.NotPossible, "Telegram"))
}

func galleryDeleted(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.NeedsFromHomeserver("redactions")
	gallery := &event.MessageEventContent{MsgType: event.MsgBeeperGallery, Body: "Deux vues"}
	for n := range 2 {
		gallery.BeeperGalleryImages = append(gallery.BeeperGalleryImages, sealed(s, event.MsgImage, "vue.jpg", "image/jpeg", picture(s.T, 25+uint8(n))))
	}
	said := s.Claire.Sends(c.Room, event.EventMessage, gallery)
	last := c.Contact.Shows("the album", func(m rowtest.Shown) bool { return m.Kind == rowtest.Picture })
	s.Claire.Deletes(c.Room, said)
	s.Becomes(c.Contact, last.ID, "gone", func(m rowtest.Shown) bool { return m.Deleted })
}

func movingStickers(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	data := append([]byte("\x1aE\xdf\xa3"), bytes.Repeat([]byte("webm"), 500)...)
	hands(s, c, telegramtest.File{Kind: "sticker", Name: "a.webm", Data: data, Details: telegramtest.Media{Emoji: "🐈"}})
	heard := fileComes(s, c, "the sticker that is a video", data, func(h bridgetest.Heard) bool { return h.Text == "🐈" && h.MsgType == event.MsgVideo })
	if info := heard.Message().Info; info.MimeType != "video/webm" || !info.MauGIF {
		s.Errorf("it is %+v", info)
	}
	still := picture(s.T, 50)
	thumbnail, err := amina.Upload("thumbnail.png", still)
	amina.did(err)
	hands(s, c, telegramtest.File{Kind: "sticker", Name: "a.tgs", Data: []byte("lottie"), Details: telegramtest.Media{Emoji: "🦆", Thumbnail: thumbnail}})
	heard = fileComes(s, c, "the picture of the sticker that is a program", still, func(h bridgetest.Heard) bool { return h.Type == event.EventSticker && h.Text == "🦆" })
	if info := heard.Message().Info; info.MimeType != "image/png" {
		s.Errorf("it is %+v", info)
	}
	hands(s, c, telegramtest.File{Kind: "sticker", Name: "a.tgs", Data: []byte("lottie"), Details: telegramtest.Media{Emoji: "🦊"}})
	s.Encrypted(s.Claire.Hears(c.Room, "🦊"))
}

func videoNoteComes(s *rowtest.Scene) {
	c := s.Meets("Amina")
	data := bytes.Repeat([]byte("note"), 500)
	hands(s, c, telegramtest.File{Kind: "video_note", Data: data, Details: telegramtest.Media{Length: 240, Duration: 3}, Spoiler: true})
	heard := fileComes(s, c, "the video note", data, func(h bridgetest.Heard) bool { return h.MsgType == event.MsgVideo })
	if info := heard.Message().Info; info.MimeType != "video/mp4" || info.Width != 240 || info.Height != 240 || info.Duration != 3000 {
		s.Errorf("it is %+v", info)
	}
	if heard.Event.Content.Raw["page.codeberg.everypizza.msc4193.spoiler"] != true {
		s.Error("it is not hidden")
	}
}

func fileAnswered(s *rowtest.Scene) {
	c := s.Meets("Amina")
	data := []byte("%PDF-1.7 acte")
	asked := hands(s, c, telegramtest.File{Kind: "document", Name: "acte.pdf", MIME: "application/pdf", Data: data})
	heard := fileComes(s, c, "the document", data, func(h bridgetest.Heard) bool { return h.Text == "acte.pdf" })
	reply := sealed(s, event.MsgFile, "signé.pdf", "application/pdf", []byte("%PDF-1.7 signé"))
	reply.RelatesTo = (&event.RelatesTo{}).SetReplyTo(heard.ID)
	said := s.Claire.Sends(c.Room, event.EventMessage, reply)
	shown := c.Contact.Shows("the signed one", func(m rowtest.Shown) bool { return m.File != nil && m.File.Name == "signé.pdf" && m.Answers == asked })
	c.Contact.Answers(c.Claire, shown.ID, "Bien reçu")
	if answer := s.Claire.Hears(c.Room, "Bien reçu"); answer.RepliesTo != said {
		s.Errorf("it answers %s, want %s", answer.RepliesTo, said)
	}
}

// lastEdit waits for an edit of a message whose new words are these, and returns it.
func lastEdit(s *rowtest.Scene, c *rowtest.Chat, of id.EventID, text string) *event.MessageEventContent {
	s.Helper()
	heard := s.Encrypted(s.Claire.Waits("the edit "+text, func(h bridgetest.Heard) bool {
		return h.Room == c.Room && h.Edits == of && h.Text == text
	}))
	return heard.Event.Content.AsMessage().NewContent
}

func fileChangedThere(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	before, after := picture(s.T, 41), picture(s.T, 42)
	number := numbered(hands(s, c, telegramtest.File{Kind: "photo", Data: before, Text: telegramtest.Text{Text: "le prot"}}))
	heard := fileComes(s, c, "the picture", before, func(h bridgetest.Heard) bool { return h.Text == "le prot" })
	bot := amina.network.number(c.Claire)
	amina.did(amina.Edit(bot, number, telegramtest.Text{Text: "le port"}))
	edited := lastEdit(s, c, heard.ID, "le port")
	if edited.File == nil || edited.File.URL != heard.Message().File.URL || edited.FileName != heard.Message().FileName {
		s.Errorf("the picture below it is another one: %+v", edited)
	}
	amina.did(amina.Replace(bot, number, telegramtest.File{Kind: "photo", Data: after, Text: telegramtest.Text{Text: "le vrai port"}}))
	edited = lastEdit(s, c, heard.ID, "le vrai port")
	if edited.File == nil || edited.File.URL == heard.Message().File.URL || edited.Info.Size != len(after) {
		s.Errorf("the picture is the old one: %+v", edited)
	}
}

func fileChangedHere(s *rowtest.Scene) {
	c := s.Meets("Amina")
	content := sealed(s, event.MsgImage, "plan.jpg", "image/jpeg", picture(s.T, 43))
	content.Body = "le paln"
	said := s.Claire.Sends(c.Room, event.EventMessage, content)
	shown := c.Contact.Shows("the plan", func(m rowtest.Shown) bool { return m.Text == "le paln" })
	changes := func(to *event.MessageEventContent) {
		changed := *to
		changed.NewContent = to
		changed.RelatesTo = (&event.RelatesTo{}).SetReplace(said)
		s.Claire.Sends(c.Room, event.EventMessage, &changed)
	}
	corrected := *content
	corrected.Body = "le plan"
	changes(&corrected)
	same := s.Becomes(c.Contact, shown.ID, "corrected", func(m rowtest.Shown) bool { return m.Text == "le plan" && m.Edited })
	if !bytes.Equal(same.File.Data, shown.File.Data) {
		s.Error("its picture is another one")
	}
	data := picture(s.T, 44)
	other := sealed(s, event.MsgImage, "plan.jpg", "image/jpeg", data)
	other.Body = "le bon plan"
	changes(other)
	if now := s.Becomes(c.Contact, shown.ID, "exchanged", func(m rowtest.Shown) bool { return m.Text == "le bon plan" }); !bytes.Equal(now.File.Data, data) {
		s.Error("its picture is the old one")
	}
	s.Claire.Edits(c.Room, said, "rien que des mots") // as clients do that know no captions
	s.Becomes(c.Contact, shown.ID, "other words", func(m rowtest.Shown) bool { return m.Text == "rien que des mots" && m.File != nil })
	text, first := s.Says(c, "Bonjour")
	said = text
	changes(other)
	s.Told(s.Claire, c.Room, say.English.Say(say.NotPossible, "Telegram"))
	s.Becomes(c.Contact, first.ID, "unchanged", func(m rowtest.Shown) bool { return m.Text == "Bonjour" })
}

func longCaption(s *rowtest.Scene) {
	c := s.Meets("Amina")
	words := strings.TrimSpace(strings.Repeat("phrase longue. ", 200))
	content := sealed(s, event.MsgFile, "acte.pdf", "application/pdf", []byte("%PDF-1.7 acte"))
	content.Body = words + " Fin"
	said := s.Claire.Sends(c.Room, event.EventMessage, content)
	last := c.Contact.Shows("the end", func(m rowtest.Shown) bool { return !m.Mine && strings.HasSuffix(m.Text, "Fin") })
	var read []string
	for _, m := range c.Contact.Screen() {
		if !m.Mine {
			read = append(read, m.Text)
		}
	}
	if strings.Join(read, " ") != words+" Fin" || len(read) < 2 || len(read[0]) > 1024 {
		s.Errorf("Amina reads %d messages", len(read))
	}
	c.Contact.Answers(c.Claire, last.ID, "Tout lu, et l’acte")
	if heard := s.Claire.Hears(c.Room, "Tout lu, et l’acte"); heard.RepliesTo != said {
		s.Errorf("it answers %s, want %s", heard.RepliesTo, said)
	}
}

func colleaguesFiles(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.Claire.Invites(c.Room, s.Karim.ID())
	s.Karim.Joins(c.Room)
	s.Karim.SendsImage(c.Room, picture(s.T, 45), "le plan")
	c.Contact.Shows("Karim's picture", func(m rowtest.Shown) bool { return m.Kind == rowtest.Picture && m.Text == "karim: le plan" })
	s.Karim.Attaches(c.Room, bridgetest.Attachment{As: event.EventSticker, Name: "chat", MimeType: "image/webp", Data: []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")})
	c.Contact.Shows("his name", func(m rowtest.Shown) bool { return m.Kind == rowtest.Text && m.Text == "<bold>karim</bold>:" })
	c.Contact.Shows("Karim's sticker", func(m rowtest.Shown) bool { return m.Kind == rowtest.Sticker })
}

func tooLarge(s *rowtest.Scene) {
	c := s.Meets("Amina")
	hands(s, c, telegramtest.File{Kind: "document", Name: "film.bin", Data: make([]byte, 21<<20), Text: telegramtest.Text{Text: "le film"}})
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.FileTooLarge, 21.0, 20.0)+"\nle film"))
	content := sealed(s, event.MsgFile, "film.bin", "application/octet-stream", []byte("film"))
	content.Info.Size = 60 << 20
	s.Claire.Sends(c.Room, event.EventMessage, content)
	s.Told(s.Claire, c.Room, say.English.Say(say.FileTooLarge, 60.0, 50.0))
	s.Claire.SeesState(c.Room, event.StateBeeperRoomFeatures, s.Hall.ServerName()+"/passerelle-telegram", func(e *event.Event) bool {
		if e == nil {
			return false
		}
		features, ok := e.Content.Parsed.(*event.RoomFeatures)
		return ok && features.File[event.MsgFile].MaxSize == 50<<20
	})
}

func (n *telegramRows) lostFile(s *rowtest.Scene) {
	c := s.Meets("Amina")
	amina := c.Contact.(rowMember)
	n.server.Inject(telegramtest.Fault{Method: "getFile", RetryAfter: 2}) // meanwhile it is lost
	number := hands(s, c, telegramtest.File{Kind: "document", Name: "acte.pdf", Data: []byte("%PDF-1.7 acte")})
	entry, err := amina.WaitFor(s.Context(), func(e telegramtest.Entry) bool { return e.ID == numbered(number) })
	amina.did(err)
	n.server.LoseFile(entry.File)
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.FileNotFetched, "Telegram")))
	amina.Writes(c.Claire, "Vous l’avez ?")
	s.Claire.Hears(c.Room, "Vous l’avez ?")
}

func (n *telegramRows) badLine(s *rowtest.Scene) {
	c := s.Meets("Amina")
	n.server.Inject(telegramtest.Fault{Method: "getFile", Status: http.StatusBadGateway})
	n.server.Inject(telegramtest.Fault{Method: "file", Cut: true, Times: 2})
	data := bytes.Repeat([]byte("acte "), 100_000)
	hands(s, c, telegramtest.File{Kind: "document", Name: "acte.txt", Data: data})
	fileComes(s, c, "the document", data, func(h bridgetest.Heard) bool { return h.Text == "acte.txt" })
	n.server.Inject(telegramtest.Fault{Method: "sendDocument", RetryAfter: 1})
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Name: "réponse.txt", Data: data})
	shown := c.Contact.Shows("the answer", func(m rowtest.Shown) bool { return m.File != nil && m.File.Name == "réponse.txt" })
	if !bytes.Equal(shown.File.Data, data) {
		s.Error("it came changed")
	}
	n.server.Inject(telegramtest.Fault{Method: "sendDocument", Cut: true, Done: true})
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Name: "encore.txt", Data: data})
	s.Told(s.Claire, c.Room, say.English.Say(say.BotPerhaps, "Telegram"))
}

func oddPicture(s *rowtest.Scene) {
	c := s.Meets("Amina")
	data := picture(s.T, 10)
	content := sealed(s, event.MsgImage, "ruban.jpg", "image/jpeg", append([]byte("not a picture "), data...))
	s.Claire.Sends(c.Room, event.EventMessage, content)
	c.Contact.Shows("it as a document", func(m rowtest.Shown) bool { return m.Kind == rowtest.Document && m.File.Name == "ruban.jpg" })
}

func (n *telegramRows) pictures(s *rowtest.Scene) {
	amina := s.Join("Amina").(rowMember)
	face, garden := picture(s.T, 60), picture(s.T, 61)
	amina.SetPhoto(face)
	words := "Bonjour, me voilà " + amina.Identity()
	amina.Writes(s.Phone.Address(), words)
	room := s.Claire.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == words }).Room
	shown := s.Claire.SeesState(room, event.StateMember, s.Ghost(amina).String(), func(e *event.Event) bool { return e != nil && e.Content.AsMember().AvatarURL != "" })
	isPicture(s, shown.Content.AsMember().AvatarURL, face)
	bilal := s.Join("Bilal").(rowMember)
	group, room := n.founds(s, "Jardin", telegramtest.GroupOptions{}, bilal)
	bilal.did(bilal.Person.Picture(group, garden))
	shown = s.Claire.SeesState(room, event.StateRoomAvatar, "", func(e *event.Event) bool { return e != nil && e.Content.AsRoomAvatar().URL != "" })
	isPicture(s, shown.Content.AsRoomAvatar().URL, garden)
}

// isPicture checks which picture stands at an address in Matrix.
func isPicture(s *rowtest.Scene, at id.ContentURIString, want []byte) {
	s.Helper()
	uri, err := at.Parse()
	if err != nil {
		s.Fatal(err)
	}
	if data, err := s.Claire.Client().DownloadBytes(s.Context(), uri); err != nil || !bytes.Equal(data, want) {
		s.Errorf("%s is another picture, of %d bytes: %v", at, len(data), err)
	}
}

// TestFilesOfALocalServer: a Bot API server of one's own lets larger files through, and keeps them on the disk.
func TestFilesOfALocalServer(t *testing.T) {
	folder := t.TempDir()
	d := newBotDialogue(t, telegramSetup{server: telegramtest.Options{Local: folder}, settings: func(*telegramtest.Server) string {
		return "local_folder: " + folder + "\n"
	}})
	data := bytes.Repeat([]byte("plan "), 6<<20) // 30 MB
	_, err := d.amina.SendFile(d.bot.ID(), telegramtest.File{Kind: "document", Name: "plan.bin", Data: data})
	must(t, err)
	plan := d.claire.Waits("the plan", func(h bridgetest.Heard) bool { return h.Text == "plan.bin" })
	if !bytes.Equal(d.claire.Downloads(plan), data) {
		t.Error("it came changed")
	}
	larger := bytes.Repeat([]byte("plan "), 11<<20) // 55 MB
	d.claire.Attaches(d.room, bridgetest.Attachment{Name: "grand.bin", Data: larger})
	entry, err := d.amina.WaitFor(bounded(t), func(e telegramtest.Entry) bool { return e.File != "" && e.From == d.bot.ID() })
	must(t, err)
	if got, _ := d.amina.Fetch(entry.File); !bytes.Equal(got, larger) {
		t.Error("it went changed")
	}
	log, err := os.ReadFile(d.bridge.LogPath())
	must(t, err)
	if bytes.Contains(log, []byte(strings.Split(d.bot.Token(), ":")[1])) {
		t.Error("the log holds the token, after which the server names its folders")
	}
}

// TestTelegramKilledWhileAFileIsOnItsWay kills the bridge while it uploads what Amina sent.
func TestTelegramKilledWhileAFileIsOnItsWay(t *testing.T) {
	var proxy *bridgetest.Proxy
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){proxied(t, &proxy)}})
	held := proxy.Inject(bridgetest.On(http.MethodPost, "/v3/upload"), bridgetest.Hold(), 0)
	data := bytes.Repeat([]byte("acte "), 1<<20)
	_, err := d.amina.SendFile(d.bot.ID(), telegramtest.File{Kind: "document", Name: "acte.txt", Data: data})
	must(t, err)
	must(t, held.WaitHits(bounded(t), 1))
	d.restarts(t, held.Lift)
	acte := d.claire.Waits("the file", func(h bridgetest.Heard) bool { return h.Text == "acte.txt" })
	if !bytes.Equal(d.claire.Downloads(acte), data) {
		t.Error("it came changed")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(d.bridge.Config()), "*", "passerelle-spool-*")); err != nil || len(left) > 0 {
		t.Errorf("the kill left %q, %v", left, err)
	}
	d.settled(t, []string{"0", "acte.txt"}, nil)
}
