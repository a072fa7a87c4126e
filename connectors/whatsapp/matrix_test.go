package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
)

func (r *room) join(user id.UserID) { r.members[user] = event.MembershipJoin }

// reacted is a reaction in a room.
type reacted struct {
	id    id.EventID
	by    id.UserID
	to    id.EventID
	emoji string
}

// matrixSide is what bridgev2 asks of Matrix, in memory.
type matrixSide struct {
	bridgev2.MatrixConnector // nil: what is not written below is not asked for

	mu        sync.Mutex
	changed   chan struct{} // closed at each change, and made anew
	rooms     map[id.RoomID]*room
	events    int
	redacted  []id.EventID
	written   []event.Event // what staff sent, as the homeserver has it
	takenBack []id.EventID  // what staff redacted
	reactions []reacted
	profiles  map[id.UserID]string
	avatars   map[id.UserID]string
	files     map[id.ContentURIString][]byte
	states    []status.BridgeState
	statuses  map[id.EventID]bridgev2.MessageStatus
	fail      func(what string) error
	online    map[id.UserID]bool         // whom the homeserver shows as online
	unshown   bool                       // it shows nobody
	shows     int                        // how often it was told
	reached   map[id.EventID][]id.UserID // whom a message has reached
	puppets   bool                       // staff have double puppets; set before they are needed
	marks     map[id.UserID]map[id.RoomID]roomMarks
}

// roomMarks are what a member of staff has set about a room.
type roomMarks struct {
	muted  bool
	tag    event.RoomTag
	unread bool
}

// change changes the state and wakes those who wait for it.
func (m *matrixSide) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// wait waits until holds does.
func (m *matrixSide) wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		m.mu.Lock()
		held, changed := holds(), m.changed
		m.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-limit:
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, r := range m.rooms {
				for _, s := range r.said {
					t.Logf("%s (%s): %s: %s", r.id, r.name, s.by, s.content.Body)
				}
			}
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func (m *matrixSide) failing(what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		return nil
	}
	return m.fail(what)
}

func (m *matrixSide) setFail(fail func(what string) error) { m.change(func() { m.fail = fail }) }

func (m *matrixSide) nextEvent() (event id.EventID) {
	m.change(func() {
		m.events++
		event = id.EventID(fmt.Sprintf("$event-%d", m.events))
	})
	return event
}

func ghostMXID(user networkid.UserID) id.UserID {
	return id.UserID(ghostPrefix + string(user) + ":" + domain)
}

func (m *matrixSide) Init(*bridgev2.Bridge)         {}
func (m *matrixSide) Start(context.Context) error   { return nil }
func (m *matrixSide) PreStop()                      {}
func (m *matrixSide) Stop()                         {}
func (m *matrixSide) ServerName() string            { return domain }
func (m *matrixSide) BotIntent() bridgev2.MatrixAPI { return &intent{matrix: m, user: botMXID} }
func (m *matrixSide) GetCapabilities() *bridgev2.MatrixCapabilities {
	return &bridgev2.MatrixCapabilities{ExtraProfileMeta: true}
}
func (m *matrixSide) FormatGhostMXID(user networkid.UserID) id.UserID { return ghostMXID(user) }
func (m *matrixSide) GhostIntent(user networkid.UserID) bridgev2.MatrixAPI {
	return &intent{matrix: m, user: ghostMXID(user)}
}
func (m *matrixSide) ParseGhostMXID(user id.UserID) (networkid.UserID, bool) {
	local, isGhost := strings.CutPrefix(string(user), ghostPrefix)
	return networkid.UserID(strings.TrimSuffix(local, ":"+domain)), isGhost
}
func (m *matrixSide) NewUserIntent(_ context.Context, user id.UserID, _ string) (bridgev2.MatrixAPI, string, error) {
	if !m.puppets {
		return nil, "", nil
	}
	return &intent{matrix: m, user: user}, "", nil
}
func (m *matrixSide) GenerateDeterministicRoomID(networkid.PortalKey) id.RoomID { return "" }
func (m *matrixSide) SendBridgeStatus(_ context.Context, state *status.BridgeState) error {
	m.change(func() { m.states = append(m.states, *state) })
	return nil
}
func (m *matrixSide) SendMessageStatus(_ context.Context, s *bridgev2.MessageStatus, about *bridgev2.MessageStatusEventInfo) {
	m.change(func() {
		if m.statuses == nil {
			m.statuses = map[id.EventID]bridgev2.MessageStatus{}
		}
		m.statuses[about.SourceEventID] = *s
		m.reached[about.SourceEventID] = append(m.reached[about.SourceEventID], s.DeliveredTo...)
	})
}
func (m *matrixSide) GetPowerLevels(_ context.Context, in id.RoomID) (*event.PowerLevelsEventContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rooms[in].levels.Clone(), nil
}
func (m *matrixSide) GetMembers(_ context.Context, in id.RoomID) (map[id.UserID]*event.MemberEventContent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	members := map[id.UserID]*event.MemberEventContent{}
	for user, membership := range m.rooms[in].members {
		members[user] = &event.MemberEventContent{Membership: membership}
	}
	return members, nil
}

