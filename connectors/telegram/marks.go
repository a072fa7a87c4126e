package telegram

import (
	"passerelle/portal/say"
)

// marks is what a message says of itself, under the Bot API's names (Bot API, Message).
type marks struct {
	ViaBot      *user        `json:"via_bot,omitempty"`
	Protected   bool         `json:"has_protected_content,omitempty"`
	Spoiler     bool         `json:"has_media_spoiler,omitempty"`
	Effect      string       `json:"effect_id,omitempty"`
	Preview     *linkPreview `json:"link_preview_options,omitempty"`
	ReplyMarkup *buttons     `json:"reply_markup,omitempty"`

	pressed string // what is written on the button that was pressed
}

// keySpoiler marks a file that is hidden until somebody opens it (MSC4193).
const keySpoiler = "page.codeberg.everypizza.msc4193.spoiler"

// effects are the effects that everybody can send, as apps show them. The Bot API does not list them.
var effects = map[string]string{
	"5104841245755180586": "🔥", "5107584321108051014": "👍", "5104858069142078462": "👎", "5159385139981059251": "❤",
	"5046509860389126442": "🎉", "5046589136895476101": "💩",
}

// mark puts what a message says of itself around its content.
func (r reader) mark(m *message, c *content) {
	if c.event == nil {
		return
	}
	r.list(m.ReplyMarkup, c)
	c.previews(m.Preview, m.Text)
	if m.Spoiler {
		c.adds(keySpoiler, true)
	}
	if m.Effect != "" {
		if emoji := effects[m.Effect]; emoji != "" {
			c.above(r.say(say.WithEffectOf, emoji))
		} else {
			c.above(r.say(say.WithEffect))
		}
	}
	if m.ViaBot != nil && m.ViaBot.Username != "" {
		c.above(r.say(say.ViaBot, m.ViaBot.Username))
	}
	if m.Protected {
		c.above(r.say(say.Protected))
	}
	if from := m.ForwardOrigin; from != nil && !m.AutomaticForward { // which stands as if the channel had written it there
		c.above(r.forwarded(from))
	}
}

// forwarded says where a message comes from.
func (r reader) forwarded(from *origin) string {
	switch {
	case from.Type == originChannel && from.Chat != nil && from.Chat.name() != "":
		return r.say(say.ForwardedFromChannel, from.Chat.name())
	case from.SenderChat != nil && from.SenderChat.name() != "":
		return r.say(say.ForwardedFromGroup, from.SenderChat.name())
	case from.SenderUser != nil && from.SenderUser.name() != "":
		return r.say(say.ForwardedFrom, from.SenderUser.name())
	case from.SenderUserName != "":
		return r.say(say.ForwardedFrom, from.SenderUserName)
	}
	return r.say(say.Forwarded)
}

// adds adds a field to a message.
func (c *content) adds(key string, value any) {
	if c.extra == nil {
		c.extra = map[string]any{}
	}
	c.extra[key] = value
}
