package telegramtest

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // sizes of pictures
	_ "image/jpeg"
	_ "image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

var aboutMedia = map[string]method{
	"sendPhoto":              (*call).sendFile,
	"sendAudio":              (*call).sendFile,
	"sendDocument":           (*call).sendFile,
	"sendVideo":              (*call).sendFile,
	"sendAnimation":          (*call).sendFile,
	"sendVoice":              (*call).sendFile,
	"sendVideoNote":          (*call).sendFile,
	"sendSticker":            (*call).sendFile,
	"sendMediaGroup":         (*call).sendMediaGroup,
	"getFile":                (*call).getFile,
	"getUserProfilePhotos":   (*call).userPhotos,
	"getCustomEmojiStickers": (*call).customEmoji,
}

// kinds are the kinds of files by the method that sends them.
var kinds = map[string]string{"sendphoto": "photo", "sendaudio": "audio", "senddocument": "document", "sendvideo": "video",
	"sendanimation": "animation", "sendvoice": "voice", "sendvideonote": "video_note", "sendsticker": "sticker"}

func (c *call) sendFile() (any, error) {
	kind := kinds[strings.ToLower(c.method)]
	return c.says(func(said *Message) error {
		f, err := c.file(kind, c.text(kind))
		if err != nil {
			return err
		}
		if kind != "sticker" && kind != "video_note" { // these have no caption
			said.Caption = c.text("caption")
		}
		if err := c.object("caption_entities", &said.CaptionEntities); err != nil {
			return err
		}
		if err := checkText(said.Caption, said.CaptionEntities, maxCaption, "message caption"); err != nil {
			return err
		}
		said.HasMediaSpoiler = c.flag("has_spoiler")
		if err := said.hold(kind, f, c.details()); err != nil {
			return err
		}
		if held := said.media(); held != nil && c.files["thumbnail"] != nil {
			held.Thumbnail = c.server.keep(c.files["thumbnail"]).describe()
		}
		return nil
	})
}

// details are what a bot says of a file.
func (c *call) details() Media {
	return Media{Width: int(c.number("width")), Height: int(c.number("height")), Length: int(c.number("length")),
		Duration: int(c.number("duration")), Performer: c.text("performer"), Title: c.text("title"), Emoji: c.text("emoji")}
}

// file finds the file that a bot sends: a part of the request, one that is known, or a path at a local server.
func (c *call) file(field, value string) (*file, error) {
	if name, ok := strings.CutPrefix(value, "attach://"); ok {
		field = name
	}
	switch u := c.files[field]; {
	case u != nil && len(u.data) == 0:
		return nil, badRequest("file must be non-empty")
	case u != nil:
		return c.server.keep(u), nil
	case c.server.files[value] != nil:
		return c.server.files[value], nil
	case c.server.options.Local != "" && strings.HasPrefix(value, "file://"):
		path, err := url.Parse(value)
		if err != nil {
			return nil, badRequest("wrong file path")
		}
		data, err := os.ReadFile(path.Path)
		if err != nil {
			return nil, badRequest("invalid file HTTP URL specified: can't read %s", path.Path)
		}
		return c.server.keep(&upload{name: filepath.Base(path.Path), data: data}), nil
	case value == "":
		return nil, badRequest("there is no %s in the request", field)
	}
	return nil, badRequest("wrong remote file identifier specified: Wrong character in the string")
}

// hold puts a file into a message as what it is sent as.
func (said *Message) hold(kind string, f *file, details Media) error {
	held := *f.describe()
	held.Width, held.Height, held.Length, held.Duration = details.Width, details.Height, details.Length, details.Duration
	held.Thumbnail = details.Thumbnail
	switch kind {
	case "photo":
		return said.holdPhoto(f)
	case "audio":
		held.Performer, held.Title = details.Performer, details.Title
		said.Audio = &held
	case "document":
		said.Document = &held
	case "video":
		said.Video = &held
	case "animation": // which is a document, too (Message.animation)
		said.Animation, said.Document = &held, &held
	case "voice":
		held.FileName = ""
		said.Voice = &held
	case "video_note":
		held.FileName, held.MimeType = "", ""
		said.VideoNote = &held
	case "sticker":
		held.Type, held.Emoji = "regular", details.Emoji
		held.IsAnimated, held.IsVideo = strings.HasSuffix(held.FileName, ".tgs"), strings.HasSuffix(held.FileName, ".webm")
		held.FileName, held.MimeType = "", ""
		held.Width, held.Height = max(held.Width, 512), max(held.Height, 512)
		said.Sticker = &held
	default:
		return badRequest("unsupported kind of file %q", kind)
	}
	return nil
}

