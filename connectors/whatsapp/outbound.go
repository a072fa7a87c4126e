package whatsapp

import (
	"context"
	"fmt"
	"mime"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/transfer"
)

// outgoing is a Matrix message on its way to WhatsApp, in WhatsApp's words.
type outgoing struct {
	kind    portal.Kind
	text    string // what the gate judges by
	message *waE2E.Message
	file    *outgoingFile // nil: there is none
}

// outgoingFile is a file to send. Its content is fetched before the gate, and sent after it.
type outgoingFile struct {
	name string
	mime string
	as   whatsmeow.MediaType
	// fill puts into the message where the file has been uploaded to.
	fill func(whatsmeow.UploadResponse)

	content *transfer.File
	spent   bool                                          // the content has been encrypted in place
	fetch   func(context.Context) (*transfer.File, error) // gets the content
	hashed  bool                                          // the event holds its hash: fetch gives the same each time
}

// convertOut says a Matrix message in WhatsApp's words. It is nil when WhatsApp has none for it.
func convertOut(content *event.MessageEventContent, context *waE2E.ContextInfo) *outgoing {
	switch content.MsgType {
	case event.MsgText, event.MsgNotice:
		return convertTextOut(content.Body, context)
	case event.MsgEmote:
		return convertTextOut("* "+content.Body, context)
	case event.MsgImage:
		if isWhatsAppImage(mediaType(content)) {
			return convertImageOut(content, context)
		}
		return convertDocumentOut(content, context)
	case event.MsgFile, event.MsgVideo, event.MsgAudio:
		return convertDocumentOut(content, context)
	}
	return nil
}

func convertTextOut(text string, context *waE2E.ContextInfo) *outgoing {
	out := &outgoing{kind: portal.KindText, text: text, message: &waE2E.Message{}}
	if context == nil {
		out.message.Conversation = proto.String(text)
	} else {
		out.message.ExtendedTextMessage = &waE2E.ExtendedTextMessage{Text: proto.String(text), ContextInfo: context}
	}
	return out
}

// isWhatsAppImage tells whether WhatsApp shows files of a media type as pictures.
func isWhatsAppImage(mimeType string) bool {
	return mimeType == "image/jpeg" || mimeType == "image/png"
}

func convertImageOut(content *event.MessageEventContent, context *waE2E.ContextInfo) *outgoing {
	image := &waE2E.ImageMessage{Mimetype: proto.String(mediaType(content)), ContextInfo: context}
	if caption := content.GetCaption(); caption != "" {
		image.Caption = proto.String(caption)
	}
	if info := content.Info; info != nil && info.Width > 0 && info.Height > 0 {
		image.Width, image.Height = proto.Uint32(uint32(info.Width)), proto.Uint32(uint32(info.Height))
	}
	out := mediaOut(content, whatsmeow.MediaImage, &waE2E.Message{ImageMessage: image})
	out.file.fill = func(at whatsmeow.UploadResponse) {
		image.URL, image.DirectPath, image.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		image.FileEncSHA256, image.FileSHA256, image.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func convertDocumentOut(content *event.MessageEventContent, context *waE2E.ContextInfo) *outgoing {
	name := content.GetFileName()
	document := &waE2E.DocumentMessage{
		Mimetype: proto.String(mediaType(content)), FileName: proto.String(name), Title: proto.String(name), ContextInfo: context,
	}
	if caption := content.GetCaption(); caption != "" {
		document.Caption = proto.String(caption)
	}
	message := &waE2E.Message{DocumentMessage: document}
	if document.Caption != nil { // as WhatsApp's own clients wrap it
		message = &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: message}}
	}
	out := mediaOut(content, whatsmeow.MediaDocument, message)
	out.file.fill = func(at whatsmeow.UploadResponse) {
		document.URL, document.DirectPath, document.MediaKey = &at.URL, &at.DirectPath, at.MediaKey
		document.FileEncSHA256, document.FileSHA256, document.FileLength = at.FileEncSHA256, at.FileSHA256, &at.FileLength
	}
	return out
}

func mediaOut(content *event.MessageEventContent, as whatsmeow.MediaType, message *waE2E.Message) *outgoing {
	return &outgoing{
		kind: portal.KindMedia, text: content.GetCaption(), message: message,
		file: &outgoingFile{name: content.GetFileName(), mime: mediaType(content), as: as},
	}
}

// mediaType returns the media type that the sender states, without parameters.
func mediaType(content *event.MessageEventContent) string {
	plain, _, err := mime.ParseMediaType(content.GetInfo().MimeType)
	if err != nil {
		return "application/octet-stream"
	}
	return plain
}

// answering returns what makes a message an answer to another one; nil when the other one is not WhatsApp's.
func answering(to *database.Message) *waE2E.ContextInfo {
	if to == nil {
		return nil
	}
	answered, err := parseMessageID(to.ID)
	if err != nil {
		return nil
	}
	return &waE2E.ContextInfo{
		StanzaID:      proto.String(answered.id),
		Participant:   proto.String(lidOf(answered.sender).String()),
		QuotedMessage: &waE2E.Message{Conversation: proto.String("")}, // the phone has the words
	}
}

// mimeAll stands for every media type.
const mimeAll = "*/*"

// roomFeatures is what rooms can do, for clients that want to know. bridgev2 refuses in protocol words what is not in it, so
// it names every kind of file, and what is refused is refused here.
func roomFeatures(maxFile int64) *event.RoomFeatures {
	features := &event.RoomFeatures{
		ID:              fmt.Sprintf("passerelle.whatsapp.1.%d", maxFile),
		MaxTextLength:   65536,
		Reply:           event.CapLevelFullySupported,
		LocationMessage: event.CapLevelUnsupported,
		File:            event.FileFeatureMap{},
	}
	for _, kind := range []event.CapabilityMsgType{
		event.MsgImage, event.MsgFile, event.MsgVideo, event.MsgAudio, event.CapMsgVoice, event.CapMsgGIF, event.CapMsgSticker,
	} {
		features.File[kind] = &event.FileFeatures{
			MimeTypes: map[string]event.CapabilitySupportLevel{mimeAll: event.CapLevelPartialSupport},
			Caption:   event.CapLevelFullySupported,
		}
	}
	features.File[event.MsgImage].MimeTypes["image/jpeg"] = event.CapLevelFullySupported
	features.File[event.MsgImage].MimeTypes["image/png"] = event.CapLevelFullySupported
	features.File[event.CapMsgSticker].MimeTypes[mimeAll] = event.CapLevelDropped
	return features
}
