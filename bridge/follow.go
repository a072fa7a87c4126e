package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	bridgedb "maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/pushrules"

	"passerelle/portal/say"
)

// Homeservers tell bridges nothing of account data (Matrix Application Service API), in which apps keep what a person mutes,
// tags and leaves unread. So the bridge asks, now and then, as the person's double puppet: /sync with a filter that lets
// nothing but that through, and that does not show the person as online.

const (
	// mostFollowed bounds the questions to the homeserver in a second.
	mostFollowed = 4
	// followAttempts is how often a network is told of a change before the person is told that it cannot be.
	followAttempts = 3
)

// followFilter lets through what apps keep about a person's rooms, and nothing else (Matrix Client-Server API, "Filtering").
// Dendrite takes the outer filter of account data for the rooms' as well.
const followFilter = `{"presence":{"types":[]},"account_data":{"types":["m.push_rules","m.tag","m.marked_unread"]},` +
	`"room":{"state":{"types":[]},"timeline":{"types":[]},"ephemeral":{"types":[]},` +
	`"account_data":{"types":["m.tag","m.marked_unread"]}}}`

// roomMarks are what a person set about a room.
type roomMarks struct {
	Muted  bool          `json:"muted,omitempty"`
	Tag    event.RoomTag `json:"tag,omitempty"` // m.favourite, m.lowpriority or empty
	Unread bool          `json:"unread,omitempty"`
	// Doubt says of what the network has been told that more may have been: the bridge died, or the network did not answer.
	Doubt bool `json:"doubt,omitempty"`
}

// followed is what is known of a person's rooms. It is kept, so that what changes while the bridge is down is seen.
type followed struct {
	Since string                  `json:"since"` // sync token; empty: nothing is known
	Set   map[id.RoomID]roomMarks `json:"set"`   // what the homeserver says
	Told  map[id.RoomID]roomMarks `json:"told"`  // what the network has been told, or told us
	tries map[id.RoomID]int       // failed attempts to tell the network
}

// follower passes on to the network what people set about their rooms in their apps. Its state is its goroutine's alone.
type follower struct {
	network *network
	people  map[id.UserID]*followed
}

func newFollower(n *network) *follower {
	return &follower{network: n, people: map[id.UserID]*followed{}}
}