func (i *intent) GetStateEvent(_ context.Context, in id.RoomID, kind event.Type, _ string) (*event.Event, error) {
	i.matrix.mu.Lock()
	defer i.matrix.mu.Unlock()
	if pinned := i.matrix.rooms[in].pinned; pinned != nil && kind == event.StatePinnedEvents {
		return &event.Event{Content: event.Content{Parsed: &event.PinnedEventsEventContent{Pinned: pinned}}}, nil
	}
	return nil, mautrix.MNotFound
}

// becomes waits until a login's last state is the wanted one, and returns it.
func (m *matrixSide) becomes(t *testing.T, want status.BridgeStateEvent) (last status.BridgeState) {
	t.Helper()
	m.wait(t, "the state "+string(want), func() bool {
		for _, s := range m.states {
			last = s
		}
		return last.StateEvent == want
	})
	return last
}

// outcome waits for what became of a Matrix event.
func (m *matrixSide) outcome(t *testing.T, of id.EventID) (s bridgev2.MessageStatus) {
	t.Helper()
	m.wait(t, "the outcome of "+of.String(), func() (known bool) {
		s, known = m.statuses[of]
		return known
	})
	return s
}

func (i *intent) GetMXID() id.UserID { return i.user }
func (i *intent) IsDoublePuppet() bool {
	return i.user != botMXID && !strings.HasPrefix(string(i.user), ghostPrefix)
}

func (i *intent) CreateRoom(_ context.Context, req *mautrix.ReqCreateRoom) (made id.RoomID, err error) {
	if err := i.matrix.failing("create"); err != nil {
		return "", err
	}
	i.matrix.change(func() {
		r := &room{
			id: id.RoomID(fmt.Sprintf("!room-%d:%s", len(i.matrix.rooms)+1, domain)), direct: req.IsDirect,
			members: map[id.UserID]event.Membership{i.user: event.MembershipJoin}, levels: req.PowerLevelOverride,
			typing: map[id.UserID]bridgev2.TypingType{}, read: map[id.UserID]id.EventID{},
		}
		r.space = req.CreationContent["type"] == event.RoomTypeSpace
		r.within = map[id.RoomID]bool{}
		for _, state := range req.InitialState {
			switch state := state.Content.Parsed.(type) {
			case *event.RoomNameEventContent:
				r.name = state.Name
			case *event.TopicEventContent:
				r.topic = state.Topic
			}
		}
		i.matrix.rooms[r.id] = r
		made = r.id
	})
	return made, nil
}

func (i *intent) SendMessage(ctx context.Context, in id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	if err := i.matrix.failing("send"); err != nil {
		portal.NoteFailure(ctx, err) // as our Matrix connector does
		return nil, err
	}
	made := i.matrix.nextEvent()
	if redaction, ok := content.Parsed.(*event.RedactionEventContent); ok {
		i.matrix.change(func() { i.matrix.redacted = append(i.matrix.redacted, redaction.Redacts) })
		return &mautrix.RespSendEvent{EventID: made}, nil
	}
	if reaction, ok := content.Parsed.(*event.ReactionEventContent); ok {
		i.matrix.change(func() {
			i.matrix.reactions = append(i.matrix.reactions, reacted{made, i.user, reaction.RelatesTo.EventID, reaction.RelatesTo.Key})
		})
		return &mautrix.RespSendEvent{EventID: made}, nil
	}
	if i.user != botMXID && !portal.MayPass(ctx) {
		return nil, errors.New("no gate has admitted this message")
	}
	var at int64
	if extra != nil {
		at = extra.Timestamp.UnixMilli()
	}
	i.matrix.change(func() {
		r := i.matrix.rooms[in]
		r.said = append(r.said, said{id: made, by: i.user, at: at, kind: t, content: content.Parsed.(*event.MessageEventContent), extra: content.Raw})
	})
	return &mautrix.RespSendEvent{EventID: made}, nil
}

