package whatsapptest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// Text is a text with what may go with it.
type Text struct {
	// Body is the text; whom it mentions stands in it as @ and the LID's digits.
	Body string
	// Mentions are people by phone number or LID, Quoted is the ID of the message that it answers.
	Mentions []string
	Quoted   string
	// Forwarded marks it as not the owner's own words.
	Forwarded bool
	// Preview is of a link in the body.
	Preview *Preview
}

// SendText sends a text with what goes with it, and returns the message's ID.
func (p *Phone) SendText(ctx context.Context, to string, t Text) (string, error) {
	info := &waE2E.ContextInfo{}
	for _, who := range t.Mentions {
		person, err := p.server.lookUp(who)
		if err != nil {
			return "", fmt.Errorf("mention %s: %w", who, err)
		}
		info.MentionedJID = append(info.MentionedJID, person.lid.String())
	}
	if t.Quoted != "" {
		if err := p.quote(info, to, t.Quoted); err != nil {
			return "", fmt.Errorf("reply to %s: %w", t.Quoted, err)
		}
	}
	if t.Forwarded {
		info.IsForwarded, info.ForwardingScore = proto.Bool(true), proto.Uint32(1)
	}
	m := &waE2E.ExtendedTextMessage{Text: &t.Body, ContextInfo: info}
	if t.Preview != nil {
		m.MatchedText, m.Title, m.Description = &t.Preview.URL, &t.Preview.Title, &t.Preview.Description
		m.JPEGThumbnail, m.PreviewType = t.Preview.Thumbnail, waE2E.ExtendedTextMessage_NONE.Enum()
	}
	return p.SendMessage(ctx, to, &waE2E.Message{ExtendedTextMessage: m})
}

// quote makes a message an answer to another one of the chat.
func (p *Phone) quote(info *waE2E.ContextInfo, to, quoted string) error {
	key, entry, err := p.keyOf(to, quoted)
	if err != nil {
		return err
	}
	chat, err := p.resolve(to)
	if err != nil {
		return err
	}
	author := p.server.nameIn(chat, p.owner).String()
	if !entry.FromMe {
		author = key.GetParticipant()
		if author == "" {
			author = key.GetRemoteJID()
		}
	}
	info.StanzaID, info.Participant, info.QuotedMessage = &quoted, &author, &waE2E.Message{Conversation: &entry.Text}
	return nil
}

// some returns a field's value, or none for the zero value.
func some[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// message is a place as messages carry it.
func (l *Location) message() *waE2E.LocationMessage {
	return &waE2E.LocationMessage{
		DegreesLatitude: &l.Latitude, DegreesLongitude: &l.Longitude, Name: some(l.Name), Address: some(l.Address),
	}
}

// SendLocation sends a place, or the first position of a live one, and returns the message's ID.
func (p *Phone) SendLocation(ctx context.Context, to string, place Location) (string, error) {
	if !place.Live {
		return p.SendMessage(ctx, to, &waE2E.Message{LocationMessage: place.message()})
	}
	return p.SendMessage(ctx, to, &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{
		DegreesLatitude: &place.Latitude, DegreesLongitude: &place.Longitude, Caption: some(place.Name),
		TimeOffset: some(place.Elapsed), SequenceNumber: proto.Int64(max(place.Sequence, time.Now().UnixMicro())),
	}})
}

// MoveLocation sends the next position of the live location that the owner shows in a chat. Real phones spread positions in
// stanzas of their own, which whatsmeow does not read; here they are further messages with greater sequence numbers, told some
// time after the first.
func (p *Phone) MoveLocation(ctx context.Context, to string, latitude, longitude float64) (string, error) {
	return p.SendLocation(ctx, to, Location{Latitude: latitude, Longitude: longitude, Live: true, Elapsed: 1})
}

