package telegram

import (
	"context"
	"fmt"
	"sync"
	"time"

	"maunium.net/go/mautrix/bridgev2"
)

const (
	// typingAgain is after how long it is shown again that somebody types: apps show it for five seconds (Bot API, sendChatAction).
	typingAgain = 4500 * time.Millisecond
	// typingLasts is for how long it is shown that somebody types, when the homeserver does not tell of the end.
	typingLasts = time.Minute
)

// typists counts who types in which chat: several members of staff may through one bot.
type typists struct {
	mu    sync.Mutex
	chats map[chatID]*typingIn // guarded by mu
}

// typingIn is the typing in one chat.
type typingIn struct {
	count int
	ended chan struct{} // closed when nobody types any more
}

// begin counts one more. first tells that it is the first one; ended is closed when the last one has stopped.
func (t *typists) begin(in chatID) (ended <-chan struct{}, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	typing := t.chats[in]
	if typing == nil {
		if t.chats == nil {
			t.chats = map[chatID]*typingIn{}
		}
		typing, first = &typingIn{ended: make(chan struct{})}, true
		t.chats[in] = typing
	}
	typing.count++
	return typing.ended, first
}

// end counts one less, or, when nobody told of an end for long, none.
func (t *typists) end(in chatID, all bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	typing := t.chats[in]
	if typing == nil {
		return
	}
	if typing.count--; typing.count <= 0 || all {
		delete(t.chats, in)
		close(typing.ended)
	}
}

var _ bridgev2.TypingHandlingNetworkAPI = (*account)(nil)

// HandleMatrixTyping shows contacts that somebody types, for as long as they do (see [bridgev2.TypingHandlingNetworkAPI]). Telegram has no
// word for the end. Nobody tells bots who types.
func (a *account) HandleMatrixTyping(ctx context.Context, typing *bridgev2.MatrixTyping) error {
	in, err := parsePortalID(typing.Portal.ID)
	switch {
	case err != nil:
		return err
	case !typing.IsTyping:
		a.typing.end(in, false)
		return nil
	case !a.IsLoggedIn():
		return nil
	}
	action := "typing"
	if typing.Type == bridgev2.TypingTypeRecordingMedia {
		action = "record_voice"
	}
	ended, first := a.typing.begin(in)
	if !first {
		return nil
	}
	a.spawn(func(ctx context.Context) { a.showTyping(ctx, in, action, ended) })
	if err := a.api.sendChatAction(ctx, in, action); err != nil {
		return fmt.Errorf("show who types: %w", err)
	}
	return nil
}

// showTyping shows again and again that somebody types, until nobody does.
func (a *account) showTyping(ctx context.Context, in chatID, action string, ended <-chan struct{}) {
	again, patience := time.NewTicker(typingAgain), time.NewTimer(typingLasts)
	defer again.Stop()
	defer patience.Stop()
	for {
		select {
		case <-again.C:
			if err := a.api.sendChatAction(ctx, in, action); err != nil {
				a.log.Debug().Err(err).Msg("It is not shown any more that somebody types")
				a.typing.end(in, true)
				return
			}
		case <-patience.C:
			a.typing.end(in, true)
			return
		case <-ended:
			return
		case <-ctx.Done():
			return
		}
	}
}
