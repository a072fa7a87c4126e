package telegram

import (
	"encoding/json"

	"maunium.net/go/mautrix/event"
)

// Galleries are several files in one message (MSC4274), by the name that they are to have and by the one that apps use until then.
const (
	msgGallery         event.MessageType = "m.gallery"
	msgGalleryUnstable event.MessageType = "dm.filament.gallery"
)

// galleryItems are the files of a gallery. mautrix does not know them. What is none of the kinds of files that are known is left out.
type galleryItems struct {
	Items []json.RawMessage `json:"itemtypes"`
}

// galleryOut says a gallery with the fields that mautrix knows of another kind of gallery (event.MsgBeeperGallery); nil: it holds no file.
func galleryOut(content *event.MessageEventContent, raw map[string]any) *event.MessageEventContent {
	encoded, err := json.Marshal(raw)
	if err != nil {
		return nil
	}
	var held galleryItems
	if json.Unmarshal(encoded, &held) != nil {
		return nil
	}
	gallery := &event.MessageEventContent{MsgType: event.MsgBeeperGallery, BeeperGalleryCaption: content.Body}
	if content.Format == event.FormatHTML {
		gallery.BeeperGalleryCaptionHTML = content.FormattedBody
	}
	for _, each := range held.Items {
		var kind struct {
			Type event.MessageType `json:"itemtype"`
		}
		item := &event.MessageEventContent{}
		if json.Unmarshal(each, &kind) != nil || json.Unmarshal(each, item) != nil || !isFile(kind.Type) {
			continue
		}
		item.MsgType = kind.Type
		gallery.BeeperGalleryImages = append(gallery.BeeperGalleryImages, item)
	}
	if len(gallery.BeeperGalleryImages) == 0 {
		return nil
	}
	return gallery
}
