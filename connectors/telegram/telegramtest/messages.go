package telegramtest

import (
	"slices"
	"strings"
)

var aboutMessages = map[string]method{
	"sendMessage":             (*call).sendMessage,
	"sendLocation":            (*call).sendLocation,
	"editMessageLiveLocation": (*call).editLiveLocation,
	"stopMessageLiveLocation": (*call).stopLiveLocation,
	"sendVenue":               (*call).sendVenue,
	"sendContact":             (*call).sendContact,
	"sendPoll":                (*call).sendPoll,
	"stopPoll":                (*call).stopPoll,
	"sendDice":                (*call).sendDice,
	"sendChatAction":          (*call).sendChatAction,
	"setMessageReaction":      (*call).setMessageReaction,
	"forwardMessage":          (*call).forwardMessage,
	"copyMessage":             (*call).copyMessage,
	"answerCallbackQuery":     (*call).answerCallbackQuery,
}

// says sends a message of the bot's, once fill has put into it what it says.
func (c *call) says(fill func(*Message) error) (any, error) {
	in, said, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	if err := fill(&said); err != nil {
		return nil, err
	}
	return c.sent(in.post(sender, said))
}

func (c *call) sendMessage() (any, error) {
	return c.says(func(said *Message) error {
		said.Text = c.text("text")
		if err := c.object("entities", &said.Entities); err != nil {
			return err
		}
		if strings.TrimSpace(said.Text) == "" {
			return badRequest("message text is empty")
		}
		if options := c.text("link_preview_options"); options != "" {
			said.LinkPreviewOptions = []byte(options)
		}
		return checkText(said.Text, said.Entities, maxText, "message")
	})
}

func (c *call) location() (l Location, err error) {
	l = Location{Latitude: c.decimal("latitude"), Longitude: c.decimal("longitude"), Accuracy: c.decimal("horizontal_accuracy"),
		LivePeriod: int(c.number("live_period")), Heading: int(c.number("heading"))}
	switch {
	case l.Latitude < -90 || l.Latitude > 90 || l.Longitude < -180 || l.Longitude > 180:
		return l, badRequest("wrong location")
	case l.LivePeriod != 0 && l.LivePeriod != 0x7FFFFFFF && (l.LivePeriod < 60 || l.LivePeriod > 86400):
		return l, badRequest("wrong live_period")
	}
	return l, nil
}

func (c *call) sendLocation() (any, error) {
	return c.says(func(said *Message) error {
		place, err := c.location()
		said.Location = &place
		return err
	})
}

// live returns the live location of the bot's that a call is about.
func (c *call) live() (*message, error) {
	m, err := c.own("edit")
	if err == nil && (m.Location == nil || m.Location.LivePeriod == 0) {
		return nil, badRequest("message can't be edited")
	}
	return m, err
}

func (c *call) editLiveLocation() (any, error) {
	m, err := c.live()
	if err != nil {
		return nil, err
	}
	place, err := c.location()
	if err != nil {
		return nil, err
	}
	place.LivePeriod = m.Location.LivePeriod
	m.edit(func(said *Message) { said.Location = &place })
	return c.sent(m)
}

func (c *call) stopLiveLocation() (any, error) {
	m, err := c.live()
	if err != nil {
		return nil, err
	}
	m.edit(func(said *Message) { ended := *said.Location; ended.LivePeriod = 0; said.Location = &ended })
	return c.sent(m)
}

func (c *call) sendVenue() (any, error) {
	return c.says(func(said *Message) error {
		place, err := c.location()
		if err != nil {
			return err
		}
		if c.text("title") == "" || c.text("address") == "" {
			return badRequest("venue needs a title and an address")
		}
		said.Venue, said.Location = &Venue{Location: place, Title: c.text("title"), Address: c.text("address")}, &place
		return nil
	})
}

