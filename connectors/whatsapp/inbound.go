package whatsapp

import (
	"mime"
	"strings"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/reflect/protoreflect"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// shows tells whether a message is something that people see in a chat. Others carry keys and settings between devices, or
// belong to a message that is already there: those, once their feature is here, have a way of their own.
func shows(message *waE2E.Message) bool {
	if message == nil {
		return false
	}
	if protocol := message.GetProtocolMessage(); protocol != nil {
		switch protocol.GetType() {
		case waE2E.ProtocolMessage_REVOKE, waE2E.ProtocolMessage_MESSAGE_EDIT:
			return true
		}
		return false
	}
	shown := len(message.ProtoReflect().GetUnknown()) > 0 // a kind newer than whatsmeow
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		shown = !isSilent(field.Name())
		return !shown
	})
	return shown
}

// isSilent tells whether a field of waE2E.Message shows nothing by itself.
func isSilent(field protoreflect.Name) bool {
	switch field {
	case "messageContextInfo", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage",
		"reactionMessage", "encReactionMessage", "pollUpdateMessage", "keepInChatMessage", "pinInChatMessage",
		"stickerSyncRmrMessage", "albumMessage", "messageHistoryNotice", "messageHistoryBundle":
		return true
	}
	return false
}

// content is a message of WhatsApp's in Matrix's words, before its file is fetched.
type content struct {
	kind  portal.Kind
	text  string // what the gate judges by
	event *event.MessageEventContent
	file  *file // nil: there is none
	quote *quote
	// sentence stands for a message that has no words of Matrix's: then nothing else is set but quote.
	sentence say.Sentence
}

// file is where a message's file is.
type file struct {
	source whatsmeow.DownloadableMessage
	name   string
	mime   string
	size   int64 // in bytes, as the sender says
}

// quote is the message that a message answers.
type quote struct {
	id     types.MessageID
	sender types.JID
}

// convert says a message in Matrix's words.
func convert(message *events.Message) content {
	inner := message.Message
	switch {
	case message.IsViewOnce:
		return content{sentence: say.OpenYourPhone}
	case inner.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_REVOKE && inner.GetProtocolMessage() != nil:
		return content{sentence: say.DeletedOnNetwork}
	case message.IsEdit, inner.GetProtocolMessage() != nil, inner.GetEditedMessage() != nil:
		return content{sentence: say.EditedOnPhone}
	case inner.GetConversation() != "":
		return convertText(inner.GetConversation(), nil)
	case inner.GetExtendedTextMessage().GetText() != "":
		text := inner.GetExtendedTextMessage()
		return convertText(text.GetText(), text.GetContextInfo())
	case inner.GetImageMessage() != nil:
		return convertImage(inner.GetImageMessage())
	}
	return content{sentence: say.OpenYourPhone}
}

func convertText(text string, context *waE2E.ContextInfo) content {
	return content{
		kind: portal.KindText, text: text, quote: quoteOf(context),
		event: &event.MessageEventContent{MsgType: event.MsgText, Body: text},
	}
}

func convertImage(image *waE2E.ImageMessage) content {
	f := &file{source: image, name: "image" + extension(image.GetMimetype()), mime: image.GetMimetype(),
		size: int64(min(image.GetFileLength(), 1<<62))}
	out := &event.MessageEventContent{
		MsgType: event.MsgImage, Body: f.name, FileName: f.name,
		Info: &event.FileInfo{MimeType: f.mime, Size: int(f.size), Width: int(image.GetWidth()), Height: int(image.GetHeight())},
	}
	if image.GetCaption() != "" {
		out.Body = image.GetCaption() // Matrix Client-Server API, "Media captions": a body that is not the file's name
	}
	return content{kind: portal.KindMedia, text: image.GetCaption(), event: out, file: f, quote: quoteOf(image.GetContextInfo())}
}

// extension returns a file name's extension for a media type. The common ones are fixed, since systems differ about them.
func extension(mimeType string) string {
	plain, _, err := mime.ParseMediaType(mimeType)
	if err != nil {
		return ""
	}
	switch plain {
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/webp":
		return "." + strings.TrimPrefix(plain, "image/")
	}
	known, err := mime.ExtensionsByType(plain)
	if err != nil || len(known) == 0 {
		return ""
	}
	return known[0]
}

func quoteOf(context *waE2E.ContextInfo) *quote {
	sender, err := types.ParseJID(context.GetParticipant())
	if err != nil || context.GetStanzaID() == "" || sender.User == "" {
		return nil
	}
	return &quote{id: context.GetStanzaID(), sender: sender.ToNonAD()}
}
