package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// Status posts of contacts are a chat of their own, with one room for each login that wants it. What is written there as an
// answer goes to the author of the post, and the rest is posted (posts_out.go).

// postLasts is how long WhatsApp shows a status post.
const postLasts = 24 * time.Hour

// isPosts tells whether a chat is that of status posts.
func isPosts(chat types.JID) bool { return chat == types.StatusBroadcastJID }

// ofMany tells whether several people write in a chat: then each message names its author.
func ofMany(chat types.JID) bool { return chat.Server == types.GroupServer || isPosts(chat) }

// isPostsRoom tells whether a room is that of status posts.
func isPostsRoom(id networkid.PortalID) bool { return id == portalID(types.StatusBroadcastJID) }

// showsPosts tells whether the account's owner wants to see status posts.
func (a *account) showsPosts() bool { return a.posts.Load() }

// wantsPosts is what was chosen for a login: by its owner, otherwise by the administrator.
func (c *Connector) wantsPosts(kept *LoginMetadata) bool {
	if kept.StatusPosts != nil {
		return *kept.StatusPosts
	}
	return c.options.StatusPosts
}

// concerns tells whether a message is for a room of the account's.
func (a *account) concerns(info *types.MessageInfo) bool {
	if isPosts(info.Chat) {
		return a.showsPosts() && time.Since(info.Timestamp) < postLasts && (info.IsFromMe || isPerson(info.Sender))
	}
	return concernsUs(info)
}

// lifetime is how long the chat shows what has no time of its own; 0: for good.
func (d *delivery) lifetime() time.Duration {
	if isPosts(d.chat) {
		return postLasts
	}
	return 0
}

// postsChat describes the room of status posts. Their authors come in with their first one.
func (a *account) postsChat() *bridgev2.ChatInfo {
	members := &bridgev2.ChatMemberList{MemberMap: bridgev2.ChatMemberMap{}}
	members.MemberMap.Set(bridgev2.ChatMember{EventSender: a.sender(a.lid), Membership: event.MembershipJoin})
	return &bridgev2.ChatInfo{
		Name:    new(a.say(say.PostsRoom, networkName)),
		Topic:   new(a.say(say.PostsTopic, networkName)),
		Members: members, Type: new(database.RoomTypeDefault), Disappear: new(setting(postLasts)),
	}
}

// choosePosts turns the room of status posts on or off, or says which it is.
func (c *Connector) choosePosts(ce *commands.Event, a *account) {
	choice := ""
	if len(ce.Args) > 0 {
		choice = ce.Args[0]
	}
	switch choice {
	case "on":
		room, err := a.openPosts(ce.Ctx)
		if err != nil {
			a.log.Err(err).Msg("The room of status posts could not be opened")
			c.answer(ce, say.PostsNotKept)
			return
		}
		c.answer(ce, say.PostsOn, networkName, c.link(room.MXID))
	case "off":
		if err := a.choosePosts(ce.Ctx, false); err != nil {
			a.log.Err(err).Msg("That status posts are not wanted could not be kept")
			c.answer(ce, say.PostsNotKept)
			return
		}
		c.answer(ce, say.PostsOff, networkName)
	default:
		sentence := say.PostsAreNot
		if a.showsPosts() {
			sentence = say.PostsAre
		}
		c.answer(ce, sentence, networkName, c.bridge.Config.CommandPrefix)
	}
}

// openPosts makes the room of status posts, if there is none, and has it show them.
func (a *account) openPosts(ctx context.Context) (*bridgev2.Portal, error) {
	room, err := a.connector.bridge.GetPortalByKey(ctx, portalKey(types.StatusBroadcastJID, a.login.ID))
	if err != nil {
		return nil, fmt.Errorf("look up a room: %w", err)
	}
	if err := a.letGoOfRoom(ctx, room); err != nil {
		return nil, err
	}
	if !handover.HasRoom(room) {
		if err := handover.CreateRoom(ctx, room, a.login, a.postsChat()); err != nil {
			return nil, fmt.Errorf("make a room: %w", err)
		}
	}
	return room, a.choosePosts(ctx, true)
}

func (a *account) choosePosts(ctx context.Context, wanted bool) error {
	if err := a.keep(ctx, func(kept *LoginMetadata) { kept.StatusPosts = &wanted }); err != nil {
		return err
	}
	a.posts.Store(wanted)
	return nil
}