func (c *call) sendContact() (any, error) {
	return c.says(func(said *Message) error {
		said.Contact = &Contact{PhoneNumber: c.text("phone_number"), FirstName: c.text("first_name"), LastName: c.text("last_name"),
			VCard: c.text("vcard")}
		if said.Contact.PhoneNumber == "" || said.Contact.FirstName == "" {
			return badRequest("contact needs a phone number and a first name")
		}
		return nil
	})
}

func (c *call) sendDice() (any, error) {
	return c.says(func(said *Message) error {
		said.Dice = &Dice{Emoji: "🎲", Value: 4}
		if emoji := c.text("emoji"); emoji != "" {
			said.Dice.Emoji = emoji
		}
		return nil
	})
}

// standard are the emoji that bots may react with: a part of ReactionTypeEmoji's list.
var standard = []string{"👍", "👎", "❤", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊", "🤡", "🥱",
	"🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻",
	"👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾",
	"🤷‍♂", "🤷", "🤷‍♀", "😡"}

func (c *call) setMessageReaction() (any, error) {
	in, err := c.chat()
	if err != nil {
		return nil, err
	}
	if err := c.mayWrite(in); err != nil {
		return nil, err
	}
	m := in.message(c.number("message_id"))
	if m == nil {
		return nil, badRequest("message to react not found")
	}
	var reactions []Reaction
	if err := c.object("reaction", &reactions); err != nil {
		return nil, err
	}
	if len(reactions) > 1 { // bots have one
		return nil, badRequest("REACTIONS_TOO_MANY")
	}
	for _, r := range reactions {
		if r.Type != "emoji" || !slices.Contains(standard, r.Emoji) {
			return nil, badRequest("REACTION_INVALID")
		}
	}
	m.react(c.bot.user.ID, reactions)
	return true, nil
}

// source returns the message that is to be forwarded or copied.
func (c *call) source() (*message, error) {
	from := *c
	from.values = map[string]string{"chat_id": c.text("from_chat_id")}
	in, err := from.chat()
	if err != nil {
		return nil, err
	}
	m := in.message(c.number("message_id"))
	if m == nil {
		return nil, badRequest("message to forward not found")
	}
	return m, nil
}

func (c *call) forwardMessage() (any, error) {
	in, _, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	m, err := c.source()
	if err != nil {
		return nil, err
	}
	return c.sent(in.post(sender, forwarded(m)))
}

// forwarded returns a message as it is forwarded.
func forwarded(m *message) Message {
	said := m.content()
	said.ForwardOrigin = &Origin{Type: "user", Date: m.Date, SenderUser: m.From}
	if m.in.kind == "channel" {
		here := m.in.as(m.sender)
		said.ForwardOrigin = &Origin{Type: "channel", Date: m.Date, Chat: &here, MessageID: m.MessageID}
	}
	return said
}

// content returns what a message holds, without where it stands.
func (m *message) content() Message {
	return Message{Text: m.Text, Entities: m.Entities, Animation: m.Animation, Audio: m.Audio, Document: m.Document, Photo: m.Photo,
		Sticker: m.Sticker, Video: m.Video, VideoNote: m.VideoNote, Voice: m.Voice, Caption: m.Caption,
		CaptionEntities: m.CaptionEntities, HasMediaSpoiler: m.HasMediaSpoiler, Contact: m.Contact, Dice: m.Dice, Game: m.Game,
		Poll: m.Poll, Venue: m.Venue, Location: m.Location}
}

func (c *call) copyMessage() (any, error) {
	in, _, sender, err := c.outgoing()
	if err != nil {
		return nil, err
	}
	m, err := c.source()
	if err != nil {
		return nil, err
	}
	return map[string]any{"message_id": in.post(sender, m.content()).MessageID}, nil
}

// callback is a button that somebody pressed.
type callback struct {
	answered bool
	text     string
}

func (c *call) answerCallbackQuery() (any, error) {
	pressed := c.bot.callbacks[c.text("callback_query_id")]
	if pressed == nil {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	pressed.answered, pressed.text = true, c.text("text")
	c.server.wake()
	return true, nil
}
