package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"

	"passerelle/portal"
)

// A phone sends the newest messages of every chat at once (INITIAL_BOOTSTRAP), and older ones afterwards, a few chats at a
// time (RECENT). A room grows at its end only, so what is shown first is all that can ever stand above it. The trade:
//
//   - A chat of which the first chunk has enough, or all that there is, is shown at once.
//   - Every other one gets its room at once, so that people see their chats, and its messages wait, held in the inbox, until
//     enough of them are there, until the phone has sent everything, or until it has sent nothing more for a while.
//   - Nobody waits for it who writes now: a live message has the messages of its chat shown that are there.
//
// What comes after that and is older is left out. It can be asked for (history_older.go).

// historyPause is how long a phone may send nothing more before what is there is shown.
const historyPause = time.Minute

// heldHistory is what of an account's history waits.
type heldHistory struct {
	mu      sync.Mutex                 // held while the inbox holds or releases, so that both say the same
	open    bool                       // more is to be expected
	lanes   map[string]map[string]bool // what is held: IDs of arrivals, by lane
	placed  map[string]bool            // lanes whose messages stand in the inbox
	touched time.Time                  // when the phone last sent something
}

// beginHistory notes that more history is to be expected, and sees to it that what is held does not wait for ever.
func (a *account) beginHistory() {
	h := &a.held
	h.mu.Lock()
	began := !h.open
	h.open, h.touched = true, time.Now()
	if began {
		h.lanes, h.placed = map[string]map[string]bool{}, map[string]bool{}
	}
	h.mu.Unlock()
	if began {
		a.spawn(a.endHistory)
	}
}

// touch notes that the phone has sent something.
func (h *heldHistory) touch() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.touched = time.Now()
}

// resumeHistory takes up again what was held when the bridge last stopped.
func (a *account) resumeHistory(ctx context.Context) error {
	lanes, err := a.connector.border.Inbox.Held(ctx, string(a.login.ID))
	if err != nil {
		return fmt.Errorf("look for history that waits: %w", err)
	}
	if len(lanes) == 0 {
		return nil
	}
	a.beginHistory()
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	for _, lane := range lanes {
		a.held.lanes[lane] = map[string]bool{}
	}
	return nil
}

// endHistory has everything shown once the phone has sent nothing for a while.
func (a *account) endHistory(ctx context.Context) {
	pause := a.connector.historyPause
	for {
		a.held.mu.Lock()
		open, wait := a.held.open, time.Until(a.held.touched.Add(pause))
		a.held.mu.Unlock()
		if !open {
			return
		}
		if wait <= 0 {
			err := a.releaseAll(ctx)
			if err == nil || ctx.Err() != nil {
				return
			}
			a.log.Err(err).Msg("History cannot be shown yet; trying again")
			wait = 5 * time.Second
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// shown puts messages of a chat's past into the inbox, where they are shown or held. whole tells that no more of the chat is
// to be expected, or wanted.
func (a *account) shown(ctx context.Context, lane string, past recollection, whole bool) error {
	h, inbox, most := &a.held, a.connector.border.Inbox, a.connector.options.History.Messages
	h.mu.Lock()
	defer h.mu.Unlock()
	held, waits := h.lanes[lane]
	arrivals := inOrder(past.arrivals, most)
	if !h.open || h.placed[lane] || !waits && (whole || past.messages >= most) {
		if h.open {
			h.placed[lane] = true
		}
		return inbox.Put(ctx, a.stored(ctx, arrivals)...)
	}
	if !waits && len(arrivals) > 0 {
		if err := a.announceRoom(ctx, lane, arrivals); err != nil {
			return err
		}
		held = map[string]bool{}
		h.lanes[lane] = held
	}
	slices.Reverse(arrivals) // everything that is held has the newest first: older chunks come later
	if err := inbox.Hold(ctx, a.stored(ctx, arrivals)...); err != nil {
		return err
	}
	for _, came := range arrivals {
		if came.Answers == "" {
			held[came.ID] = true
		}
	}
	if held != nil && (whole || len(held) >= most) {
		return a.releaseLocked(ctx, lane)
	}
	return nil
}

// announceRoom has the room of a chat made whose messages are held. It is described by the newest message.
func (a *account) announceRoom(ctx context.Context, lane string, past []*arrival) error {
	for _, came := range slices.Backward(past) {
		if came.Answers != "" {
			continue
		}
		room := *came
		room.Kind, room.Encoded = arrivalRoom, nil
		payload, err := room.encode()
		if err != nil {
			return err
		}
		return a.connector.border.Inbox.Put(ctx, portal.Arrival{
			Login: string(a.login.ID), Lane: lane, ID: lane + ":room", Payload: payload, At: time.Now(), Past: true,
		})
	}
	return nil
}

// holds tells whether messages of the past are held in a lane.
func (a *account) holds(lane string) bool {
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	_, held := a.held.lanes[lane]
	return held
}

// release has the messages of the past that are held in a lane shown.
func (a *account) release(ctx context.Context, lane string) error {
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	if _, held := a.held.lanes[lane]; !held { // somebody else was quicker
		return nil
	}
	return a.releaseLocked(ctx, lane)
}

func (a *account) releaseLocked(ctx context.Context, lane string) error {
	if err := a.connector.border.Inbox.Release(ctx, string(a.login.ID), lane, a.arrange); err != nil {
		return err
	}
	delete(a.held.lanes, lane)
	a.held.placed[lane] = true
	return nil
}

// releaseAll has everything shown that is held, and expects no more.
func (a *account) releaseAll(ctx context.Context) error {
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	lanes, err := a.connector.border.Inbox.Held(ctx, string(a.login.ID))
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		if err := a.releaseLocked(ctx, lane); err != nil {
			return err
		}
	}
	a.held.open, a.held.lanes, a.held.placed = false, nil, nil
	return nil
}

// forgetHistory removes what is held: the account is linked no more.
func (a *account) forgetHistory(ctx context.Context) {
	inbox, login := a.connector.border.Inbox, string(a.login.ID)
	lanes, err := inbox.Held(ctx, login)
	for _, lane := range lanes {
		if err == nil {
			err = inbox.Release(ctx, login, lane, func([]portal.Arrival) []portal.Arrival { return nil })
		}
	}
	if err != nil {
		a.log.Err(err).Msg("History that waits, sealed, could not be removed")
	}
}

// arrange puts what was held of a chat into its order.
func (a *account) arrange(held []portal.Arrival) []portal.Arrival {
	var past []*arrival
	by := map[*arrival]portal.Arrival{}
	for _, stored := range held {
		came, _, err := decodeArrival(stored.Payload)
		if err != nil {
			continue // it would not be delivered either
		}
		past = append(past, came)
		by[came] = stored
	}
	past = inOrder(past, a.connector.options.History.Messages)
	arranged := make([]portal.Arrival, len(past))
	for i, came := range past {
		arranged[i] = by[came]
	}
	return arranged
}

// isLast tells whether a chunk is the last one that is to be expected. Only the chunks after the first say so
// (waHistorySync.HistorySync, progress).
func isLast(chunk *waHistorySync.HistorySync) bool {
	switch chunk.GetSyncType() {
	case waHistorySync.HistorySync_RECENT, waHistorySync.HistorySync_FULL:
		return chunk.GetProgress() >= 100
	}
	return false
}
