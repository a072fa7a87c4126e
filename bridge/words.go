package bridge

import (
	"context"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// What bridgev2 says to people by itself is in English and speaks of bridges and portals. Where it cannot be kept from saying
// it, our words take its place here.

type readerKey struct{}

// withReader notes who will read what is said about an event.
func withReader(ctx context.Context, reader id.UserID) context.Context {
	return context.WithValue(ctx, readerKey{}, reader)
}

// readerOf returns who reads what is said in ctx; "" when several may.
func readerOf(ctx context.Context) id.UserID {
	reader, _ := ctx.Value(readerKey{}).(id.UserID)
	return reader
}

// libraryReasons are the reasons that bridgev2 gives for somebody's leaving, and ours. They all take the network's name.
var libraryReasons = map[string]say.Sentence{
	"Malformed user ID":                                         say.NobodyInvited, // matrixinvite.go
	"You're not logged in":                                      say.LinkFirst,
	"This bridge does not support starting chats":               say.ChatNotStarted,
	"Direct chat redirected to another internal user ID":        say.SamePerson,
	"You don't have permission to interact with this bridge":    say.MayNotUse, // queue.go
	"You don't have permission to send commands to this bridge": say.MayNotUse,
	"User is not in remote chat":                                say.NotInThere,   // portal.go, syncParticipants
	"Logged out of bridge":                                      say.YouLoggedOut, // userlogin.go
}

// redirected begins the reason for turning an invitation to another one's ghost (bridgev2/portal.go).
const redirected = "Invite redirected to "

// SendState sends a state event. The library's reasons for somebody's leaving are given in our words, and names and topics show that
// contacts are there.
func (i *intent) SendState(ctx context.Context, room id.RoomID, t event.Type, key string, content *event.Content, at time.Time) (*mautrix.RespSendEvent, error) {
	i.connector.network.show(ctx, room, content)
	if member, ok := content.Parsed.(*event.MemberEventContent); ok && member.Reason != "" {
		sentence, known := libraryReasons[member.Reason]
		if strings.HasPrefix(member.Reason, redirected) {
			sentence, known = say.SamePerson, true
		}
		if known {
			reader := readerOf(ctx)
			if user := id.UserID(key); reader == "" && !i.connector.isOurs(user) {
				reader = user
			}
			member.Reason = i.connector.network.sayTo(reader, sentence, i.connector.network.title())
		}
	}
	return i.sendState(ctx, room, t, key, content, at)
}

// inOurWords replaces what bridgev2 says in a chat's room: that something could not be shown, by the field that it gives the
// error in (bridgev2/portal.go, sendRemoteErrorNotice).
func (i *intent) inOurWords(ctx context.Context, room id.RoomID, content *event.Content) {
	if _, failed := content.Raw["fi.mau.bridge.internal_error"]; !failed {
		return
	}
	network := i.connector.network
	content.Raw = nil
	content.Parsed = &event.MessageEventContent{MsgType: event.MsgNotice, Mentions: &event.Mentions{},
		Body: network.sayTo(network.ownerOf(ctx, room), say.NotShown, network.title())}
}

// ownerOf returns whose direct chat a room is; "" when it is nobody's alone.
func (n *network) ownerOf(ctx context.Context, room id.RoomID) id.UserID {
	at, err := n.bridge().GetPortalByMXID(ctx, room)
	if err != nil || at == nil || at.Receiver == "" {
		return ""
	}
	login := n.bridge().GetCachedUserLoginByID(at.Receiver)
	if login == nil {
		return ""
	}
	return login.UserMXID
}

// DeleteRoom empties a room. People who are sent away read why.
func (i *intent) DeleteRoom(ctx context.Context, room id.RoomID, puppetsOnly bool) error {
	if !puppetsOnly {
		members, err := i.Matrix.JoinedMembers(ctx, room)
		if err != nil {
			return err
		}
		for member := range members.Joined {
			if i.connector.isOurs(member) {
				continue
			}
			_, err := i.Matrix.KickUser(ctx, room, &mautrix.ReqKickUser{UserID: member,
				Reason: i.connector.network.sayTo(member, say.RoomClosed, i.connector.network.title())})
			if err != nil {
				i.connector.network.log.Warn().Err(err).Stringer("room", room).Msg("A member stays in a room that is closed")
			}
		}
	}
	return i.ASIntent.DeleteRoom(ctx, room, puppetsOnly)
}

// describeBotRoom says in our words what a person's room with the bot is for (bridgev2/user.go, GetManagementRoom).
func (i *intent) describeBotRoom(req *mautrix.ReqCreateRoom) {
	if network := i.connector.network; req.Topic == network.title()+" bridge management room" && len(req.Invite) == 1 {
		req.Topic = network.sayTo(req.Invite[0], say.BotRoom, network.title())
	}
}
