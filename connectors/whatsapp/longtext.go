package whatsapp

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

const (
	// maxEvent is how many bytes an event's content may have, as JSON. A Matrix event has 65,536 at most (Client-Server API,
	// "Size limits"), and the encrypted content is a third larger in it. WhatsApp's texts have up to 65,536 characters.
	maxEvent = 44_000
	// maxBeginning is how many bytes of a text that is too long stand in the room.
	maxBeginning = 1_000
)

// fit makes a message small enough for an event: first its marks go; a text that is still too long becomes a file, with its
// beginning as the caption, so that nothing of it is cut.
func (c *content) fit() {
	if c.event == nil || fits(c.event) {
		return
	}
	c.event.Format, c.event.FormattedBody = "", ""
	if c.event.MsgType != event.MsgText || fits(c.event) {
		return
	}
	whole := c.event.Body
	c.file = &file{data: []byte(whole), name: "message.txt", mime: "text/plain", size: int64(len(whole))}
	c.event.MsgType, c.event.FileName, c.event.Body = event.MsgFile, c.file.name, beginningOf(whole)
	c.event.Info = &event.FileInfo{MimeType: c.file.mime, Size: len(whole)}
}

// isLongText tells whether fit has made a file of a text.
func (c *content) isLongText() bool { return c.kind == portal.KindText && c.file != nil }

func fits(content *event.MessageEventContent) bool {
	said, err := json.Marshal(content)
	return err == nil && len(said) <= maxEvent
}

// beginningOf returns the beginning of a text, up to the end of a word.
func beginningOf(text string) string {
	end := min(len(text), maxBeginning)
	for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	beginning := text[:end]
	if space := strings.LastIndexAny(beginning, " \n"); space > maxBeginning/2 {
		beginning = beginning[:space]
	}
	return strings.TrimSpace(beginning) + " …"
}