// run asks until ctx ends: everybody once in an interval, or less often when they are many.
func (f *follower) run(ctx context.Context, interval time.Duration) {
	for ctx.Err() == nil {
		people := f.linked()
		pause := interval
		if len(people) > 0 {
			pause = max(interval/time.Duration(len(people)), time.Second/mostFollowed)
		}
		for _, user := range people {
			f.follow(ctx, user)
			wait(ctx, pause)
		}
		if len(people) == 0 {
			wait(ctx, pause)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// linked lists the people who have an account on the network. What is known of others is forgotten: what they set from now on
// is not for the account that they may link later.
func (f *follower) linked() (people []*bridgev2.User) {
	now := map[id.UserID]bool{}
	for _, login := range f.network.bridge().GetAllCachedUserLogins() {
		if !now[login.UserMXID] {
			now[login.UserMXID] = true
			people = append(people, login.User)
		}
	}
	for user := range f.people {
		if !now[user] {
			delete(f.people, user)
			f.network.bridge().DB.KV.Set(f.network.base, followKey(user), "")
		}
	}
	return people
}

func followKey(user id.UserID) bridgedb.Key { return bridgedb.Key("passerelle_marks_" + string(user)) }

// follow asks what a person has set since the last time, and tells the network of it.
func (f *follower) follow(ctx context.Context, user *bridgev2.User) {
	puppet, ok := user.DoublePuppet(ctx).(*intent)
	if !ok {
		return
	}
	known := f.known(ctx, user.MXID)
	first := known.Since == ""
	came, err := puppet.Matrix.Client.FullSyncRequest(ctx, mautrix.ReqSync{
		Since: known.Since, FilterID: followFilter, SetPresence: event.PresenceOffline,
	})
	if err != nil {
		f.network.log.Debug().Err(err).Msg("What somebody set in their app is not known yet; asking again")
		return
	}
	known.take(came)
	if known.Since != came.NextBatch {
		f.forgetOthers(ctx, known)
	}
	if first {
		for room, marks := range known.Set {
			known.Told[room] = marks
		}
	}
	changed := known.Since != came.NextBatch
	known.Since = came.NextBatch
	if f.tell(ctx, user, known) || changed {
		f.keep(ctx, user.MXID, known)
	}
}

// forgetOthers forgets the rooms that are no chats: what a person does there is nobody's business.
func (f *follower) forgetOthers(ctx context.Context, known *followed) {
	for room := range known.Set {
		if at, err := f.network.bridge().GetPortalByMXID(ctx, room); err == nil && at == nil {
			delete(known.Set, room)
		}
	}
}

// known returns what is known of a person's rooms.
func (f *follower) known(ctx context.Context, user id.UserID) *followed {
	if known := f.people[user]; known != nil {
		return known
	}
	known := &followed{}
	if kept := f.network.bridge().DB.KV.Get(ctx, followKey(user)); kept != "" {
		if err := json.Unmarshal([]byte(kept), known); err != nil {
			f.network.log.Err(err).Msg("What somebody set in their app was forgotten")
			known = &followed{}
		}
	}
	if known.Set == nil {
		known.Set = map[id.RoomID]roomMarks{}
	}
	if known.Told == nil {
		known.Told = map[id.RoomID]roomMarks{}
	}
	known.tries = map[id.RoomID]int{}
	f.people[user] = known
	return known
}

func (f *follower) keep(ctx context.Context, user id.UserID, known *followed) {
	text, err := json.Marshal(known)
	if err != nil {
		f.network.log.Err(err).Msg("What somebody set in their app cannot be kept")
		return
	}
	f.network.bridge().DB.KV.Set(ctx, followKey(user), string(text))
}

// take notes what the homeserver says.
func (k *followed) take(came *mautrix.RespSync) {
	for _, evt := range came.AccountData.Events {
		if evt.Type.Type != event.AccountDataPushRules.Type {
			continue
		}
		var rules pushrules.EventContent
		if json.Unmarshal(evt.Content.VeryRaw, &rules) == nil && rules.Ruleset != nil {
			k.takeRules(rules.Ruleset)
		}
	}
	for room, joined := range came.Rooms.Join {
		for _, evt := range joined.AccountData.Events {
			k.change(room, func(marks *roomMarks) { marks.take(evt) })
		}
	}
}

// takeRules notes which rooms are silent.
func (k *followed) takeRules(rules *pushrules.PushRuleset) {
	silent := map[id.RoomID]bool{}
	for _, rule := range rules.Room.Map {
		if isSilent(rule) {
			silent[id.RoomID(rule.RuleID)] = true
		}
	}
	for _, rule := range rules.Override { // which is how Element mutes: a rule named after the room
		if isSilent(rule) && len(rule.Conditions) == 1 && rule.Conditions[0].Key == "room_id" && rule.Conditions[0].Pattern == rule.RuleID {
			silent[id.RoomID(rule.RuleID)] = true
		}
	}
	for room := range k.Set {
		k.change(room, func(marks *roomMarks) { marks.Muted = silent[room] })
	}
	for room := range silent {
		k.change(room, func(marks *roomMarks) { marks.Muted = true })
	}
}

// change changes what is set about a room. What is nothing is not kept.
func (k *followed) change(room id.RoomID, change func(*roomMarks)) {
	marks := k.Set[room]
	change(&marks)
	if k.Set[room] = marks; marks == (roomMarks{}) {
		delete(k.Set, room)
	}
}

// take notes a piece of a room's account data.
func (m *roomMarks) take(evt *event.Event) {
	switch evt.Type.Type {
	case event.AccountDataRoomTags.Type:
		var content event.TagEventContent
		if json.Unmarshal(evt.Content.VeryRaw, &content) != nil {
			return
		}
		m.Tag = ""
		for _, tag := range []event.RoomTag{event.RoomTagLowPriority, event.RoomTagFavourite} { // the latter wins
			if _, tagged := content.Tags[tag]; tagged {
				m.Tag = tag
			}
		}
	case event.AccountDataMarkedUnread.Type:
		var content event.MarkedUnreadEventContent
		if json.Unmarshal(evt.Content.VeryRaw, &content) == nil {
			m.Unread = content.Unread
		}
	}
}

// tell tells the network what it has not been told, and reports whether there was anything.
func (f *follower) tell(ctx context.Context, user *bridgev2.User, known *followed) (changed bool) {
	rooms := map[id.RoomID]bool{}
	for room := range known.Set {
		rooms[room] = true
	}
	for room := range known.Told {
		rooms[room] = true
	}
	for room := range rooms {
		is, was := known.Set[room], known.Told[room]
		if is == was {
			continue
		}
		if !was.Doubt { // first it is noted that the network may have been told
			doubted := was
			doubted.Doubt = true
			known.Told[room] = doubted
			f.keep(ctx, user.MXID, known)
		}
		err := f.tellRoom(ctx, user, room, is, was)
		if err != nil {
			f.network.log.Warn().Err(err).Stringer("room", room).Msg("What somebody set in their app is not passed on yet")
			if known.tries[room]++; known.tries[room] < followAttempts || ctx.Err() != nil {
				continue
			}
			f.network.tell(room, "", user.MXID, f.network.sayTo(user.MXID, say.MarkNotPassed, f.network.title()))
		}
		changed = true
		delete(known.tries, room)
		if known.Told[room] = is; is == (roomMarks{}) {
			delete(known.Told, room)
		}
	}
	return changed
}

// tellRoom tells the network what a person has changed about a room. A room that is no chat of theirs, or no longer, is none of
// its business.
func (f *follower) tellRoom(ctx context.Context, user *bridgev2.User, room id.RoomID, is, was roomMarks) error {
	at, err := f.network.bridge().GetPortalByMXID(ctx, room)
	if err != nil {
		return fmt.Errorf("look up a room: %w", err)
	}
	if at == nil {
		return nil
	}
	login, _, err := at.FindPreferredLogin(ctx, user, false)
	if err != nil || login == nil {
		if errors.Is(err, bridgev2.ErrNotLoggedIn) {
			return nil
		}
		return err
	}
	evt := func(t event.Type) *event.Event {
		return &event.Event{Type: t, RoomID: room, Sender: user.MXID, Timestamp: time.Now().UnixMilli()}
	}
	if api, ok := login.Client.(bridgev2.MuteHandlingNetworkAPI); ok && (is.Muted != was.Muted || was.Doubt) {
		content := &event.BeeperMuteEventContent{}
		if is.Muted {
			content.MutedUntil = -1
		}
		err = api.HandleMute(ctx, &bridgev2.MatrixMute{MatrixEventBase: bridgev2.MatrixEventBase[*event.BeeperMuteEventContent]{
			Event: evt(event.AccountDataBeeperMute), Content: content, Portal: at,
		}})
	}
	if api, ok := login.Client.(bridgev2.TagHandlingNetworkAPI); ok && (is.Tag != was.Tag || was.Doubt) {
		content := &event.TagEventContent{Tags: event.Tags{}}
		if is.Tag != "" {
			content.Tags[is.Tag] = event.TagMetadata{}
		}
		err = errors.Join(err, api.HandleRoomTag(ctx, &bridgev2.MatrixRoomTag{MatrixEventBase: bridgev2.MatrixEventBase[*event.TagEventContent]{
			Event: evt(event.AccountDataRoomTags), Content: content, Portal: at,
		}}))
	}
	if api, ok := login.Client.(bridgev2.MarkedUnreadHandlingNetworkAPI); ok && (is.Unread != was.Unread || was.Doubt) {
		err = errors.Join(err, api.HandleMarkedUnread(ctx, &bridgev2.MatrixMarkedUnread{MatrixEventBase: bridgev2.MatrixEventBase[*event.MarkedUnreadEventContent]{
			Event: evt(event.AccountDataMarkedUnread), Content: &event.MarkedUnreadEventContent{Unread: is.Unread}, Portal: at,
		}}))
	}
	return err
}
