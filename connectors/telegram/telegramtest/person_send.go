package telegramtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text is a text that a person writes. Chats and messages are named as the person sees them.
type Text struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
	Answers  int64    `json:"answers,omitempty"` // the message that it answers
	Quote    string   `json:"quote,omitempty"`   // the words of it that it answers
	Thread   int64    `json:"thread,omitempty"`  // the topic
}

// Send writes a text.
func (p *Person) Send(to int64, text string) (int64, error) {
	return p.SendText(to, Text{Text: text})
}

// SendText writes a text with all that may go with it.
func (p *Person) SendText(to int64, t Text) (int64, error) {
	return p.says(to, t, Message{Text: t.Text, Entities: withCommand(t.Text, t.Entities)})
}

// withCommand marks the command that a text begins with, as apps do.
func withCommand(text string, entities []Entity) []Entity {
	if _, _, ok := command(text); ok && len(entities) == 0 {
		word, _, _ := strings.Cut(text, " ")
		return []Entity{{Type: "bot_command", Length: units(word)}}
	}
	return entities
}

// says puts a message of the person's into a chat.
func (p *Person) says(to int64, t Text, said Message) (id int64, err error) {
	err = p.do(to, func(c *chat) error {
		if err := p.mayWrite(c); err != nil {
			return err
		}
		if err := checkText(said.Text, said.Entities, maxText, "message"); err != nil {
			return err
		}
		if err := checkText(said.Caption, said.CaptionEntities, 2*maxCaption, "caption"); err != nil { // more for those who pay
			return err
		}
		if t.Answers != 0 {
			answered := c.message(t.Answers)
			if answered == nil {
				return ErrNoSuchMessage
			}
			said.ReplyTo = &answered.Message
			if t.Quote != "" {
				whole := answered.Text + answered.Caption
				at := strings.Index(whole, t.Quote)
				if at < 0 {
					return fmt.Errorf("%w: the words are not in it", ErrNotAllowed)
				}
				said.Quote = &Quote{Text: t.Quote, Position: units(whole[:at]), IsManual: true}
			}
		}
		if said.ThreadID = t.Thread; t.Thread != 0 && (c.topics[t.Thread] == nil || c.topics[t.Thread].closed) {
			return fmt.Errorf("%w: no such topic, or it is closed", ErrNotAllowed)
		}
		id = c.post(p.user.ID, said).MessageID
		return nil
	})
	return id, err
}

func (p *Person) mayWrite(c *chat) error {
	m := c.members[p.user.ID]
	switch {
	case c.movedTo != 0:
		return fmt.Errorf("%w: the group has become the supergroup %d", ErrNotAllowed, c.movedTo)
	case !c.has(p.user.ID), m != nil && m.Status == "restricted" && !m.writes, c.kind == "channel" && !c.isAdmin(p.user.ID),
		m != nil && !c.isAdmin(p.user.ID) && !c.permissions.writes():
		return fmt.Errorf("%w: may not write there", ErrNotAllowed)
	}
	return nil
}

// File is a file that a person sends.
type File struct {
	Kind    string `json:"kind"` // photo, audio, document, video, animation, voice, video_note, sticker
	Name    string `json:"name"`
	MIME    string `json:"mime"`
	Data    []byte `json:"data"` // in base64
	Album   string `json:"album,omitempty"`
	Spoiler bool   `json:"spoiler,omitempty"`
	Details Media  `json:"details"` // width, height, duration and the like
	Text           // the caption, and what it answers
}

// SendFile sends a file.
func (p *Person) SendFile(to int64, f File) (int64, error) {
	said := Message{Caption: f.Text.Text, CaptionEntities: f.Entities, MediaGroupID: f.Album, HasMediaSpoiler: f.Spoiler}
	p.server.mu.Lock()
	kept := p.server.keep(&upload{name: f.Name, mime: f.MIME, data: f.Data})
	err := said.hold(f.Kind, kept, f.Details)
	p.server.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return p.says(to, f.Text, said)
}

// SendMessage sends any kind of message: a place, a card, a die, or one that nobody knows yet.
func (p *Person) SendMessage(to int64, said Message) (int64, error) {
	return p.says(to, Text{}, said)
}

// Forward forwards a message to another chat.
func (p *Person) Forward(from, id, to int64) (sent int64, err error) {
	var said Message
	if err := p.do(from, func(c *chat) error {
		m := c.message(id)
		if m == nil {
			return ErrNoSuchMessage
		}
		said = forwarded(m)
		return nil
	}); err != nil {
		return 0, err
	}
	return p.says(to, Text{}, said)
}

