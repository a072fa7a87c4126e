package telegram

import (
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
)

// maxText is how long a text may be, in UTF-16 units once its entities are parsed (Bot API, sendMessage).
const maxText = 4096

// outgoing is a Matrix message on its way to Telegram, in Telegram's words.
type outgoing struct {
	kind    portal.Kind
	text    string    // everything in it that can be read: what the gate judges by
	parts   []part    // the messages that it becomes, one unless it is too long
	answers messageID // the message that it answers, perhaps of a chat of before; zero: none
	// unlinked is set when it answers one, and went out as none.
	unlinked bool
	// preview says which link of a text is previewed; nil: Telegram decides.
	preview *linkPreview
	// calls send what is neither text nor file: there are no parts then. preface stands before the first, where that cannot hold a name.
	calls   []call
	preface marked
	card    string          // the file that the calls are made of; "": there is none
	kept    MessageMetadata // what is kept with it
}

// call sends a message that is neither text nor file.
type call struct {
	method string // of the Bot API
	params tgbotapi.Params
}

// occasion is what a message goes out with.
type occasion struct {
	// person returns the account of somebody in Matrix; nil for somebody who is not on Telegram.
	person func(id.UserID) *user
	// answers is the message that it answers; zero: none.
	answers messageID
	// raw is the content as it came, for the fields that mautrix's types do not have.
	raw map[string]any
	// by is whose words they are; zero: the bot's owner's.
	by signature
}

// convertOut says a Matrix message in Telegram's words; nil: Telegram has none. Each further kind has a file of its own, and its turn
// here.
func convertOut(content *event.MessageEventContent, on occasion) *outgoing {
	switch content.MsgType {
	case event.MsgText, event.MsgNotice:
		out := textOut(on.by.words(writeEntities(content, on.person)), on)
		out.preview = previewOut(content, on.raw)
		return out
	case event.MsgLocation:
		return placeOut(content, on)
	case event.MsgEmote:
		return textOut(on.by.deed(writeEntities(content, on.person)), on)
	}
	return mediaOut(content, on)
}

// textOut is a text, in as many messages as it needs.
func textOut(text marked, on occasion) *outgoing {
	return &outgoing{kind: portal.KindText, text: text.text, parts: textParts(split(text, maxText)), answers: on.answers}
}
