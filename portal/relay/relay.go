// Package relay is about what people write who have no account on a network: it goes out through somebody else's account, with
// their name before it.
//
// The contract:
//
//   - Whoever has an account in a room writes through it, as themselves. Everybody else writes through the account that the room
//     has for them, or not at all; which one that is the bridge decides, and hands the event over with [Send].
//   - [Send] runs bridgev2's own handling in the room's goroutine, in order with everything else of the room. bridgev2 by itself
//     leaves out what it cannot relay: reactions, polls and votes (bridgev2/portal.go, handleMatrixEvent, handleMatrixMessage).
//   - A connector learns from the context who wrote ([Of]). It shows the name as the [Style] says, takes back and changes for a
//     person what that person wrote and nothing else, and says in text what an account cannot do for several people.
//   - Names are made harmless before they reach a network ([Clean]).
package relay

import (
	"context"

	"github.com/rs/zerolog"
	"gopkg.in/yaml.v3"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/bridgeconfig"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Person is somebody who writes through another one's account.
type Person struct {
	ID   id.UserID
	Name string // clean, and in the room nobody else's
}

// In returns a person as a room shows them. Two whose names look the same are told apart by what their IDs begin with.
func In(ctx context.Context, matrix bridgev2.MatrixConnector, room id.RoomID, user id.UserID) Person {
	nobody := Person{ID: user, Name: Clean(user.Localpart())}
	member, err := matrix.GetMemberInfo(ctx, room, user)
	if err != nil || member == nil {
		return nobody
	}
	name := Clean(member.Displayname)
	if name == "" {
		return nobody
	}
	if mistakable(ctx, matrix, room, user, member.Displayname) {
		name = Clean(member.Displayname + " (" + user.Localpart() + ")")
	}
	return Person{ID: user, Name: name}
}

// mistakable tells whether a name looks like the one of another member of staff. When that cannot be known, it does.
func mistakable(ctx context.Context, matrix bridgev2.MatrixConnector, room id.RoomID, user id.UserID, name string) bool {
	names, ok := matrix.(bridgev2.MatrixConnectorWithNameDisambiguation)
	if !ok {
		return false
	}
	others, err := names.IsConfusableName(ctx, room, user, name)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("Whether a name is somebody else's, too, could not be looked up")
		return true
	}
	for _, other := range others {
		if _, ghost := matrix.ParseGhostMXID(other); !ghost {
			return true
		}
	}
	return false
}

type personKey struct{}

// With returns a context of what a person writes through another one's account.
func With(ctx context.Context, who Person) context.Context {
	return context.WithValue(ctx, personKey{}, who)
}

// Of returns who wrote through another one's account; not ok when the account's owner wrote.
func Of(ctx context.Context) (who Person, ok bool) {
	who, ok = ctx.Value(personKey{}).(Person)
	return who, ok
}

// Send hands an event on to the network through a login that is not its sender's. What became of it is told as bridgev2 does
// ([bridgev2.MatrixConnector], SendMessageStatus), unless the result says that it was not queued.
func Send(ctx context.Context, room networkid.PortalKey, through *bridgev2.UserLogin, evt *event.Event) bridgev2.EventHandlingResult {
	return Do(room, through, func(inRoom context.Context, at *bridgev2.Portal) {
		inRoom = With(inRoom, In(inRoom, at.Bridge.Matrix, at.MXID, evt.Sender))
		result := send(inRoom, at, through, evt)
		switch {
		case !result.SendMSS:
		case result.Error != nil:
			inside(at).SendErrorStatus(inRoom, evt, result.Error)
		default:
			inside(at).SendSuccessStatus(inRoom, evt, 0, "")
		}
	})
}

