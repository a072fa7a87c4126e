package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix"
	bridgedb "maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// directChats lists the rooms of direct chats in their members' m.direct, by which clients tell them from other rooms
// (Matrix Client-Server API, "Direct Messaging"). It is one list an account, read and written as a whole; so the rooms that
// are made within a while go into it together, as those of an account that is linked do.
//
// What is still to be listed is kept in the bridge's database, so that a crash forgets none.
type directChats struct {
	network *network
	news    chan struct{} // tells run that something waits

	mu      sync.Mutex
	known   map[directChat]bool // what waits, and what has been listed
	waiting []directChat        // in the order in which they came
}

// directChat is a room that a member of staff has for a chat with a contact.
type directChat struct {
	Staff   id.UserID `json:"staff"`
	Contact id.UserID `json:"contact"`
	Room    id.RoomID `json:"room"`
}

const (
	// directsKey is where the database keeps what waits.
	directsKey bridgedb.Key = "passerelle_direct_chats"
	// directsEvery is how long chats are gathered after the lists were changed.
	directsEvery     = 5 * time.Second
	directsEveryBusy = time.Minute
)

func newDirectChats(n *network) *directChats {
	return &directChats{network: n, news: make(chan struct{}, 1), known: map[directChat]bool{}}
}

// MarkAsDM lists a room among the user's direct chats, in a while.
func (i *intent) MarkAsDM(ctx context.Context, room id.RoomID, with id.UserID) error {
	i.connector.network.directs.add(ctx, directChat{Staff: i.GetMXID(), Contact: with, Room: room})
	return nil
}

// add notes a chat to be listed, unless it has been.
func (d *directChats) add(ctx context.Context, chat directChat) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[chat] {
		return
	}
	d.known[chat] = true
	d.keep(ctx, append(d.waiting, chat))
	d.wake()
}

func (d *directChats) wake() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// keep makes chats what waits. The caller holds mu.
func (d *directChats) keep(ctx context.Context, chats []directChat) {
	d.waiting = chats
	if encoded, err := json.Marshal(chats); err == nil { // identifiers are always JSON
		d.network.bridge().DB.KV.Set(context.WithoutCancel(ctx), directsKey, string(encoded))
	}
}

// load takes up what waited when the bridge last stopped.
func (d *directChats) load(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var kept []directChat
	if text := d.network.bridge().DB.KV.Get(ctx, directsKey); text != "" {
		if err := json.Unmarshal([]byte(text), &kept); err != nil {
			d.network.log.Err(err).Msg("Some direct chats are not listed as such")
		}
	}
	for _, chat := range kept {
		if !d.known[chat] {
			d.known[chat] = true
			d.waiting = append(d.waiting, chat)
		}
	}
	if len(d.waiting) > 0 {
		d.wake()
	}
}

// run lists what waits until ctx ends.
func (d *directChats) run(ctx context.Context) {
	ctx = d.network.newContext(ctx)
	d.load(ctx)
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = directsEvery, time.Minute
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.news:
		}
		begun := time.Now()
		all := d.listAll(ctx)
		pause := gathering(time.Since(begun), directsEvery, directsEveryBusy)
		if all {
			wait.Reset()
		} else {
			pause = wait.NextBackOff()
			d.wake()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// listAll lists what waits. It is false when some of it has to be tried again, since the homeserver is away.
func (d *directChats) listAll(ctx context.Context) (all bool) {
	d.mu.Lock()
	waiting := slices.Clone(d.waiting)
	d.mu.Unlock()
	byStaff := map[id.UserID][]directChat{}
	for _, chat := range waiting {
		byStaff[chat.Staff] = append(byStaff[chat.Staff], chat)
	}
	all = true
	for staff, chats := range byStaff {
		err := d.list(ctx, staff, chats)
		switch {
		case ctx.Err() != nil:
			return true
		case isAway(err):
			all = false
			continue
		case err != nil:
			d.network.log.Warn().Err(err).Stringer("staff", staff).Int("rooms", len(chats)).
				Msg("Direct chats are not listed as such")
		}
		d.mu.Lock()
		d.keep(ctx, slices.DeleteFunc(d.waiting, func(c directChat) bool { return slices.Contains(chats, c) }))
		d.mu.Unlock()
	}
	return all
}

// list adds chats to the m.direct of a member of staff.
func (d *directChats) list(ctx context.Context, staff id.UserID, chats []directChat) error {
	user, err := d.network.bridge().GetExistingUserByMXID(ctx, staff)
	if err != nil || user == nil {
		return err
	}
	puppet, ok := user.DoublePuppet(ctx).(*intent)
	if !ok {
		return nil // it is her client's affair
	}
	var listed event.DirectChatsEventContent
	err = puppet.Matrix.GetAccountData(ctx, event.AccountDataDirectChats.Type, &listed)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("read a list of direct chats: %w", err)
	}
	if listed == nil {
		listed = event.DirectChatsEventContent{}
	}
	changed := false
	for _, chat := range chats {
		if !slices.Contains(listed[chat.Contact], chat.Room) {
			listed[chat.Contact] = append(listed[chat.Contact], chat.Room)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	if err := puppet.Matrix.SetAccountData(ctx, event.AccountDataDirectChats.Type, listed); err != nil {
		return fmt.Errorf("write a list of direct chats: %w", err)
	}
	return nil
}
