package telegramtest

import (
	"encoding/json"
	"fmt"
)

// Bot is a bot that the simulation knows. What it does comes through the Bot API.
type Bot struct {
	server *Server
	user   *account
	token  string

	// Guarded by the server's mutex.
	updates     []*update
	confirmed   []*update
	lastUpdate  int64
	allowed     map[string]bool // nil: the default
	polling     chan struct{}   // closed to end the getUpdates that waits
	hook        *webhook
	commands    any
	actions     []Action
	callbacks   map[string]*callback
	blockedBy   map[int64]bool
	privacyMode bool
	away        bool          // nothing that happens is told
	held        chan struct{} // closed to let answers go; nil: none is kept back
	heldMethod  string
}

// Action is what a bot is shown to be doing in a chat.
type Action struct {
	Chat   int64
	Action string // "typing", "upload_photo", ...
}

// AddBot makes a bot, as BotFather does. The username has to end in "bot".
func (s *Server) AddBot(name, username string) (*Bot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.freeUsername(username); err != nil {
		return nil, fmt.Errorf("add the bot %q: %w", username, err)
	}
	id := s.id()
	b := &Bot{server: s, token: fmt.Sprintf("%d:simulated-%x", id, id*2654435761), callbacks: map[string]*callback{},
		blockedBy: map[int64]bool{}, privacyMode: true}
	b.user = &account{User: User{ID: id, IsBot: true, FirstName: name, Username: username}, bot: b}
	s.accounts[id], s.bots[b.token] = b.user, b
	return b, nil
}

// ID is the bot's identifier.
func (b *Bot) ID() int64 { return b.user.ID }

// Token is what the bot proves itself with.
func (b *Bot) Token() string { return b.token }

// Username is the bot's username, without the @.
func (b *Bot) Username() string { return b.user.Username }

// SetPrivacy says whether the bot sees in groups only what is meant for it, which it does at first.
func (b *Bot) SetPrivacy(on bool) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.privacyMode = on
}

// Revoke gives the bot a new token, as its owner does at BotFather's, and returns it. The old one gets 401.
func (b *Bot) Revoke() string {
	s := b.server
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bots, b.token)
	b.token = fmt.Sprintf("%d:simulated-%x", b.user.ID, s.id()*2654435761)
	s.bots[b.token] = b
	return b.token
}

// Actions lists what the bot was shown to be doing.
func (b *Bot) Actions() []Action {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return append([]Action(nil), b.actions...)
}

// Waiting counts the updates that no offset has confirmed.
func (b *Bot) Waiting() int {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return len(b.updates)
}

// Tell gives the bot an update as a test writes it, whatever its kind and content.
func (b *Bot) Tell(kind string, content json.RawMessage) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.put(kind, content)
}

// Says has the bot send a message to a person who has written to it, as another program with its token does.
func (b *Bot) Says(to int64, said Message) (id int64, err error) {
	s := b.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[to] == nil || s.privateChat(b.user.ID, to).wrote[to] == 0 {
		return 0, ErrNotAllowed
	}
	return s.privateChat(b.user.ID, to).post(b.user.ID, said).MessageID, nil
}

var aboutBots = map[string]method{
	"getMe": func(c *call) (any, error) {
		me := c.bot.user.User
		me.CanJoinGroups, me.CanReadAllGroupMessages, me.CanConnectToBusiness = true, !c.bot.privacyMode, true
		return me, nil
	},
	"getUpdates":     nil, // see Server.run
	"setWebhook":     (*call).setWebhook,
	"deleteWebhook":  (*call).deleteWebhook,
	"getWebhookInfo": (*call).webhookInfo,
	"setMyCommands": func(c *call) (any, error) {
		return true, c.object("commands", &c.bot.commands)
	},
	"getMyCommands":    func(c *call) (any, error) { return c.bot.commands, nil },
	"deleteMyCommands": func(c *call) (any, error) { c.bot.commands = nil; return true, nil },
	"logOut":           func(*call) (any, error) { return true, nil },
	"close":            func(*call) (any, error) { return true, nil },
}
