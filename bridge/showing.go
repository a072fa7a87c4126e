package bridge

import (
	"context"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Rooms show that external contacts are in them: by what stands before their names, and by a topic where the chat has none. The
// network does not learn of either.

// describePortalRoom shows in a new portal's room that contacts are there. bridgev2 gives the name and the topic as initial state.
func (i *intent) describePortalRoom(req *mautrix.ReqCreateRoom) {
	if kind, _ := req.CreationContent["type"].(event.RoomType); kind == event.RoomTypeSpace {
		return
	}
	for _, state := range req.InitialState {
		i.connector.network.host.options.Contacts.show(&state.Content)
	}
}

// show adds to a name or a topic what shows that contacts are there.
func (c ContactOptions) show(content *event.Content) {
	switch said := content.Parsed.(type) {
	case *event.RoomNameEventContent:
		if said.Name != "" && !strings.HasPrefix(said.Name, c.RoomPrefix) {
			said.Name = c.RoomPrefix + said.Name
		}
	case *event.TopicEventContent:
		if said.Topic == "" {
			said.Topic = c.RoomTopic
		}
	}
}

// show has the name or the topic of a portal's room show that contacts are there.
func (n *network) show(ctx context.Context, room id.RoomID, content *event.Content) {
	shows := n.host.options.Contacts
	if shows.RoomPrefix == "" && shows.RoomTopic == "" {
		return
	}
	switch content.Parsed.(type) {
	case *event.RoomNameEventContent, *event.TopicEventContent:
		if n.isChat(ctx, room) {
			shows.show(content)
		}
	}
}

// isChat tells whether a room is one of a portal with contacts in it: no space.
func (n *network) isChat(ctx context.Context, room id.RoomID) bool {
	at, err := n.bridge().DB.Portal.GetByMXID(ctx, room)
	return err == nil && at != nil && at.RoomType != "space"
}

// unshow takes off a room's new name or topic what is ours. A name that staff gave without it gets it again.
func (n *network) unshow(ctx context.Context, evt *event.Event) {
	shows := n.host.options.Contacts
	switch said := evt.Content.Parsed.(type) {
	case *event.RoomNameEventContent:
		if shows.RoomPrefix == "" || said.Name == "" || !n.isChat(ctx, evt.RoomID) {
			return
		}
		name, shown := strings.CutPrefix(said.Name, shows.RoomPrefix)
		said.Name = name
		if !shown {
			now := n.current.Load()
			now.tasks.Go(func() {
				content := &event.Content{Parsed: &event.RoomNameEventContent{Name: name}}
				if _, err := now.bridge.Bot.SendState(now.ctx, evt.RoomID, event.StateRoomName, "", content, time.Now()); err != nil {
					n.log.Err(err).Stringer("room", evt.RoomID).Msg("A room's new name does not show that contacts are there")
				}
			})
		}
	case *event.TopicEventContent:
		if said.Topic == shows.RoomTopic && n.isChat(ctx, evt.RoomID) {
			said.Topic = ""
		}
	}
}