// holdPhoto puts a picture into a message, in two sizes, of which the second is the whole.
func (said *Message) holdPhoto(f *file) error {
	if len(f.data) > maxPhoto {
		return badRequest("too big for a photo")
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(f.data))
	switch {
	case err != nil:
		return badRequest("IMAGE_PROCESS_FAILED")
	case config.Width+config.Height > 10_000, config.Width > 20*config.Height, config.Height > 20*config.Width:
		return badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	whole := Media{FileID: f.id, FileUniqueID: f.unique, Width: config.Width, Height: config.Height, FileSize: int64(len(f.data))}
	small := whole
	small.FileUniqueID += "s"
	small.Width, small.Height, small.FileSize = max(1, config.Width/4), max(1, config.Height/4), max(1, whole.FileSize/8)
	said.Photo = []Media{small, whole}
	return nil
}

// media returns the file of a message that is no picture.
func (said *Message) media() *Media {
	for _, held := range []*Media{said.Animation, said.Audio, said.Video, said.VideoNote, said.Voice, said.Sticker, said.Document} {
		if held != nil {
			return held
		}
	}
	return nil
}

// sendMediaGroup sends an album: 2 to 10 files that belong together.
func (c *call) sendMediaGroup() (any, error) {
	in, said, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	var items []struct {
		Type     string   `json:"type"`
		Media    string   `json:"media"`
		Caption  string   `json:"caption"`
		Entities []Entity `json:"caption_entities"`
		Spoiler  bool     `json:"has_spoiler"`
		Width    int      `json:"width"`
		Height   int      `json:"height"`
		Duration int      `json:"duration"`
	}
	if err := c.object("media", &items); err != nil {
		return nil, err
	}
	if len(items) < 2 || len(items) > 10 {
		return nil, badRequest("group send failed: an album must include 2-10 media")
	}
	album := fmt.Sprint(c.server.id() * 31)
	var ready []Message
	for _, item := range items {
		one := said
		f, err := c.file("", item.Media)
		if err != nil {
			return nil, err
		}
		if err := checkText(item.Caption, item.Entities, maxCaption, "message caption"); err != nil {
			return nil, err
		}
		if err := one.hold(item.Type, f, Media{Width: item.Width, Height: item.Height, Duration: item.Duration}); err != nil {
			return nil, err
		}
		one.Caption, one.CaptionEntities, one.HasMediaSpoiler, one.MediaGroupID = item.Caption, item.Entities, item.Spoiler, album
		ready = append(ready, one)
	}
	sent := []any{}
	for _, one := range ready {
		m, err := c.sent(in.post(sender, one))
		if err != nil {
			return nil, err
		}
		sent = append(sent, m)
	}
	return sent, nil
}

func (c *call) userPhotos() (any, error) {
	a := c.server.accounts[c.number("user_id")]
	if a == nil {
		return nil, badRequest("user not found")
	}
	photos := [][]Media{}
	for _, f := range a.photos {
		var m Message
		if err := m.holdPhoto(f); err != nil {
			return nil, err
		}
		photos = append(photos, m.Photo)
	}
	return map[string]any{"total_count": len(photos), "photos": photos}, nil
}

// customEmoji describes custom emoji: each is a static sticker.
func (c *call) customEmoji() (any, error) {
	var ids []string
	if err := c.object("custom_emoji_ids", &ids); err != nil {
		return nil, err
	}
	stickers := []Media{}
	for _, id := range ids {
		if f := c.server.files[id]; f != nil {
			sticker := f.describe()
			sticker.Type, sticker.Emoji, sticker.Width, sticker.Height = "custom_emoji", "🙂", 100, 100
			stickers = append(stickers, *sticker)
		}
	}
	return stickers, nil
}
