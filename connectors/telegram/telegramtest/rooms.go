package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
)

var aboutChats = map[string]method{
	"getChat":              (*call).getChat,
	"setChatTitle":         (*call).setChatTitle,
	"setChatDescription":   (*call).setChatDescription,
	"setChatPhoto":         (*call).setChatPhoto,
	"deleteChatPhoto":      (*call).deleteChatPhoto,
	"pinChatMessage":       (*call).pinChatMessage,
	"unpinChatMessage":     (*call).unpinChatMessage,
	"unpinAllChatMessages": (*call).unpinAllChatMessages,
	"leaveChat":            (*call).leaveChat,
}

// inlineButtons are the buttons below a message (InlineKeyboardMarkup).
type inlineButtons struct {
	Rows [][]struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
		URL  string `json:"url"`
	} `json:"inline_keyboard"`
}

func (c *call) getChat() (any, error) {
	in, err := c.where()
	if err != nil {
		return nil, err
	}
	me := c.bot.user.ID
	if in.kind != "private" && !in.has(me) {
		return nil, forbidden("bot is not a member of the %s chat", in.kind)
	}
	if in.movedTo != 0 {
		return nil, &apiError{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: in.movedTo}
	}
	described, err := json.Marshal(in.as(me))
	if err != nil {
		return nil, err
	}
	full := map[string]any{}
	if err := json.Unmarshal(described, &full); err != nil {
		return nil, err
	}
	if in.description != "" {
		full["description"] = in.description
	}
	picture := in.photo
	if in.kind == "private" {
		if photos := c.server.accounts[in.other(me)].photos; len(photos) > 0 {
			picture = photos[0]
		}
	}
	if picture != nil {
		full["photo"] = map[string]string{"small_file_id": picture.id, "small_file_unique_id": picture.unique + "s",
			"big_file_id": picture.id, "big_file_unique_id": picture.unique}
	}
	if len(in.pinned) > 0 {
		if m := in.message(in.pinned[len(in.pinned)-1]); m != nil {
			full["pinned_message"] = m.visible(me)
		}
	}
	if in.kind == "group" || in.kind == "supergroup" {
		full["permissions"] = in.permissions
	}
	if len(in.links) > 0 && in.isAdmin(me) {
		full["invite_link"] = in.links[0].Link
	}
	return full, nil
}

// governed returns the chat that a call is to change, if the bot may.
func (c *call) governed(may func(Rights) bool, to string) (*chat, error) {
	in, err := c.chat()
	if err != nil {
		return nil, err
	}
	switch me := c.bot.user.ID; {
	case in.movedTo != 0:
		return nil, &apiError{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: in.movedTo}
	case in.kind == "private":
		return nil, badRequest("method is available only for supergroups and channel")
	case !in.has(me):
		return nil, forbidden("bot is not a member of the %s chat", in.kind)
	case !in.isAdmin(me) || !may(in.members[me].rights()):
		return nil, badRequest("not enough rights to %s", to)
	}
	return in, nil
}

func mayChangeInfo(r Rights) bool { return r.CanChangeInfo }
func mayPin(r Rights) bool        { return r.CanPinMessages || r.CanEditMessages }

func (c *call) setChatTitle() (any, error) {
	in, err := c.governed(mayChangeInfo, "change chat title")
	if err != nil {
		return nil, err
	}
	title := c.text("title")
	if title == "" || units(title) > 128 {
		return nil, badRequest("title must be 1-128 characters")
	}
	in.retitle(c.bot.user.ID, title)
	return true, nil
}

func (c *chat) retitle(by int64, title string) {
	c.title = title
	c.post(by, Message{NewChatTitle: title})
}

func (c *call) setChatDescription() (any, error) {
	in, err := c.governed(mayChangeInfo, "set chat description")
	if err != nil {
		return nil, err
	}
	if units(c.text("description")) > 255 {
		return nil, badRequest("chat description is too long")
	}
	in.description = c.text("description")
	c.server.wake()
	return true, nil
}

func (c *call) setChatPhoto() (any, error) {
	in, err := c.governed(mayChangeInfo, "change chat photo")
	if err != nil {
		return nil, err
	}
	u := c.files["photo"]
	if u == nil {
		return nil, badRequest("there is no photo in the request")
	}
	return true, in.picture(c.bot.user.ID, c.server.keep(u))
}

