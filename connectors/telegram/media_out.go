package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/media"
	"passerelle/portal/transfer"
)

// maxCaption is how long what stands below a file may be, in UTF-16 units once its entities are parsed (Bot API, sendPhoto).
const maxCaption = 1024

// Kinds of files, as methods and parameters name them.
const (
	kindPhoto     = "photo"
	kindVideo     = "video"
	kindAnimation = "animation"
	kindAudio     = "audio"
	kindVoice     = "voice"
	kindSticker   = "sticker"
	kindDocument  = "document"
)

// What Telegram shows as a picture (Bot API, sendPhoto).
const (
	maxPhoto      = 10 << 20 // bytes
	maxPhotoSides = 10_000   // pixels, both together
	maxPhotoRatio = 20       // of one to the other
)

// mostInAlbum is how many files an album may hold (Bot API, sendMediaGroup).
const mostInAlbum = 10

// outgoingFile is a file to send. Its content is fetched before the gate, and sent after it.
type outgoingFile struct {
	kind    string
	name    string
	mime    string
	details map[string]any // parameters: width, height, duration and the like
	caption marked         // of its own, in an album

	from      *event.MessageEventContent // where it is in Matrix
	content   *transfer.File
	thumbnail []byte // a small JPEG; nil: none
	part      string // of the request that holds it
}

// A part is one message of Telegram's: a text, a file with its caption, several files, which are an album, or a call.
type part struct {
	marked
	files []*outgoingFile
	call  *call     // nil: it is none
	poll  *keptPoll // that the call sends; nil: it sends none
}

// mediaOut says a Matrix file in Telegram's words: as what its apps can show, otherwise as a document. It is nil for what is none.
func mediaOut(content *event.MessageEventContent, on occasion) *outgoing {
	switch {
	case isFile(content.MsgType):
		return captionedOut(captionOut(content, on), on, fileOut(content, on))
	case content.MsgType == event.MsgBeeperGallery:
		return albumOut(content, on)
	case content.MsgType == msgGallery || content.MsgType == msgGalleryUnstable:
		if gallery := galleryOut(content, on.raw); gallery != nil {
			return albumOut(gallery, on)
		}
	}
	return nil
}

// captionedOut is a file with its caption. What is longer than captions may be goes on in texts.
func captionedOut(caption marked, on occasion, f *outgoingFile) *outgoing {
	out := &outgoing{kind: portal.KindMedia, text: caption.text, answers: on.answers}
	if f.kind == kindSticker { // which has no words below it
		out.text = strings.TrimSpace(caption.text + " " + f.from.Body)
		if caption.text != "" {
			out.parts = append(out.parts, part{marked: caption})
		}
		out.parts = append(out.parts, part{files: []*outgoingFile{f}})
		return out
	}
	out.parts = textParts(splitFrom(caption, maxCaption, maxText))
	out.parts[0].files = []*outgoingFile{f}
	return out
}

// textParts are texts as parts.
func textParts(texts []marked) (parts []part) {
	for _, text := range texts {
		parts = append(parts, part{marked: text})
	}
	return parts
}