func (i *intent) SendState(_ context.Context, in id.RoomID, t event.Type, key string, content *event.Content, _ time.Time) (*mautrix.RespSendEvent, error) {
	if err := i.matrix.failing("state"); err != nil {
		return nil, err
	}
	made := i.matrix.nextEvent()
	i.matrix.change(func() {
		r := i.matrix.rooms[in]
		switch state := content.Parsed.(type) {
		case *event.MemberEventContent:
			r.members[id.UserID(key)] = state.Membership
		case *event.RoomNameEventContent:
			r.name = state.Name
		case *event.TopicEventContent:
			r.topic = state.Topic
		case *event.RoomAvatarEventContent:
			r.avatar = state.URL
		case *event.SpaceChildEventContent:
			r.within[id.RoomID(key)] = len(state.Via) > 0
		case *event.PowerLevelsEventContent:
			r.levels = state
		case *event.PinnedEventsEventContent:
			r.pinned = state.Pinned
		}
	})
	return &mautrix.RespSendEvent{EventID: made}, nil
}

func (i *intent) EnsureJoined(_ context.Context, in id.RoomID, _ ...bridgev2.EnsureJoinedParams) error {
	i.matrix.change(func() { i.matrix.rooms[in].join(i.user) })
	return nil
}

func (i *intent) EnsureInvited(_ context.Context, in id.RoomID, user id.UserID) error {
	i.matrix.change(func() {
		if r := i.matrix.rooms[in]; r.members[user] == "" {
			r.members[user] = event.MembershipInvite
		}
	})
	return nil
}

func (i *intent) SetDisplayName(_ context.Context, name string) error {
	i.matrix.change(func() {
		if i.matrix.profiles == nil {
			i.matrix.profiles = map[id.UserID]string{}
		}
		i.matrix.profiles[i.user] = name
	})
	return nil
}

func (i *intent) SetAvatarURL(_ context.Context, url id.ContentURIString) error {
	i.matrix.change(func() {
		if i.matrix.avatars == nil {
			i.matrix.avatars = map[id.UserID]string{}
		}
		i.matrix.avatars[i.user] = string(i.matrix.files[url])
	})
	return nil
}

func (i *intent) SetExtraProfileMeta(context.Context, any) error { return nil }

func (i *intent) UploadMedia(_ context.Context, _ id.RoomID, data []byte, _, _ string) (url id.ContentURIString, _ *event.EncryptedFileInfo, err error) {
	if err := i.matrix.failing("upload"); err != nil {
		return "", nil, err
	}
	i.matrix.change(func() {
		url = id.ContentURIString(fmt.Sprintf("mxc://%s/%d", domain, len(i.matrix.files)+1))
		i.matrix.files[url] = data
	})
	return url, nil, nil
}

func (i *intent) UploadMediaStream(ctx context.Context, in id.RoomID, _ int64, _ bool, write bridgev2.FileStreamCallback) (id.ContentURIString, *event.EncryptedFileInfo, error) {
	var data bytes.Buffer
	described, err := write(&data)
	if err != nil {
		return "", nil, err
	}
	return i.UploadMedia(ctx, in, data.Bytes(), described.FileName, described.MimeType)
}

func (i *intent) DownloadMediaTo(_ context.Context, url id.ContentURIString, key *event.EncryptedFileInfo, into io.Writer) error {
	if key != nil {
		url = key.URL
	}
	i.matrix.mu.Lock()
	defer i.matrix.mu.Unlock()
	data, ok := i.matrix.files[url]
	if !ok {
		return errors.New("no such file")
	}
	_, err := into.Write(data)
	return err
}

// write keeps what staff send, and returns it.
func (m *matrixSide) write(evt *event.Event) *event.Event {
	kept := *evt
	raw, err := json.Marshal(&evt.Content)
	if err != nil {
		panic(err)
	}
	kept.Content = event.Content{VeryRaw: raw}
	m.change(func() {
		m.written = append(m.written, kept)
		if redaction, ok := evt.Content.Parsed.(*event.RedactionEventContent); ok {
			m.takenBack = append(m.takenBack, redaction.Redacts)
		}
	})
	return evt
}

