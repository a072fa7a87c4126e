package whatsapp

import (
	"bytes"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/media"
)

// extendedText reads a text with what is around it: the preview of a link, most often.
func (r reader) extendedText(text *waE2E.ExtendedTextMessage) content {
	c := r.text(text.GetText(), text.GetContextInfo())
	link := text.GetMatchedText()
	if link == "" || text.GetTitle() == "" && text.GetDescription() == "" && len(text.GetJPEGThumbnail()) == 0 {
		return c
	}
	preview := &event.BeeperLinkPreview{MatchedURL: link, LinkPreview: event.LinkPreview{
		CanonicalURL: link, Title: text.GetTitle(), Description: text.GetDescription(),
	}}
	if !strings.Contains(link, "://") {
		preview.CanonicalURL = "https://" + link
	}
	c.event.BeeperLinkPreviews = []*event.BeeperLinkPreview{preview}
	c.text = joinLines(c.text, text.GetTitle(), text.GetDescription())
	if data := text.GetJPEGThumbnail(); len(data) > 0 {
		picture, err := media.Decode(bytes.NewReader(data), media.LargestThumbnail)
		if err != nil {
			return c
		}
		size := picture.Bounds().Size()
		c.thumbnail = &thumbnail{data: data, mime: "image/jpeg", show: func(url id.ContentURIString, encrypted *event.EncryptedFileInfo) {
			preview.ImageURL, preview.ImageEncryption, preview.ImageType = url, encrypted, "image/jpeg"
			preview.ImageSize, preview.ImageWidth, preview.ImageHeight =
				event.IntOrString(len(data)), event.IntOrString(size.X), event.IntOrString(size.Y)
		}}
	}
	return c
}

// previewOut puts the preview that a Matrix message brings into WhatsApp's. Nothing is fetched from where the link leads.
func (o *outgoing) previewOut(content *event.MessageEventContent, text *waE2E.ExtendedTextMessage) {
	for _, preview := range content.BeeperLinkPreviews {
		link := preview.MatchedURL
		if link == "" {
			link = preview.CanonicalURL
		}
		if preview.Title == "" || link == "" || !strings.Contains(text.GetText(), link) {
			continue // WhatsApp shows one that has a title and whose link stands in the text
		}
		text.MatchedText, text.Title = proto.String(link), proto.String(preview.Title)
		if preview.Description != "" {
			text.Description = proto.String(preview.Description)
		}
		o.text = joinLines(o.text, preview.Title, preview.Description)
		if preview.ImageURL != "" || preview.ImageEncryption != nil {
			o.thumbnail = &outgoingThumbnail{
				url: preview.ImageURL, encrypted: preview.ImageEncryption, size: int64(preview.ImageSize), width: previewWidth,
				fill: func(small []byte) { text.JPEGThumbnail = small },
			}
		}
		return
	}
}

// joinLines puts what there is of some texts below each other.
func joinLines(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}