// SendPlain hands a message of the bridge's own on to the network through a login, without a name before it. ended, which has room
// for one, gets how it ended; nothing, if the room is given up meanwhile.
func SendPlain(room networkid.PortalKey, through *bridgev2.UserLogin, evt *event.Event, ended chan<- error) bridgev2.EventHandlingResult {
	return Do(room, through, func(inRoom context.Context, at *bridgev2.Portal) {
		ended <- inside(at).HandleMatrixMessage(inRoom, through, nil, evt).Error
	})
}

func send(ctx context.Context, at *bridgev2.Portal, through *bridgev2.UserLogin, evt *event.Event) bridgev2.EventHandlingResult {
	switch evt.Type {
	case event.EventReaction:
		if done, err := isDone(ctx, at, evt.ID); done || err != nil {
			return bridgev2.EventHandlingResultSuccess.WithMSS().WithError(err)
		}
		return inside(at).HandleMatrixReaction(ctx, through, evt)
	case event.EventRedaction:
		return inside(at).HandleMatrixRedaction(ctx, through, nil, evt)
	case event.EventMessage:
		evt.Content.AsMessage().RemoveReplyFallback()
	}
	return inside(at).HandleMatrixMessage(ctx, through, nil, evt)
}

// inside gives access to what bridgev2 does with an event once it has chosen a login. Only the room's goroutine may use it.
func inside(at *bridgev2.Portal) *bridgev2.PortalInternals {
	//lint:ignore SA1019 it is to be used with care, and there is no other way: see the package's comment
	return at.Internal()
}

// isDone tells whether a reaction crossed before. One that another took the place of must not take its place again.
func isDone(ctx context.Context, at *bridgev2.Portal, reaction id.EventID) (bool, error) {
	said, err := at.Bridge.DB.Message.GetPartByMXID(ctx, reaction)
	if err != nil || said != nil {
		return said != nil, err
	}
	given, err := at.Bridge.DB.Reaction.GetByMXID(ctx, reaction)
	return given != nil, err
}

// Configure tells bridgev2 whether people may write through other people's accounts. bridgev2 formats no message: what is
// relayed goes past it. It does format names, and needs a template for that (bridgev2/bridgeconfig/relay.go, FormatName).
func Configure(cfg *bridgeconfig.RelayConfig, enabled bool) error {
	cfg.Enabled, cfg.DisplaynameFormat = enabled, "{{.DisambiguatedName}}"
	return cfg.UnmarshalYAML(&yaml.Node{Kind: yaml.MappingNode})
}

// Do runs something in a room's own goroutine, where what bridgev2 keeps of the room may be changed. It is not run when the
// result says that it was not queued, or when the room is given up meanwhile. source is a login that is in the room.
func Do(room networkid.PortalKey, source *bridgev2.UserLogin, do func(context.Context, *bridgev2.Portal)) bridgev2.EventHandlingResult {
	return source.QueueRemoteEvent(&task{room: room, do: do})
}

// task is an event of no kind, which bridgev2 hands to the room's goroutine and then ignores.
type task struct {
	room networkid.PortalKey
	do   func(context.Context, *bridgev2.Portal)
}

var _ bridgev2.RemotePreHandler = (*task)(nil)

// GetType says that the event is of no kind (see [bridgev2.RemoteEvent]).
func (t *task) GetType() bridgev2.RemoteEventType { return bridgev2.RemoteEventUnknown }

// GetPortalKey names the room (see [bridgev2.RemoteEvent]).
func (t *task) GetPortalKey() networkid.PortalKey { return t.room }

// GetSender says that nobody on the network sent it (see [bridgev2.RemoteEvent]).
func (t *task) GetSender() bridgev2.EventSender { return bridgev2.EventSender{} }

// AddLogContext adds nothing (see [bridgev2.RemoteEvent]).
func (t *task) AddLogContext(c zerolog.Context) zerolog.Context { return c }

// PreHandle runs the task (see [bridgev2.RemotePreHandler]).
func (t *task) PreHandle(ctx context.Context, room *bridgev2.Portal) { t.do(ctx, room) }