// GetEvent returns an event as a homeserver does, its content taken apart anew; of what is redacted, what the homeserver keeps.
func (i *intent) GetEvent(_ context.Context, in id.RoomID, wanted id.EventID) (*event.Event, error) {
	if err := i.matrix.failing("event"); err != nil {
		return nil, err
	}
	i.matrix.mu.Lock()
	defer i.matrix.mu.Unlock()
	for _, found := range i.matrix.written {
		if found.ID != wanted {
			continue
		}
		if slices.Contains(i.matrix.takenBack, wanted) || slices.Contains(i.matrix.redacted, wanted) {
			found.Unsigned.RedactedBecause, found.Content = &event.Event{}, event.Content{VeryRaw: []byte("{}")}
			if found.Type != event.EventReaction {
				found.Type = event.EventEncrypted
			}
		}
		return &found, found.Content.ParseRaw(found.Type)
	}
	for _, s := range i.matrix.rooms[in].said {
		if s.id != wanted {
			continue
		}
		raw, err := json.Marshal(&event.Content{Parsed: s.content, Raw: s.extra})
		if err != nil {
			return nil, err
		}
		found := &event.Event{ID: wanted, RoomID: in, Sender: s.by, Type: s.kind, Content: event.Content{VeryRaw: raw}}
		return found, found.Content.ParseRaw(s.kind)
	}
	return nil, errors.New("no such event")
}

// FindEvent returns the newest event of a room whose ID is the one meant; nil: there is none.
func (i *intent) FindEvent(ctx context.Context, in id.RoomID, _ time.Time, is func(id.EventID) bool) (*event.Event, error) {
	i.matrix.mu.Lock()
	written := slices.Clone(i.matrix.written)
	i.matrix.mu.Unlock()
	for _, evt := range slices.Backward(written) {
		if evt.RoomID == in && is(evt.ID) {
			return i.GetEvent(ctx, in, evt.ID)
		}
	}
	return nil, nil
}

func (i *intent) TakesMedia(context.Context) error { return i.matrix.failing("media") }

func (i *intent) MarkTyping(_ context.Context, in id.RoomID, kind bridgev2.TypingType, timeout time.Duration) error {
	i.matrix.change(func() {
		delete(i.matrix.rooms[in].typing, i.user)
		if timeout > 0 {
			i.matrix.rooms[in].typing[i.user] = kind
		}
	})
	return nil
}

func (i *intent) ShowOnline(_ context.Context, online bool) error {
	if err := i.matrix.failing("presence"); err != nil {
		return err
	}
	i.matrix.change(func() {
		if i.matrix.online == nil {
			i.matrix.online = map[id.UserID]bool{}
		}
		i.matrix.online[i.user] = online && !i.matrix.unshown
		i.matrix.shows++
	})
	return nil
}

func (i *intent) IsShownOnline(context.Context) (bool, error) {
	i.matrix.mu.Lock()
	defer i.matrix.mu.Unlock()
	return i.matrix.online[i.user], nil
}

func (i *intent) MarkRead(_ context.Context, in id.RoomID, up id.EventID, _ time.Time) error {
	i.matrix.change(func() { i.matrix.rooms[in].read[i.user] = up })
	return nil
}

// mark changes what the user has set about a room.
func (i *intent) mark(in id.RoomID, change func(*roomMarks)) {
	i.matrix.change(func() {
		if i.matrix.marks == nil {
			i.matrix.marks = map[id.UserID]map[id.RoomID]roomMarks{}
		}
		if i.matrix.marks[i.user] == nil {
			i.matrix.marks[i.user] = map[id.RoomID]roomMarks{}
		}
		marks := i.matrix.marks[i.user][in]
		change(&marks)
		i.matrix.marks[i.user][in] = marks
	})
}

func (i *intent) MuteRoom(_ context.Context, in id.RoomID, until time.Time) error {
	if err := i.matrix.failing("mute"); err != nil {
		return err
	}
	i.mark(in, func(marks *roomMarks) { marks.muted = until.After(time.Now()) })
	return nil
}

func (i *intent) TagRoom(_ context.Context, in id.RoomID, tag event.RoomTag, tagged bool) error {
	if err := i.matrix.failing("tag"); err != nil {
		return err
	}
	i.mark(in, func(marks *roomMarks) {
		marks.tag = ""
		if tagged {
			marks.tag = tag
		}
	})
	return nil
}

func (i *intent) MarkUnread(_ context.Context, in id.RoomID, unread bool) error {
	i.mark(in, func(marks *roomMarks) { marks.unread = unread })
	return nil
}