// albumOut is a gallery: in as many albums of Telegram's as it needs.
func albumOut(content *event.MessageEventContent, on occasion) *outgoing {
	words := on.by.alone()
	if content.BeeperGalleryCaption != "" {
		said := &event.MessageEventContent{MsgType: event.MsgText, Body: content.BeeperGalleryCaption}
		if content.BeeperGalleryCaptionHTML != "" {
			said.Format, said.FormattedBody = event.FormatHTML, content.BeeperGalleryCaptionHTML
		}
		words = on.by.words(writeEntities(said, on.person))
	}
	out := &outgoing{kind: portal.KindMedia, answers: on.answers}
	var files []*outgoingFile
	var more []part // what is longer than captions may be
	for _, one := range content.BeeperGalleryImages {
		if one == nil || !isFile(one.MsgType) {
			continue
		}
		f, caption := fileOut(one, on), marked{}
		if one.GetCaption() != "" {
			caption = writeEntities(one, on.person)
		}
		if len(files) == 0 && words.text != "" { // the caption of an album is its first file's
			words.text = strings.TrimRight(words.text+"\n", "\n") + strings.Repeat("\n", min(1, len(caption.text)))
			caption = joined(words, caption)
		}
		out.text = strings.TrimSpace(out.text + "\n" + caption.text)
		pieces := splitFrom(caption, maxCaption, maxText)
		f.caption = pieces[0]
		for _, rest := range pieces[1:] {
			more = append(more, part{marked: rest})
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil
	}
	for album := range slices.Chunk(files, mostInAlbum) {
		out.parts = append(out.parts, part{marked: album[0].caption, files: album})
	}
	out.parts = append(out.parts, more...)
	return out
}

// isFile tells whether a kind of message is a file.
func isFile(kind event.MessageType) bool {
	switch kind {
	case event.MsgImage, event.MsgVideo, event.MsgAudio, event.MsgFile, event.CapMsgSticker:
		return true
	}
	return false
}

// unmix has all files of an album go as documents when one must: Telegram mixes only pictures with videos (Bot API, sendMediaGroup).
func (p part) unmix() {
	if len(p.files) < 2 || !slices.ContainsFunc(p.files, func(f *outgoingFile) bool { return f.kind != kindPhoto && f.kind != kindVideo }) {
		return
	}
	for _, f := range p.files {
		f.asDocument()
	}
}

// captionOut returns what stands below a file: its words, and whose they are; empty without anything.
func captionOut(content *event.MessageEventContent, on occasion) marked {
	if content.GetCaption() == "" || content.MsgType == event.CapMsgSticker {
		return on.by.alone()
	}
	return on.by.words(writeEntities(content, on.person))
}

// shownAs lists the media types that Telegram's apps show as what they are, by the kind that Matrix says. All others go as documents.
var shownAs = map[event.CapabilityMsgType]map[string]string{
	event.MsgImage: {"image/jpeg": kindPhoto, "image/png": kindPhoto, "image/webp": kindPhoto, "image/gif": kindAnimation},
	event.MsgVideo: {"video/mp4": kindVideo},
	event.MsgAudio: {"audio/mpeg": kindAudio, "audio/mp4": kindAudio, "audio/x-m4a": kindAudio, "audio/m4a": kindAudio},
	event.MsgFile:  {},
	event.CapMsgVoice: {"audio/ogg": kindVoice, "audio/mpeg": kindVoice, "audio/mp4": kindVoice, "audio/x-m4a": kindVoice,
		"audio/m4a": kindVoice},
	event.CapMsgGIF: {"video/mp4": kindAnimation, "image/gif": kindAnimation},
	event.CapMsgSticker: {"image/webp": kindSticker, "video/webm": kindSticker, "application/x-tgsticker": kindSticker,
		"image/png": kindPhoto, "image/jpeg": kindPhoto, "image/gif": kindAnimation},
}

// fileOut describes a Matrix file to Telegram.
func fileOut(content *event.MessageEventContent, on occasion) *outgoingFile {
	info := content.GetInfo()
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1 // it goes into a header
		}
		return r
	}, strings.ToValidUTF8(content.GetFileName(), ""))
	f := &outgoingFile{name: media.FileName(name), mime: media.PlainType(info.MimeType), from: content, details: map[string]any{}}
	as := content.GetCapMsgType()
	f.kind = shownAs[as][f.mime]
	if f.kind == "" {
		f.kind = kindDocument
	}
	if f.name == "" {
		f.name = "file"
	}
	// Telegram looks at the end of some names (Bot API, sendSticker, sendAudio).
	switch extension := media.Extension(f.mime); {
	case f.mime == "application/x-tgsticker" && f.kind == kindSticker:
		f.name = "sticker.tgs"
	case f.kind != kindDocument && extension != "" && !strings.HasSuffix(strings.ToLower(f.name), extension):
		f.name += extension
	}
	length := info.Duration
	if content.MSC1767Audio != nil && length == 0 {
		length = content.MSC1767Audio.Duration
	}
	f.measures("width", info.Width, kindVideo, kindAnimation)
	f.measures("height", info.Height, kindVideo, kindAnimation)
	f.measures("duration", seconds(length), kindVideo, kindAnimation, kindAudio, kindVoice)
	if hidden, _ := on.raw[keySpoiler].(bool); hidden && slices.Contains([]string{kindPhoto, kindVideo, kindAnimation}, f.kind) {
		f.details["has_spoiler"] = true
	}
	if f.kind == kindVideo {
		f.details["supports_streaming"] = true
	}
	if f.kind == kindDocument { // it is meant to stay as it is
		f.details["disable_content_type_detection"] = true
	}
	return f
}

