package telegramtest

import (
	"bytes"
	"reflect"
	"strings"
	"time"
)

var aboutChanges = map[string]method{
	"editMessageText":        (*call).editText,
	"editMessageCaption":     (*call).editCaption,
	"editMessageMedia":       (*call).editMedia,
	"editMessageReplyMarkup": (*call).editMarkup,
	"deleteMessage":          (*call).deleteMessage,
	"deleteMessages":         (*call).deleteMessages,
}

// own returns the message of the bot's that a call is about.
func (c *call) own(what string) (*message, error) {
	in, err := c.where()
	if err != nil {
		return nil, err
	}
	m := in.message(c.number("message_id"))
	switch {
	case m == nil:
		return nil, badRequest("message to %s not found", what)
	case m.sender == c.bot.user.ID, m.SenderBusinessBot != nil && m.SenderBusinessBot.ID == c.bot.user.ID:
		return m, nil
	case in.kind == "channel" && in.members[c.bot.user.ID].rights().CanEditMessages:
		return m, nil
	}
	return nil, badRequest("message can't be edited")
}

// where returns the chat that a call is about, as the bot or as the business account that it acts for.
func (c *call) where() (*chat, error) {
	if c.text("business_connection_id") == "" {
		return c.chat()
	}
	in, _, err := c.businessChat()
	return in, err
}

const notModified = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"

func (c *call) editText() (any, error) {
	m, err := c.own("edit")
	if err != nil {
		return nil, err
	}
	var entities []Entity
	if err := c.object("entities", &entities); err != nil {
		return nil, err
	}
	text := c.text("text")
	switch {
	case m.Text == "":
		return nil, badRequest("there is no text in the message to edit")
	case strings.TrimSpace(text) == "":
		return nil, badRequest("message text is empty")
	case text == m.Text && reflect.DeepEqual(entities, m.Entities) && c.text("reply_markup") == string(m.ReplyMarkup):
		return nil, badRequest(notModified)
	}
	if err := checkText(text, entities, maxText, "message"); err != nil {
		return nil, err
	}
	m.edit(func(said *Message) { said.Text, said.Entities = text, entities })
	return c.sent(m)
}

func (c *call) editCaption() (any, error) {
	m, err := c.own("edit")
	if err != nil {
		return nil, err
	}
	var entities []Entity
	if err := c.object("caption_entities", &entities); err != nil {
		return nil, err
	}
	caption := c.text("caption")
	switch {
	case m.media() == nil && m.Photo == nil:
		return nil, badRequest("there is no caption in the message to edit")
	case caption == m.Caption && reflect.DeepEqual(entities, m.CaptionEntities):
		return nil, badRequest(notModified)
	}
	if err := checkText(caption, entities, maxCaption, "message caption"); err != nil {
		return nil, err
	}
	m.edit(func(said *Message) { said.Caption, said.CaptionEntities = caption, entities })
	return c.sent(m)
}

func (c *call) editMedia() (any, error) {
	m, err := c.own("edit")
	if err != nil {
		return nil, err
	}
	var item struct {
		Type     string   `json:"type"`
		Media    string   `json:"media"`
		Caption  string   `json:"caption"`
		Entities []Entity `json:"caption_entities"`
	}
	if err := c.object("media", &item); err != nil {
		return nil, err
	}
	if m.media() == nil && m.Photo == nil {
		return nil, badRequest("message can't be edited")
	}
	f, err := c.file("", item.Media)
	if err != nil {
		return nil, err
	}
	if err := checkText(item.Caption, item.Entities, maxCaption, "message caption"); err != nil {
		return nil, err
	}
	var held Message
	if err := held.hold(item.Type, f, Media{}); err != nil {
		return nil, err
	}
	m.edit(func(said *Message) {
		said.Photo, said.Animation, said.Audio, said.Document, said.Video = held.Photo, held.Animation, held.Audio, held.Document, held.Video
		said.Caption, said.CaptionEntities = item.Caption, item.Entities
	})
	return c.sent(m)
}

func (c *call) editMarkup() (any, error) {
	m, err := c.own("edit")
	if err != nil {
		return nil, err
	}
	if bytes.Equal(m.ReplyMarkup, []byte(c.text("reply_markup"))) {
		return nil, badRequest(notModified)
	}
	m.edit(func(said *Message) { said.ReplyMarkup = nil })
	if markup := c.text("reply_markup"); markup != "" {
		m.ReplyMarkup = []byte(markup)
	}
	return c.sent(m)
}

// mayDelete checks whether the bot may delete a message (deleteMessage).
func (c *call) mayDelete(in *chat, m *message) error {
	me := c.bot.user.ID
	rights := in.members[me].rights()
	switch {
	case m == nil:
		return badRequest("message to delete not found")
	case in.kind != "private" && in.isAdmin(me) && rights.CanDeleteMessages:
		return nil
	case c.server.now()-m.Date > int64(deletable/time.Second):
		return badRequest("message can't be deleted for everyone")
	case m.sender == me, in.kind == "private":
		return nil
	}
	return badRequest("message can't be deleted")
}

func (c *call) deleteMessage() (any, error) {
	in, err := c.chat()
	if err != nil {
		return nil, err
	}
	m := in.message(c.number("message_id"))
	if err := c.mayDelete(in, m); err != nil {
		return nil, err
	}
	m.remove()
	return true, nil
}

// deleteMessages deletes several messages; those that cannot be deleted are skipped.
func (c *call) deleteMessages() (any, error) {
	in, err := c.chat()
	if err != nil {
		return nil, err
	}
	var ids []int64
	if err := c.object("message_ids", &ids); err != nil {
		return nil, err
	}
	if len(ids) == 0 || len(ids) > 100 {
		return nil, badRequest("message identifiers are not specified")
	}
	for _, id := range ids {
		if m := in.message(id); c.mayDelete(in, m) == nil {
			m.remove()
		}
	}
	return true, nil
}
