package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/pushrules"

	"passerelle/portal"
	"passerelle/portal/say"
)

// Marks are what a person sets about a chat for themselves: it is muted, pinned or archived. In Matrix that is a push rule of
// the room, and the tags m.favourite and m.lowpriority (Matrix Client-Server API, "Push notifications", "Room tagging").

// MuteRoom mutes a room for the user, or lets it sound again, also when an app muted it in its own way: Element's “mute” is
// an override rule, its “mentions only” the room's rule. Networks mute as the latter does.
func (i *intent) MuteRoom(ctx context.Context, room id.RoomID, until time.Time) error {
	var err error
	if until.After(time.Now()) {
		err = i.silence(ctx, room)
	} else {
		err = errors.Join(i.dropRule(ctx, pushrules.OverrideRule, room), i.dropRule(ctx, pushrules.RoomRule, room))
	}
	if err != nil {
		return lasting(fmt.Errorf("mute a room: %w", err))
	}
	return nil
}

// silence makes the room's rule a silent one. One that is there is not written over: Dendrite would disable it.
func (i *intent) silence(ctx context.Context, room id.RoomID) error {
	rule, err := i.Matrix.GetPushRule(ctx, "global", pushrules.RoomRule, string(room))
	switch {
	case errors.Is(err, mautrix.MNotFound):
	case err != nil:
		return err
	case isSilent(rule):
		return nil
	default:
		if err := i.dropRule(ctx, pushrules.RoomRule, room); err != nil {
			return err
		}
	}
	return i.Matrix.PutPushRule(ctx, "global", pushrules.RoomRule, string(room), &mautrix.ReqPutPushRule{Actions: []*pushrules.PushAction{}})
}

// dropRule takes a push rule away that is named after a room, if it is there.
func (i *intent) dropRule(ctx context.Context, kind pushrules.PushRuleType, room id.RoomID) error {
	err := i.Matrix.DeletePushRule(ctx, "global", kind, string(room))
	if errors.Is(err, mautrix.MNotFound) {
		return nil
	}
	return err
}

func isSilent(rule *pushrules.PushRule) bool { return rule.Enabled && !rule.Actions.Should().Notify }

// TagRoom makes a tag the only one of m.favourite and m.lowpriority that a room has for the user; or takes both away.
func (i *intent) TagRoom(ctx context.Context, room id.RoomID, tag event.RoomTag, tagged bool) error {
	has, err := i.Matrix.GetTags(ctx, room)
	if err != nil {
		return lasting(fmt.Errorf("read a room's tags: %w", err))
	}
	for _, ours := range []event.RoomTag{event.RoomTagFavourite, event.RoomTagLowPriority} {
		_, there := has.Tags[ours]
		switch wanted := tagged && ours == tag; {
		case wanted && !there:
			err = i.Matrix.AddTagWithCustomData(ctx, room, ours, &event.TagMetadata{MauDoublePuppetSource: i.connector.AS.DoublePuppetValue})
		case !wanted && there:
			err = i.Matrix.RemoveTag(ctx, room, ours)
		}
		if err != nil {
			return lasting(fmt.Errorf("tag a room: %w", err))
		}
	}
	return nil
}

// lasting marks what the homeserver refused: it would again.
func lasting(err error) error {
	var refusal mautrix.HTTPError
	if errors.As(err, &refusal) && !isAway(err) {
		return portal.Permanent(err)
	}
	return err
}

