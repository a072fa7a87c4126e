package telegramtest

import (
	"context"
	"encoding/json"
	"slices"
)

// Entry is a message as a person's app shows it.
type Entry struct {
	Chat      int64      `json:"chat"` // as the person sees it
	ID        int64      `json:"id"`
	From      int64      `json:"from"`
	FromName  string     `json:"from_name"`
	Text      string     `json:"text,omitempty"` // or the caption
	Kind      string     `json:"kind"`           // text, photo, ..., service
	Edited    bool       `json:"edited,omitempty"`
	Deleted   bool       `json:"deleted,omitempty"`
	Reactions []Reacted  `json:"reactions,omitempty"`
	Seen      bool       `json:"seen,omitempty"` // of one's own, by a business account's bot
	File      string     `json:"file,omitempty"` // its ID
	Message   Message    `json:"message"`
	Version   int64      `json:"version"` // rises with each change
	Buttons   [][]string `json:"buttons,omitempty"`
}

// Reacted is a reaction below a message.
type Reacted struct {
	By    int64  `json:"by"`
	Emoji string `json:"emoji"`
}

// Inbox lists what the person's app shows, in the order in which it came: also what the person wrote, and, marked as such, what
// was deleted.
func (p *Person) Inbox() []Entry { return p.Since(0) }

// Since lists what came, or changed, after a version.
func (p *Person) Since(version int64) []Entry {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return apart(p.since(version))
}

// apart copies entries with all that they point to, which the server changes.
func apart(entries []Entry) []Entry {
	copied := make([]Entry, 0, len(entries))
	encoded, err := json.Marshal(entries)
	if err == nil {
		err = json.Unmarshal(encoded, &copied)
	}
	if err != nil {
		panic(err) // they are made for JSON
	}
	return copied
}

func (p *Person) since(version int64) []Entry {
	s := p.server
	entries := []Entry{}
	look := func(c *chat) {
		for _, m := range c.messages {
			if m.version > version {
				entries = append(entries, p.entry(m))
			}
		}
	}
	for _, c := range s.private {
		if c.has(p.user.ID) {
			look(c)
		}
	}
	for _, c := range s.chats {
		if c.has(p.user.ID) {
			look(c)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return int(a.Version - b.Version) })
	return entries
}

func (p *Person) entry(m *message) Entry {
	shown := m.visible(p.user.ID)
	e := Entry{Chat: shown.Chat.ID, ID: m.MessageID, From: m.sender, FromName: fullName(m.in.server.accounts[m.sender].User),
		Text: m.Text + m.Caption, Kind: m.kind(), Edited: m.EditDate != 0, Deleted: m.deleted, Seen: m.read, Message: shown, Version: m.version}
	if held := m.media(); held != nil {
		e.File = held.FileID
	} else if len(m.Photo) > 0 {
		e.File = m.Photo[len(m.Photo)-1].FileID
	}
	for by, all := range m.reactions {
		for _, r := range all {
			e.Reactions = append(e.Reactions, Reacted{By: by, Emoji: r.Emoji + r.CustomEmojiID})
		}
	}
	slices.SortFunc(e.Reactions, func(a, b Reacted) int { return int(a.By - b.By) })
	for _, row := range m.buttons().Rows {
		var names []string
		for _, button := range row {
			names = append(names, button.Text)
		}
		e.Buttons = append(e.Buttons, names)
	}
	return e
}

// kind names what a message is.
func (m *message) kind() string {
	switch {
	case m.isService():
		return "service"
	case len(m.Photo) > 0:
		return "photo"
	case m.Animation != nil:
		return "animation"
	case m.Audio != nil:
		return "audio"
	case m.Video != nil:
		return "video"
	case m.VideoNote != nil:
		return "video_note"
	case m.Voice != nil:
		return "voice"
	case m.Sticker != nil:
		return "sticker"
	case m.Document != nil:
		return "document"
	case m.Contact != nil:
		return "contact"
	case m.Venue != nil:
		return "venue"
	case m.Location != nil:
		return "location"
	case m.Poll != nil:
		return "poll"
	case m.Dice != nil:
		return "dice"
	case m.Game != nil:
		return "game"
	case m.Text != "":
		return "text"
	}
	return "unknown"
}

// WaitFor waits until the person's app shows what is wanted.
func (p *Person) WaitFor(ctx context.Context, wanted func(Entry) bool) (found Entry, err error) {
	err = p.server.wait(ctx, func() bool {
		entries := p.since(0)
		at := slices.IndexFunc(entries, wanted)
		if at >= 0 {
			found = apart(entries[at : at+1])[0]
		}
		return at >= 0
	})
	return found, err
}

// Fetch returns the content of a file that the app shows.
func (p *Person) Fetch(fileID string) ([]byte, bool) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	f := p.server.files[fileID]
	if f == nil || f.gone {
		return nil, false
	}
	return slices.Clone(f.data), true
}
