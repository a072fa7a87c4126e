package whatsapp

import (
	"context"
	"io"
	"mime"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/media"
	"passerelle/portal/transfer"
)

// outgoing is a Matrix message on its way to WhatsApp, in WhatsApp's words.
type outgoing struct {
	kind      portal.Kind
	text      string // everything in it that can be read: what the gate judges by
	message   *waE2E.Message
	file      *outgoingFile      // nil: there is none
	thumbnail *outgoingThumbnail // nil: there is none
	preface   *waE2E.Message     // says whose a message without words is; sent before it; nil: it needs none
}

// outgoingFile is a file to send. Its content is fetched before the gate, and sent after it.
type outgoingFile struct {
	name string
	mime string
	as   whatsmeow.MediaType
	// look is called with the file once it is there, before the gate is asked, and may change the message; nil: nothing does.
	look func(io.ReadSeeker)
	// inMessage says that the message holds the file itself: then it is not uploaded.
	inMessage bool
	// fill puts into the message where the file has been uploaded to.
	fill func(whatsmeow.UploadResponse)

	content *transfer.File
	spent   bool                                          // the content has been encrypted in place
	fetch   func(context.Context) (*transfer.File, error) // gets the content
	hashed  bool                                          // the event holds its hash: fetch gives the same each time
}

// outgoingThumbnail is a small picture that the Matrix message brings, as a file of its own. The message goes without it when
// it cannot be fetched.
type outgoingThumbnail struct {
	url       id.ContentURIString
	encrypted *event.EncryptedFileInfo
	size      int64 // in bytes, as the sender says
	width     int   // that WhatsApp shows it at, in pixels
	fill      func(small []byte)
}

// occasion is what a message goes out with.
type occasion struct {
	// person returns the LID of somebody in Matrix; it is not ok for somebody who is not on WhatsApp.
	person func(id.UserID) (types.JID, bool)
	// answers is the message that it answers; nil: none.
	answers *waE2E.ContextInfo
	// expires is after how many seconds it disappears; 0: it stays.
	expires uint32
	// timerSet is when that was decided for the chat, as Unix time in seconds; 0: not known.
	timerSet int64
	// raw is the Matrix event as it came, for the fields that mautrix's types do not have.
	raw map[string]any
	// by is whose words they are; zero: the account's owner's.
	by signature
}

// context is what a message says about what is around it; nil: nothing.
func (o occasion) context() *waE2E.ContextInfo {
	if o.answers == nil && o.expires == 0 {
		return nil
	}
	context := &waE2E.ContextInfo{}
	if o.answers != nil {
		context = proto.Clone(o.answers).(*waE2E.ContextInfo)
	}
	if o.expires > 0 {
		context.Expiration = proto.Uint32(o.expires)
		if o.timerSet > 0 {
			context.EphemeralSettingTimestamp = proto.Int64(o.timerSet)
		}
	}
	return context
}

// naming is context for a text that may name people.
func (o occasion) naming(text marked) *waE2E.ContextInfo {
	context := o.context()
	if context == nil && (len(text.mentions) > 0 || text.all) {
		context = &waE2E.ContextInfo{}
	}
	if len(text.mentions) > 0 {
		context.MentionedJID = text.mentions
	}
	if text.all {
		context.NonJIDMentions = proto.Uint32(1)
	}
	return context
}

// convertOut says a Matrix message in WhatsApp's words. It is nil when WhatsApp has none for it.
func convertOut(content *event.MessageEventContent, on occasion) *outgoing {
	switch content.MsgType {
	case event.MsgText, event.MsgNotice:
		return textOut(content, on, on.by.words)
	case event.MsgEmote:
		return textOut(content, on, on.by.deed)
	case event.MsgLocation:
		return locationOut(content, on.raw, on.context())
	}
	return mediaOut(content, on)
}

func textOut(content *event.MessageEventContent, on occasion, sign func(string) string) *outgoing {
	text := writeMarkup(content, on.person)
	text.text = sign(text.text)
	out := &outgoing{kind: portal.KindText, text: text.text, message: &waE2E.Message{}}
	extended := &waE2E.ExtendedTextMessage{Text: proto.String(text.text), ContextInfo: on.naming(text)}
	out.previewOut(content, extended)
	if extended.ContextInfo == nil && extended.MatchedText == nil {
		out.message.Conversation = extended.Text
	} else {
		out.message.ExtendedTextMessage = extended
	}
	return out
}

// mediaType returns the media type that the sender states, without parameters.
func mediaType(content *event.MessageEventContent) string {
	if content.Info == nil {
		return media.PlainType("")
	}
	return media.PlainType(content.Info.MimeType)
}

// parametersOf returns the parameters of the media type that the sender states.
func parametersOf(content *event.MessageEventContent) map[string]string {
	_, parameters, err := mime.ParseMediaType(content.GetInfo().MimeType)
	if err != nil {
		return nil
	}
	return parameters
}

// answering returns what makes a message an answer to another one; nil when the other one is not WhatsApp's.
func answering(to *database.Message) *waE2E.ContextInfo {
	if to == nil {
		return nil
	}
	answered, err := parseMessageID(to.ID)
	if err != nil || answered.isOurs() {
		return nil
	}
	return &waE2E.ContextInfo{
		StanzaID:      proto.String(answered.id),
		Participant:   proto.String(lidOf(answered.sender).String()),
		QuotedMessage: &waE2E.Message{Conversation: proto.String("")}, // the phone has the words
	}
}