// applyLivePosition moves a live location that is shown already, and reports whether there was one. The caller holds the mutex.
func (p *Phone) applyLivePosition(m message, live *waE2E.LiveLocationMessage) bool {
	chat, from := p.chatName(m.chat), p.nameOf(m.from)
	shown := p.inbox.last(func(e *Entry) bool {
		return e.Chat == chat && e.From == from && e.Location != nil && e.Location.Live && !e.Deleted
	})
	if shown == "" {
		return false
	}
	next := locationOf(&waE2E.Message{LiveLocationMessage: live})
	if live.GetTimeOffset() == 0 {
		return false // another one
	}
	return p.inbox.change(chat, shown, func(e *Entry) {
		if next.Sequence > e.Location.Sequence {
			next.Name = e.Location.Name
			e.Location = next
		}
	})
}

// SendContacts sends contact cards and returns the message's ID.
func (p *Phone) SendContacts(ctx context.Context, to string, cards ...ContactCard) (string, error) {
	var contacts []*waE2E.ContactMessage
	for _, card := range cards {
		contacts = append(contacts, &waE2E.ContactMessage{DisplayName: &card.Name, Vcard: &card.VCard})
	}
	switch len(contacts) {
	case 0:
		return "", fmt.Errorf("%w: no contact cards", errBadInput)
	case 1:
		return p.SendMessage(ctx, to, &waE2E.Message{ContactMessage: contacts[0]})
	}
	return p.SendMessage(ctx, to, &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
		DisplayName: proto.String(strconv.Itoa(len(contacts)) + " contacts"), Contacts: contacts,
	}})
}

// SendInvite invites a person into a group by a message and returns its ID.
func (p *Phone) SendInvite(ctx context.Context, to, group, caption string) (string, error) {
	invite, err := p.invite(to, group)
	if err != nil {
		return "", fmt.Errorf("send invite: %w", err)
	}
	return p.SendMessage(ctx, to, &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{
		GroupJID: &invite.Group, GroupName: &invite.Subject, InviteCode: &invite.Code, Caption: &caption,
		InviteExpiration: proto.Int64(invite.Expires.Unix()),
	}})
}

// File is a file to send.
type File struct {
	// Kind is one of the kinds of entries that have a file; KindImage without one.
	Kind string
	// Data is the file; MIME its type, a usual one of the kind without one.
	Data []byte
	MIME string
	// Name is a document's, Caption the text below it.
	Name, Caption string
	// Width and Height are in pixels, Seconds is a duration; Waveform has a voice note's loudness, 64 values from 0 to 100.
	Width, Height, Seconds uint32
	Waveform               []byte
	// Thumbnail is a small JPEG, PNG for a sticker.
	Thumbnail []byte
	// Animated marks a sticker, ViewOnce what is to be seen once: linked devices only learn that there was something.
	Animated, ViewOnce bool
}

// cryptoOf says how kinds of files are encrypted, and what type they usually have.
var cryptoOf = map[string]struct {
	media whatsmeow.MediaType
	mime  string
}{
	KindImage: {whatsmeow.MediaImage, "image/png"}, KindSticker: {whatsmeow.MediaImage, "image/webp"},
	KindVideo: {whatsmeow.MediaVideo, "video/mp4"}, KindGIF: {whatsmeow.MediaVideo, "video/mp4"},
	KindVideoNote: {whatsmeow.MediaVideo, "video/mp4"}, KindAudio: {whatsmeow.MediaAudio, "audio/mpeg"},
	KindVoice:    {whatsmeow.MediaAudio, "audio/ogg; codecs=opus"},
	KindDocument: {whatsmeow.MediaDocument, "application/octet-stream"},
}

// SendFile uploads a file, sends it and returns the message's ID.
func (p *Phone) SendFile(ctx context.Context, to string, f File) (string, error) {
	m, err := p.Upload(f)
	if err != nil {
		return "", fmt.Errorf("send file: %w", err)
	}
	if f.ViewOnce {
		return p.send(ctx, to, &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: m}}, sendOptions{phonesOnly: true, why: "view_once"})
	}
	return p.SendMessage(ctx, to, m)
}