// SendPoll asks a question.
func (p *Person) SendPoll(to int64, question Poll, options ...string) (id int64, err error) {
	if question.Type == "" {
		question.Type = "regular"
	}
	err = p.do(to, func(c *chat) error {
		if err := p.mayWrite(c); err != nil {
			return err
		}
		m, err := c.postPoll(p.user.ID, Message{}, question, options)
		if err == nil {
			id = m.MessageID
		}
		return err
	})
	return id, err
}

// with runs a change of a message in a chat of the person's.
func (p *Person) with(chatID, id int64, change func(*message) error) error {
	return p.do(chatID, func(c *chat) error {
		m := c.message(id)
		if m == nil || !c.has(p.user.ID) {
			return ErrNoSuchMessage
		}
		return change(m)
	})
}

// Vote votes in a poll, by the numbers of its answers from 0; none takes a vote back.
func (p *Person) Vote(chatID, id int64, options ...int) error {
	return p.with(chatID, id, func(m *message) error {
		if m.Poll == nil {
			return ErrNoSuchMessage
		}
		return p.server.polls[m.Poll.ID].vote(p.user.ID, options)
	})
}

// ClosePoll ends a poll.
func (p *Person) ClosePoll(chatID, id int64) error {
	return p.with(chatID, id, func(m *message) error {
		if m.Poll == nil || m.sender != p.user.ID {
			return ErrNoSuchMessage
		}
		p.server.polls[m.Poll.ID].close()
		return nil
	})
}

// Edit changes a text, or a caption.
func (p *Person) Edit(chatID, id int64, t Text) error {
	return p.with(chatID, id, func(m *message) error {
		if m.sender != p.user.ID {
			return fmt.Errorf("%w: somebody else's message", ErrNotAllowed)
		}
		m.edit(func(said *Message) {
			if m.Text != "" {
				said.Text, said.Entities = t.Text, t.Entities
			} else {
				said.Caption, said.CaptionEntities = t.Text, t.Entities
			}
		})
		return nil
	})
}

// Replace puts another file into a message, with another caption.
func (p *Person) Replace(chatID, id int64, f File) error {
	return p.with(chatID, id, func(m *message) error {
		if m.sender != p.user.ID || m.media() == nil && m.Photo == nil {
			return fmt.Errorf("%w: somebody else's message, or one without a file", ErrNotAllowed)
		}
		var held Message
		if err := held.hold(f.Kind, p.server.keep(&upload{name: f.Name, mime: f.MIME, data: f.Data}), f.Details); err != nil {
			return err
		}
		m.edit(func(said *Message) {
			said.Photo, said.Animation, said.Audio, said.Document, said.Video = held.Photo, held.Animation, held.Audio, held.Document, held.Video
			said.Caption, said.CaptionEntities = f.Text.Text, f.Entities
		})
		return nil
	})
}

// Move moves a live location; over, it ends.
func (p *Person) Move(chatID, id int64, latitude, longitude float64, over bool) error {
	return p.with(chatID, id, func(m *message) error {
		if m.Location == nil || m.sender != p.user.ID {
			return ErrNoSuchMessage
		}
		place := *m.Location
		place.Latitude, place.Longitude = latitude, longitude
		if over {
			place.LivePeriod = 0
		}
		m.edit(func(said *Message) { said.Location = &place })
		return nil
	})
}

// Delete deletes a message for everybody: one's own, any in a private chat, or as an administrator.
func (p *Person) Delete(chatID, id int64) error {
	return p.with(chatID, id, func(m *message) error {
		if m.sender != p.user.ID && m.in.kind != "private" && !m.in.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: somebody else's message", ErrNotAllowed)
		}
		m.remove()
		return nil
	})
}

// Count sets how many have reacted to a post of a channel, where nobody says who, and tells the bots that may know.
func (p *Person) Count(chatID, id int64, counts map[string]int) error {
	return p.with(chatID, id, func(m *message) error {
		var all []map[string]any
		for emoji, count := range counts {
			all = append(all, map[string]any{"type": Reaction{Type: "emoji", Emoji: emoji}, "total_count": count})
		}
		for _, each := range m.in.present() {
			if bot := p.server.accounts[each].bot; bot != nil && m.in.isAdmin(each) {
				bot.put("message_reaction_count", map[string]any{"chat": m.in.as(each), "message_id": m.MessageID, "date": p.server.now(), "reactions": all})
			}
		}
		return nil
	})
}