// measures notes a number that a client states, for the kinds that have it.
func (f *outgoingFile) measures(name string, stated int, kinds ...string) {
	if stated > 0 && slices.Contains(kinds, f.kind) {
		f.details[name] = min(stated, 1<<30)
	}
}

// seconds rounds up: nothing that sounds lasts for none.
func seconds(milliseconds int) int { return (max(0, milliseconds) + 999) / 1000 }

// asDocument has a file go as it is.
func (f *outgoingFile) asDocument() {
	f.kind, f.details = kindDocument, map[string]any{"disable_content_type_detection": true}
}

// look has a picture go as a document that Telegram would not take as a picture.
func (f *outgoingFile) look() {
	if f.kind != kindPhoto {
		return
	}
	config, _, err := image.DecodeConfig(io.NewSectionReader(f.content, 0, f.content.Size()))
	width, height := config.Width, config.Height
	if err != nil || f.content.Size() > maxPhoto || width+height > maxPhotoSides || width > maxPhotoRatio*height || height > maxPhotoRatio*width {
		f.asDocument()
	}
}

// method is the name of the method that sends the file.
func (f *outgoingFile) method() string { return "send" + strings.ToUpper(f.kind[:1]) + f.kind[1:] }

// smallPart names the part of the request that holds the small picture.
func (f *outgoingFile) smallPart() string {
	if f.part == f.kind {
		return "thumbnail"
	}
	return f.part + "-thumbnail"
}

// inputMedia describes the file as one of an album, or as what takes another one's place (Bot API, InputMedia).
func (f *outgoingFile) inputMedia(caption marked) json.RawMessage {
	item := maps.Clone(f.details)
	item["type"], item["media"] = f.kind, "attach://"+f.part
	if caption.text != "" {
		item["caption"] = caption.text
	}
	if len(caption.entities) > 0 {
		item["caption_entities"] = caption.entities
	}
	if f.thumbnail != nil {
		item["thumbnail"] = "attach://" + f.smallPart()
	}
	return json.RawMessage(encoded(item))
}

// isReplaceable tells whether the file can take another one's place (Bot API, editMessageMedia).
func (f *outgoingFile) isReplaceable() bool { return f.kind != kindVoice && f.kind != kindSticker }

// files lists all files of a message.
func (o *outgoing) files() (all []*outgoingFile) {
	for _, p := range o.parts {
		all = append(all, p.files...)
	}
	return all
}

// close lets go of the files.
func (o *outgoing) close() {
	if o == nil {
		return
	}
	for _, f := range o.files() {
		if f.content != nil {
			f.content.Close()
		}
	}
}

// sendPart sends one part, and returns the messages that it became.
func (a *account) sendPart(ctx context.Context, to chatID, p part, answers messageID, preview *linkPreview) (sent []message, err error) {
	var one message
	switch {
	case p.call != nil:
		one, err = a.transmit(ctx, to, *p.call, answers)
	case len(p.files) == 0:
		one, err = a.api.send(ctx, to, textCall(p.marked, preview), answers)
	case len(p.files) == 1:
		one, err = a.api.sendFile(ctx, to, p.files[0], p.marked, answers)
	default:
		sent, err = a.api.sendMediaGroup(ctx, to, p.files, p.marked, answers)
		if err == nil && len(sent) == 0 {
			err = &unanswered{method: "sendMediaGroup", perhaps: true, cause: errors.New("no messages in the answer")}
		}
		return sent, err
	}
	return []message{one}, err
}
