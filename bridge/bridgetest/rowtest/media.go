package rowtest

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
)

// mediaRows are about files.
func mediaRows() []Row {
	rows := []Row{
		{Holds: "a picture comes with caption, size and small picture", Play: pictureComes},
		{Holds: "a picture goes with its caption", Play: pictureGoes},
		{Holds: "a voice note comes with shape and length", Play: voiceComes},
		{Holds: "a voice note goes with shape and length", Play: voiceGoes},
		{Holds: "a sticker comes", Play: stickerComes},
		{Holds: "a sticker goes", Play: stickerGoes},
	}
	for _, kind := range fileKinds() {
		rows = append(rows,
			Row{Holds: "a " + string(kind.file.Kind) + " comes", Play: kind.comes},
			Row{Holds: "a " + string(kind.file.Kind) + " goes", Play: kind.goes})
	}
	return rows
}

// photo is a JPEG of a blue sky over green land.
func photo(t testing.TB, width, height int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := color.RGBA{B: 200, A: 255}
			if y > height/2 {
				shade = color.RGBA{G: 150, A: 255}
			}
			picture.Set(x, y, shade)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// noise is a file of its own; a head makes it look like what it says it is.
func noise(head string, size int) []byte {
	data := make([]byte, size)
	rand.Read(data)
	return append([]byte(head), data...)
}

// arrives waits for a file in the chat's room, and checks that it came whole and encrypted.
func (s *Scene) arrives(c *Chat, what string, file File, match func(bridgetest.Heard) bool) *event.MessageEventContent {
	s.Helper()
	heard := s.Encrypted(s.Claire.Waits(what, func(h bridgetest.Heard) bool { return h.Room == c.Room && h.IsMessage() && match(h) }))
	content := heard.Message()
	if content.File == nil || content.URL != "" {
		s.Errorf("%s is not encrypted: %+v", what, content)
	}
	if !bytes.Equal(s.Claire.Downloads(heard), file.Data) || content.Info.Size != len(file.Data) {
		s.Errorf("%s came changed: %+v", what, content.Info)
	}
	return content
}

// shows waits for a file on the contact's device, and checks that it came whole.
func (s *Scene) shows(c *Chat, what string, kind Kind, data []byte) Shown {
	s.Helper()
	shown := c.Contact.Shows(what, func(m Shown) bool { return m.Kind == kind && !m.Mine })
	if shown.File == nil || shown.File.Problem != "" || !bytes.Equal(shown.File.Data, data) {
		s.Errorf("%s went changed: %+v", what, shown.File)
	}
	return shown
}

func pictureComes(s *Scene) {
	c := s.Meets("Amina")
	small := photo(s.T, 40, 30)
	file := File{Kind: Picture, MIME: "image/jpeg", Data: photo(s.T, 120, 90), Caption: "le justificatif", Width: 120, Height: 90, Thumbnail: small}
	can[Sender](s, c.Contact).Sends(c.Claire, file)
	content := s.arrives(c, "the picture", file, func(h bridgetest.Heard) bool { return h.Text == "le justificatif" })
	info := content.Info
	if content.MsgType != event.MsgImage || info.Width != 120 || info.Height != 90 || info.MimeType != "image/jpeg" || info.AnoaBlurhash == "" {
		s.Errorf("it comes as %+v", info)
	}
	if info.ThumbnailFile == nil || info.ThumbnailURL != "" || info.ThumbnailInfo == nil || info.ThumbnailInfo.Width == 0 {
		s.Fatalf("its small picture is %+v", info)
	}
	uri, err := info.ThumbnailFile.URL.Parse()
	if err != nil {
		s.Fatal(err)
	}
	data, err := s.Claire.Client().DownloadBytes(s.Context(), uri)
	if err == nil {
		err = info.ThumbnailFile.DecryptInPlace(data)
	}
	if config, _, problem := image.DecodeConfig(bytes.NewReader(data)); err != nil || problem != nil || config.Width != info.ThumbnailInfo.Width {
		s.Errorf("its small picture is %+v, %v, %v", config, err, problem)
	}
}

func pictureGoes(s *Scene) {
	c := s.Meets("Amina")
	can[Sender](s, c.Contact)
	data := photo(s.T, 300, 150)
	s.Claire.SendsImage(c.Room, data, "le plan")
	shown := s.shows(c, "the picture", Picture, data)
	if shown.Text != "le plan" || shown.File.Width != 300 || shown.File.Height != 150 || len(shown.File.Thumbnail) == 0 {
		s.Errorf("Amina's device shows %q with %dx%d", shown.Text, shown.File.Width, shown.File.Height)
	}
}

// voiceOut is a voice note as clients send it (MSC3245).
func voiceOut(name string) bridgetest.Attachment {
	return bridgetest.Attachment{Kind: event.MsgAudio, Name: name + ".ogg", MimeType: "audio/ogg", Data: noise("OggS", 3000),
		Info: event.FileInfo{Duration: 2000}, Voice: []int{0, 1024, 512, 0}}
}

func voiceComes(s *Scene) {
	c := s.Meets("Amina")
	file := File{Kind: Voice, Data: noise("OggS", 4000), Seconds: 4, Waveform: bytes.Repeat([]byte{50}, 64)}
	can[Sender](s, c.Contact).Sends(c.Claire, file)
	content := s.arrives(c, "the voice note", file, func(h bridgetest.Heard) bool { return h.MsgType == event.MsgAudio })
	if content.MSC3245Voice == nil || content.Info.Duration != 4000 {
		s.Errorf("it comes as %+v", content)
	}
	if _, shows := c.Contact.(Shaper); !shows {
		return
	}
	if shape := content.MSC1767Audio; shape == nil || len(shape.Waveform) != 64 || shape.Waveform[0] != 512 {
		s.Errorf("its shape is %+v", shape)
	}
}

func voiceGoes(s *Scene) {
	c := s.Meets("Amina")
	can[Sender](s, c.Contact)
	voice := voiceOut("Message vocal")
	s.Claire.Attaches(c.Room, voice)
	shown := s.shows(c, "the voice note", Voice, voice.Data)
	if shown.File.Seconds != 2 {
		s.Errorf("Amina hears %d s", shown.File.Seconds)
	}
	if _, shows := c.Contact.(Shaper); shows && (len(shown.File.Waveform) != 64 || shown.File.Waveform[16] == 0 || shown.File.Waveform[63] != 0) {
		s.Errorf("Amina hears the shape %v", shown.File.Waveform)
	}
}

func stickerComes(s *Scene) {
	c := s.Meets("Amina")
	_, moves := c.Contact.(Animator)
	file := File{Kind: Sticker, MIME: "image/webp", Data: noise("RIFF", 2000), Width: 512, Height: 512, Animated: moves}
	can[Sender](s, c.Contact).Sends(c.Claire, file)
	heard := s.Claire.Waits("the sticker", func(h bridgetest.Heard) bool { return h.Room == c.Room && h.Type == event.EventSticker })
	content := s.Encrypted(heard).Message()
	if content.File == nil || content.Info.Width != 512 || content.Info.IsAnimated != moves || !bytes.Equal(s.Claire.Downloads(heard), file.Data) {
		s.Errorf("it comes as %+v", content)
	}
}

func stickerGoes(s *Scene) {
	c := s.Meets("Amina")
	can[Sender](s, c.Contact)
	data := noise("RIFF\x00\x00\x00\x00WEBPVP8 ", 2000)
	s.Claire.Attaches(c.Room, bridgetest.Attachment{As: event.EventSticker, Name: "chat", MimeType: "image/webp", Data: data,
		Info: event.FileInfo{Width: 512, Height: 512}})
	s.shows(c, "the sticker", Sticker, data)
}

// A fileKind is a kind of file that comes and goes as what it is.
type fileKind struct {
	file File
	as   event.MessageType
}

func fileKinds() []fileKind {
	return []fileKind{
		{File{Kind: Video, MIME: "video/mp4", Caption: "la rue", Data: noise("\x00\x00\x00\x18ftypmp42", 5000), Width: 64, Height: 48, Seconds: 7}, event.MsgVideo},
		{File{Kind: GIF, MIME: "video/mp4", Data: noise("\x00\x00\x00\x18ftypmp42", 5000), Width: 64, Height: 48, Seconds: 1}, event.MsgVideo},
		{File{Kind: Audio, MIME: "audio/mpeg", Data: noise("ID3", 5000), Seconds: 200}, event.MsgAudio},
		{File{Kind: Document, Name: "Attestation.pdf", MIME: "application/pdf", Caption: "à signer", Data: noise("%PDF-1.7", 5000)}, event.MsgFile},
	}
}

func (k fileKind) comes(s *Scene) {
	c := s.Meets("Amina")
	can[Sender](s, c.Contact).Sends(c.Claire, k.file)
	content := s.arrives(c, "the "+string(k.file.Kind), k.file, func(h bridgetest.Heard) bool { return h.Sender == c.Ghost && h.MsgType == k.as })
	if content.GetCaption() != k.file.Caption || content.Info.MimeType != k.file.MIME || content.Info.Width != k.file.Width ||
		content.Info.Duration != 1000*k.file.Seconds || content.Info.MauGIF != (k.file.Kind == GIF) {
		s.Errorf("it comes as %+v with %+v", content, content.Info)
	}
	if k.file.Name != "" && content.GetFileName() != k.file.Name {
		s.Errorf("it is called %q", content.GetFileName())
	}
}

func (k fileKind) goes(s *Scene) {
	c := s.Meets("Amina")
	can[Sender](s, c.Contact)
	name := k.file.Name
	if name == "" {
		name = "fichier"
	}
	s.Claire.Attaches(c.Room, bridgetest.Attachment{Kind: k.as, Name: name, Caption: k.file.Caption, MimeType: k.file.MIME, Data: k.file.Data,
		Info: event.FileInfo{Width: k.file.Width, Height: k.file.Height, Duration: 1000 * k.file.Seconds, MauGIF: k.file.Kind == GIF}})
	shown := s.shows(c, "the "+string(k.file.Kind), k.file.Kind, k.file.Data)
	if shown.Text != k.file.Caption || shown.File.MIME != k.file.MIME || shown.File.Seconds != k.file.Seconds || shown.File.Width != k.file.Width {
		s.Errorf("Amina's device shows %q with %+v", shown.Text, shown.File)
	}
	if k.file.Name != "" && shown.File.Name != k.file.Name {
		s.Errorf("it is called %q", shown.File.Name)
	}
}