// markCommands mark chats, for people whose app cannot, and where the homeserver does not let us see what apps do. The room
// shows a mark when the network tells of it. title is the network's name.
func (n *network) markCommands(in say.Language, title string) []commands.CommandHandler {
	section := commands.HelpSectionChats
	return []commands.CommandHandler{
		&commands.FullHandler{
			Name: "mute", Aliases: []string{"unmute"},
			Help:           commands.HelpMeta{Section: section, Description: in.Say(say.HelpMute, title), Args: in.Say(say.ArgMaybeTime)},
			RequiresPortal: true, NetworkAPI: commands.NetworkAPIImplements[bridgev2.MuteHandlingNetworkAPI],
			Func: func(ce *commands.Event) { n.mute(ce) },
		},
		&commands.FullHandler{
			Name: "pin", Aliases: []string{"unpin"},
			Help:           commands.HelpMeta{Section: section, Description: in.Say(say.HelpPin, title)},
			RequiresPortal: true, NetworkAPI: commands.NetworkAPIImplements[bridgev2.TagHandlingNetworkAPI],
			Func: func(ce *commands.Event) { n.tag(ce, event.RoomTagFavourite, say.Pinned, say.Unpinned) },
		},
		&commands.FullHandler{
			Name: "archive", Aliases: []string{"unarchive"},
			Help:           commands.HelpMeta{Section: section, Description: in.Say(say.HelpArchive, title)},
			RequiresPortal: true, NetworkAPI: commands.NetworkAPIImplements[bridgev2.TagHandlingNetworkAPI],
			Func: func(ce *commands.Event) { n.tag(ce, event.RoomTagLowPriority, say.Archived, say.Unarchived) },
		},
	}
}

// mute mutes the chat that a command is written in, or lets it sound again.
func (n *network) mute(ce *commands.Event) {
	content := &event.BeeperMuteEventContent{}
	done := n.sayTo(ce.User.MXID, say.Unmuted, n.title())
	if ce.Command == "mute" {
		content.MutedUntil, done = -1, n.sayTo(ce.User.MXID, say.Muted, n.title())
		if len(ce.Args) > 0 {
			lasts, err := parseTimer(strings.Join(ce.Args, ""))
			if err != nil || lasts == 0 {
				n.answer(ce, say.MuteHowTo, ce.Bridge.Config.CommandPrefix)
				return
			}
			content.MutedUntil = time.Now().Add(lasts).UnixMilli()
			done = n.sayTo(ce.User.MXID, say.MutedFor, n.host.languages.Of(ce.User.MXID).Duration(lasts), n.title())
		}
	}
	n.marks(ce, done, func(login *bridgev2.UserLogin) error {
		api, ok := login.Client.(bridgev2.MuteHandlingNetworkAPI)
		if !ok {
			return errNoMarks
		}
		return api.HandleMute(ce.Ctx, &bridgev2.MatrixMute{
			MatrixEventBase: bridgev2.MatrixEventBase[*event.BeeperMuteEventContent]{Content: content, Portal: ce.Portal},
		})
	})
}

// tag pins or archives the chat that a command is written in, or takes that back.
func (n *network) tag(ce *commands.Event, tag event.RoomTag, tagged, untagged say.Sentence) {
	content, done := &event.TagEventContent{Tags: event.Tags{tag: {}}}, n.sayTo(ce.User.MXID, tagged, n.title())
	if strings.HasPrefix(ce.Command, "un") {
		content, done = &event.TagEventContent{}, n.sayTo(ce.User.MXID, untagged, n.title())
	}
	n.marks(ce, done, func(login *bridgev2.UserLogin) error {
		api, ok := login.Client.(bridgev2.TagHandlingNetworkAPI)
		if !ok {
			return errNoMarks
		}
		return api.HandleRoomTag(ce.Ctx, &bridgev2.MatrixRoomTag{
			MatrixEventBase: bridgev2.MatrixEventBase[*event.TagEventContent]{Content: content, Portal: ce.Portal},
		})
	})
}

// errNoMarks is the error of a mark that the network does not know.
var errNoMarks = errors.New("the network knows no such mark")

// marks lets the account mark the room's chat that the person who commands it has there, and says what came of it.
func (n *network) marks(ce *commands.Event, done string, mark func(*bridgev2.UserLogin) error) {
	login, _, err := ce.Portal.FindPreferredLogin(ce.Ctx, ce.User, false)
	switch {
	case login == nil, errors.Is(err, bridgev2.ErrNotLoggedIn):
		n.answer(ce, say.LinkFirst, n.title())
		return
	case err == nil:
		err = mark(login)
	}
	if err != nil {
		n.log.Warn().Err(err).Str("login", string(login.ID)).Msg("A chat could not be marked")
		done = n.sayTo(ce.User.MXID, say.NotMarked, n.title())
	}
	ce.ReplyAdvanced(done, false, false)
}
