package telegram

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"

	"passerelle/portal"
	"passerelle/portal/say"
)

// buttons are what stands below a message to press (Bot API, InlineKeyboardMarkup). Only people press them: a bot cannot.
type buttons struct {
	Rows [][]button `json:"inline_keyboard"`
}

// button is one of them (Bot API, InlineKeyboardButton).
type button struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Data string `json:"callback_data,omitempty"`
}

// named returns what is written on the button that carries some data; "": none does.
func (b *buttons) named(data string) string {
	if b == nil || data == "" {
		return ""
	}
	for _, row := range b.Rows {
		for _, each := range row {
			if each.Data == data {
				return each.Text
			}
		}
	}
	return ""
}

// list puts a message's buttons below it: those that are links as such.
func (r reader) list(b *buttons, c *content) {
	if b == nil {
		return
	}
	var plain, formatted []string
	for _, row := range b.Rows {
		for _, each := range row {
			switch text := strings.ToValidUTF8(each.Text, "\uFFFD"); {
			case text == "":
			case opens(each.URL):
				plain = append(plain, text+" ("+each.URL+")")
				formatted = append(formatted, `<a href="`+html.EscapeString(each.URL)+`">`+html.EscapeString(text)+"</a>")
			default:
				plain, formatted = append(plain, text), append(formatted, html.EscapeString(text))
			}
		}
	}
	title := r.say(say.Buttons, networkName)
	c.text = joinLines(append([]string{c.text}, plain...)...)
	switch {
	case len(plain) == 0:
	case c.start != nil: // apps show nothing below a poll
		also := r.told(title, "- "+strings.Join(plain, "\n- "))
		c.also = &also
	default:
		c.below(title+"\n- "+strings.Join(plain, "\n- "), "<em>"+html.EscapeString(title)+"</em><ul><li>"+strings.Join(formatted, "</li><li>")+"</li></ul>")
	}
}

// callback tells that somebody pressed a button below a message of the bot's (Bot API, CallbackQuery).
type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message,omitempty"` // not of a message that was sent through the bot into another chat
	Data    string   `json:"data"`
}

// deliverCallback answers who pressed a button, whose app waits for that, and brings it into the room. No button is the bridge's: they
// are of a program that the bot had before.
func (a *account) deliverCallback(ctx context.Context, stored portal.Arrival, in chatID, pressed *callback) error {
	if a.api == nil {
		return errNotLoaded
	}
	if err := a.api.answerCallbackQuery(ctx, pressed.ID, a.connector.say(say.ButtonTaken)); err != nil && !isTooOld(err) {
		return fmt.Errorf("answer who pressed a button: %w", err)
	}
	if pressed.Message == nil || in.chat == 0 {
		return nil
	}
	d := a.deliveryAt(stored, in, stored.At, pressed.From.ID)
	var update int64
	if _, err := fmt.Sscanf(stored.ID, "u%d", &update); err != nil {
		return portal.Permanent(fmt.Errorf("an arrival is called %q", stored.ID))
	}
	d.id = in.message(-update)
	d.message = &message{From: &pressed.From, Chat: pressed.Message.Chat, ReplyTo: pressed.Message}
	d.message.pressed = pressed.Message.ReplyMarkup.named(pressed.Data)
	if d.message.pressed == "" {
		d.message.pressed = pressed.Data
	}
	if d.message.pressed == "" { // a game's
		return nil
	}
	return d.run(ctx)
}

// isTooOld tells whether an answer to who pressed a button came too late, as a replay's does.
func isTooOld(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && refused.code == http.StatusBadRequest && strings.Contains(refused.text, "query is too old")
}