// React sets the person's reactions to a message: emoji, or the IDs of custom ones. None takes them back.
func (p *Person) React(chatID, id int64, emoji ...string) error {
	return p.with(chatID, id, func(m *message) error {
		var reactions []Reaction
		for _, one := range emoji {
			if p.server.files[one] != nil {
				reactions = append(reactions, Reaction{Type: "custom_emoji", CustomEmojiID: one})
			} else {
				reactions = append(reactions, Reaction{Type: "emoji", Emoji: one})
			}
		}
		m.react(p.user.ID, reactions)
		return nil
	})
}

// Press presses a button below a message, and returns a function that tells what the bot answered.
func (p *Person) Press(chatID, id int64, label string) (answered func() (text string, ok bool), err error) {
	err = p.with(chatID, id, func(m *message) error {
		s := p.server
		for _, row := range m.buttons().Rows {
			for _, button := range row {
				bot := s.accounts[m.sender].bot
				if button.Text != label || button.Data == "" || bot == nil {
					continue
				}
				pressed := &callback{}
				query := fmt.Sprint(s.id())
				bot.callbacks[query] = pressed
				bot.put("callback_query", map[string]any{"id": query, "from": p.user.User, "message": m.visible(bot.user.ID),
					"chat_instance": "1", "data": button.Data})
				answered = func() (string, bool) {
					s.mu.Lock()
					defer s.mu.Unlock()
					return pressed.text, pressed.answered
				}
				return nil
			}
		}
		return fmt.Errorf("%w: no button %q", ErrNoSuchMessage, label)
	})
	return answered, err
}

// buttons returns the buttons below a message.
func (m *message) buttons() (b inlineButtons) {
	json.Unmarshal(m.ReplyMarkup, &b) // none, if it is another kind of markup
	return b
}

// Start opens a chat with a bot, as the deep link t.me/<bot>?start=<payload> does.
func (p *Person) Start(bot int64, payload string) (int64, error) {
	return p.Send(bot, strings.TrimSpace("/start "+payload))
}

// Invite brings people or bots into a group or channel.
func (p *Person) Invite(chatID int64, who ...int64) error {
	return p.do(chatID, func(c *chat) error {
		for _, id := range who {
			if !c.has(p.user.ID) {
				return ErrNotAllowed
			}
			if err := c.add(p.user.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Leave leaves a group or channel.
func (p *Person) Leave(chatID int64) error { return p.Remove(chatID, p.user.ID) }

// Remove removes somebody from a group or channel.
func (p *Person) Remove(chatID, who int64) error {
	return p.do(chatID, func(c *chat) error {
		if who != p.user.ID && !c.isAdmin(p.user.ID) || !c.has(who) {
			return ErrNotAllowed
		}
		c.leave(p.user.ID, who)
		return nil
	})
}

// Promote makes somebody an administrator with all rights, or no administrator.
func (p *Person) Promote(chatID, who int64, admin bool) error {
	if admin {
		return p.PromoteWith(chatID, who, allRights())
	}
	return p.PromoteWith(chatID, who, Rights{})
}

// PromoteWith makes somebody an administrator with some rights; without any, no administrator.
func (p *Person) PromoteWith(chatID, who int64, rights Rights) error {
	return p.do(chatID, func(c *chat) error {
		if !c.isAdmin(p.user.ID) || !c.has(who) {
			return ErrNotAllowed
		}
		to := &Member{Status: "member", User: p.server.accounts[who].User}
		if rights != (Rights{}) {
			to.Status, to.Rights, to.appointed = "administrator", &rights, p.user.ID
		}
		c.change(p.user.ID, to)
		return nil
	})
}

// Retitle names a group or channel.
func (p *Person) Retitle(chatID int64, title string) error {
	return p.do(chatID, func(c *chat) error { c.retitle(p.user.ID, title); return nil })
}

// Picture gives a group or channel a picture.
func (p *Person) Picture(chatID int64, data []byte) error {
	return p.do(chatID, func(c *chat) error {
		return c.picture(p.user.ID, p.server.keep(&upload{name: "photo.jpg", mime: "image/jpeg", data: data}))
	})
}

// Pin pins a message.
func (p *Person) Pin(chatID, id int64) error {
	return p.with(chatID, id, func(m *message) error { m.in.pin(p.user.ID, m); return nil })
}

// Upload keeps a file that goes with another one, such as a sticker's small picture.
func (p *Person) Upload(name string, data []byte) (*Media, error) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if len(data) == 0 {
		return nil, badRequest("file must be non-empty")
	}
	return p.server.keep(&upload{name: name, data: data}).describe(), nil
}