// Upload uploads a file and returns the message about it, for where SendFile does not send: status posts, history.
func (p *Phone) Upload(f File) (*waE2E.Message, error) {
	if f.Kind == "" {
		f.Kind = KindImage
	}
	crypto, ok := cryptoOf[f.Kind]
	if !ok {
		return nil, fmt.Errorf("%w: %q is not a kind of file", errBadInput, f.Kind)
	}
	if f.MIME == "" {
		f.MIME = crypto.mime
	}
	media, err := p.server.uploadMedia(f.Data, crypto.media)
	if err != nil {
		return nil, err
	}
	return f.message(media), nil
}

// message builds the message about an uploaded file.
func (f *File) message(media sealedMedia) *waE2E.Message {
	now, caption, viewOnce := proto.Int64(time.Now().Unix()), some(f.Caption), some(f.ViewOnce)
	switch f.Kind {
	case KindVideo, KindGIF, KindVideoNote:
		video := &waE2E.VideoMessage{
			URL: &media.url, DirectPath: &media.directPath, MediaKey: media.key, Mimetype: &f.MIME, FileSHA256: media.sum,
			FileEncSHA256: media.encryptedSum, FileLength: &media.length, MediaKeyTimestamp: now, Caption: caption,
			Width: some(f.Width), Height: some(f.Height), Seconds: some(f.Seconds), JPEGThumbnail: f.Thumbnail,
			GifPlayback: some(f.Kind == KindGIF), ViewOnce: viewOnce,
		}
		if f.Kind == KindVideoNote {
			return &waE2E.Message{PtvMessage: video}
		}
		return &waE2E.Message{VideoMessage: video}
	case KindAudio, KindVoice:
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			URL: &media.url, DirectPath: &media.directPath, MediaKey: media.key, Mimetype: &f.MIME, FileSHA256: media.sum,
			FileEncSHA256: media.encryptedSum, FileLength: &media.length, MediaKeyTimestamp: now,
			Seconds: some(f.Seconds), Waveform: f.Waveform, PTT: proto.Bool(f.Kind == KindVoice), ViewOnce: viewOnce,
		}}
	case KindDocument:
		document := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			URL: &media.url, DirectPath: &media.directPath, MediaKey: media.key, Mimetype: &f.MIME, FileSHA256: media.sum,
			FileEncSHA256: media.encryptedSum, FileLength: &media.length, MediaKeyTimestamp: now, Caption: caption,
			FileName: &f.Name, Title: &f.Name, JPEGThumbnail: f.Thumbnail,
		}}
		if caption != nil { // phones wrap those, for clients that would not show the caption
			return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: document}}
		}
		return document
	case KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: &media.url, DirectPath: &media.directPath, MediaKey: media.key, Mimetype: &f.MIME, FileSHA256: media.sum,
			FileEncSHA256: media.encryptedSum, FileLength: &media.length, MediaKeyTimestamp: now,
			Width: some(f.Width), Height: some(f.Height), IsAnimated: some(f.Animated), PngThumbnail: f.Thumbnail,
		}}
	}
	return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		URL: &media.url, DirectPath: &media.directPath, MediaKey: media.key, Mimetype: &f.MIME, FileSHA256: media.sum,
		FileEncSHA256: media.encryptedSum, FileLength: &media.length, MediaKeyTimestamp: now, Caption: caption,
		Width: some(f.Width), Height: some(f.Height), JPEGThumbnail: f.Thumbnail, ViewOnce: viewOnce,
	}}
}

// PinMessage pins a message of a chat for everybody for a while; for no time it is pinned no more.
func (p *Phone) PinMessage(ctx context.Context, chat, id string, lasts time.Duration) error {
	key, _, err := p.keyOf(chat, id)
	if err != nil {
		return fmt.Errorf("pin %s: %w", id, err)
	}
	kind := waE2E.PinInChatMessage_PIN_FOR_ALL
	if lasts == 0 {
		kind = waE2E.PinInChatMessage_UNPIN_FOR_ALL
	}
	_, err = p.SendMessage(ctx, chat, &waE2E.Message{
		PinInChatMessage:   &waE2E.PinInChatMessage{Key: key, Type: &kind, SenderTimestampMS: proto.Int64(time.Now().UnixMilli())},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageAddOnDurationInSecs: some(uint32(lasts / time.Second))},
	})
	return err
}