// picture changes the chat's picture.
func (c *chat) picture(by int64, f *file) error {
	var m Message
	if err := m.holdPhoto(f); err != nil {
		return err
	}
	c.photo = f
	c.post(by, Message{NewChatPhoto: m.Photo})
	return nil
}

func (c *call) deleteChatPhoto() (any, error) {
	in, err := c.governed(mayChangeInfo, "change chat photo")
	if err != nil {
		return nil, err
	}
	in.photo = nil
	in.post(c.bot.user.ID, Message{DeleteChatPhoto: true})
	return true, nil
}

// pinnable returns the chat of a call, in which the bot may pin. In a private chat everybody may.
func (c *call) pinnable() (*chat, error) {
	in, err := c.chat()
	if err == nil && in.kind == "private" {
		return in, nil
	}
	return c.governed(mayPin, "manage pinned messages in the chat")
}

func (c *call) pinChatMessage() (any, error) {
	in, err := c.pinnable()
	if err != nil {
		return nil, err
	}
	m := in.message(c.number("message_id"))
	if m == nil {
		return nil, badRequest("message to pin not found")
	}
	in.pin(c.bot.user.ID, m)
	return true, nil
}

func (c *chat) pin(by int64, m *message) {
	c.pinned = append(slices.DeleteFunc(c.pinned, func(id int64) bool { return id == m.MessageID }), m.MessageID)
	c.post(by, Message{PinnedMessage: &m.Message})
}

func (c *call) unpinChatMessage() (any, error) {
	in, err := c.pinnable()
	if err != nil {
		return nil, err
	}
	if len(in.pinned) == 0 {
		return nil, badRequest("message to unpin not found")
	}
	id := c.number("message_id")
	if id == 0 {
		id = in.pinned[len(in.pinned)-1]
	}
	in.pinned = slices.DeleteFunc(in.pinned, func(pinned int64) bool { return pinned == id })
	c.server.wake()
	return true, nil
}

func (c *call) unpinAllChatMessages() (any, error) {
	in, err := c.pinnable()
	if err != nil {
		return nil, err
	}
	in.pinned = nil
	c.server.wake()
	return true, nil
}

func (c *call) leaveChat() (any, error) {
	in, err := c.chat()
	if err != nil {
		return nil, err
	}
	if in.kind == "private" || !in.has(c.bot.user.ID) {
		return nil, forbidden("bot is not a member of the chat")
	}
	in.leave(c.bot.user.ID, c.bot.user.ID)
	return true, nil
}

// leave takes somebody out of the chat: who leaves, or is removed.
func (c *chat) leave(by, who int64) {
	status := "left"
	if by != who {
		status = "kicked"
	}
	user := c.server.accounts[who].User
	c.change(by, &Member{Status: status, User: user})
	if c.kind != "channel" {
		m := c.post(by, Message{LeftChatMember: &user})
		if bot := c.server.accounts[who].bot; bot != nil && by != who { // it still learns of it
			bot.put("message", m.visible(who))
		}
	}
}

// Migrate makes a supergroup of a group, and returns its ID. The group is there no more.
func (p *Person) Migrate(group int64) (supergroup int64, err error) {
	err = p.do(group, func(c *chat) error {
		if c.kind != "group" || c.movedTo != 0 || !c.isAdmin(p.user.ID) {
			return fmt.Errorf("%w: only an owner makes a supergroup of a group", ErrNotAllowed)
		}
		s := c.server
		to := &chat{server: s, id: -s.id() - 1_000_000_000_000, kind: "supergroup", title: c.title, description: c.description,
			permissions: c.permissions, photo: c.photo, members: map[int64]*Member{}, topics: map[int64]*topic{}, wrote: map[int64]int64{}}
		s.chats[to.id] = to
		for _, id := range c.present() {
			to.set(c.members[id])
		}
		c.movedTo = to.id
		c.post(p.user.ID, Message{MigrateToChatID: to.id})
		to.post(p.user.ID, Message{MigrateFromChatID: c.id})
		supergroup = to.id
		return nil
	})
	return supergroup, err
}
