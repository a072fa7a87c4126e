package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal/govern"
	"passerelle/portal/handover"
)

// portalsWith lists the portals that a contact is in.
func (n *network) portalsWith(ctx context.Context, contact string) (map[govern.PortalKey]bool, error) {
	with := map[govern.PortalKey]bool{}
	ghost := n.matrix().FormatGhostMXID(networkid.UserID(contact))
	rows, err := n.db.Query(ctx, `
		SELECT id, receiver FROM portal WHERE bridge_id = $1
			AND (other_user_id = $2 OR mxid IN (SELECT room_id FROM mx_user_profile WHERE user_id = $3 AND membership = 'join'))`,
		n.Name, contact, ghost)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var key networkid.PortalKey
		err := row.Scan(&key.ID, &key.Receiver)
		with[n.keyOf(key)] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the portals of a contact: %w", err)
	}
	return with, nil
}

// Contacts lists contacts (see [govern.Backend]).
func (g governor) Contacts(ctx context.Context, network, text, after string, limit int) (govern.Page[govern.Contact], error) {
	var all []govern.Contact
	for _, n := range g.hosted(network) {
		names, err := n.ghostNames(ctx)
		if err != nil {
			return govern.Page[govern.Contact]{}, err
		}
		for _, login := range n.bridge().GetAllCachedUserLogins() {
			delete(names, ownUser(login)) // staff's own accounts are no contacts
		}
		part := strings.ToLower(text)
		for contact, name := range names {
			if strings.Contains(strings.ToLower(name), part) || strings.Contains(strings.ToLower(string(contact)), part) {
				all = append(all, n.contact(contact, name))
			}
		}
	}
	slices.SortFunc(all, func(a, b govern.Contact) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	p, err := page(all, after, cmp.Or(limit, mostPortals))
	if err != nil {
		return p, err
	}
	for i, c := range p.Items {
		with, err := g.network(c.Network).portalsWith(ctx, c.ID)
		if err != nil {
			return p, err
		}
		p.Items[i].Portals = len(with)
	}
	return p, nil
}

// ownUser is who a login is on its network; "": its connector does not tell.
func ownUser(login *bridgev2.UserLogin) networkid.UserID {
	if self, ok := login.Client.(bridgev2.NetworkAPIWithUserID); ok {
		return self.GetUserID()
	}
	return ""
}

func (n *network) contact(contact networkid.UserID, name string) govern.Contact {
	note := n.host.standing.contact(database.ContactKey{Network: n.Name, ID: string(contact)})
	return govern.Contact{Network: n.Name, ID: string(contact), Name: name, Ghost: n.matrix().FormatGhostMXID(contact),
		Blocked: note.Blocked, Erased: note.Erased, Informed: note.Informed}
}

// Contact returns one contact (see [govern.Backend]).
func (g governor) Contact(ctx context.Context, network, contact string) (govern.Contact, error) {
	n := g.network(network)
	if n == nil {
		return govern.Contact{}, govern.ErrNotFound
	}
	ghost, err := n.bridge().DB.Ghost.GetByID(ctx, networkid.UserID(contact))
	switch {
	case err != nil:
		return govern.Contact{}, fmt.Errorf("look up a contact: %w", err)
	case ghost == nil:
		return govern.Contact{}, govern.ErrNotFound
	}
	c := n.contact(ghost.ID, ghost.Name)
	with, err := n.portalsWith(ctx, contact)
	c.Portals = len(with)
	return c, err
}

// access gathers everything that is known of a contact (GDPR, article 15). What was said stands in the rooms alone, encrypted: the
// bridge does not have it.
func (g governor) access(ctx context.Context, n *network, contact string) (govern.Result, error) {
	c, err := g.Contact(ctx, n.Name, contact)
	if err != nil {
		return govern.Result{}, err
	}
	ghost, err := n.bridge().DB.Ghost.GetByID(ctx, networkid.UserID(contact))
	if err != nil {
		return govern.Result{}, fmt.Errorf("look up a contact: %w", err)
	}
	data := map[string]string{"network": n.Name, "identifier": c.ID, "name": c.Name, "ghost": string(c.Ghost),
		"identifiers": strings.Join(ghost.Identifiers, ", "), "picture": string(ghost.AvatarMXC), "blocked": strconv.FormatBool(c.Blocked)}
	for name, at := range map[string]time.Time{"informed": c.Informed, "erased": c.Erased} {
		if !at.IsZero() {
			data[name] = at.UTC().Format(time.RFC3339)
		}
	}
	count, first, last, err := g.options.Store.Crossed(ctx, database.ContactKey{Network: n.Name, ID: contact})
	if err != nil {
		return govern.Result{}, err
	}
	if data["messages judged"] = strconv.Itoa(count); count > 0 {
		data["first message"], data["last message"] = first.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339)
	}
	with, err := n.portalsWith(ctx, contact)
	if err != nil {
		return govern.Result{}, err
	}
	var rooms []string
	for key := range with {
		p, err := g.Portal(ctx, key)
		if err != nil {
			return govern.Result{}, err
		}
		rooms = append(rooms, strings.TrimSpace(string(p.Room)+" "+p.Name))
	}
	slices.Sort(rooms)
	data["rooms"] = strings.Join(rooms, "\n")
	events, err := n.eventsOf(ctx, networkid.UserID(contact))
	data["events in rooms"] = strconv.Itoa(len(events))
	return govern.Result{Data: data}, err
}

// sentEvent is an event that stands for something that a contact sent.
type sentEvent struct {
	room id.RoomID
	id   id.EventID
}

// eventsOf lists the events that stand for what a contact sent.
func (n *network) eventsOf(ctx context.Context, contact networkid.UserID) ([]sentEvent, error) {
	var list []sentEvent
	rows, err := n.db.Query(ctx, `
		SELECT portal.mxid, message.mxid FROM message
		JOIN portal ON portal.bridge_id = message.bridge_id AND portal.id = message.room_id AND portal.receiver = message.room_receiver
		WHERE message.bridge_id = $1 AND message.sender_id = $2 AND portal.mxid IS NOT NULL`, n.Name, contact)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var e sentEvent
		err := row.Scan(&e.room, &e.id)
		if !strings.HasPrefix(string(e.id), "~fake:") { // bridgev2/database/message.go, SetFakeMXID
			list = append(list, e)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what a contact sent: %w", err)
	}
	return list, nil
}

// deletePortal deletes a portal with its room. What the chat says later makes a new one.
func (g governor) deletePortal(ctx context.Context, n *network, at *bridgev2.Portal) error {
	room := id.RoomID("")
	if handover.HasRoom(at) {
		room = at.MXID
	}
	if err := at.Delete(ctx); err != nil {
		return fmt.Errorf("delete a portal: %w", err)
	}
	if err := g.standing.forgetPortal(ctx, n.keyOf(at.PortalKey)); err != nil {
		return err
	}
	if room == "" {
		return nil
	}
	if err := n.bridge().Bot.DeleteRoom(ctx, room, false); err != nil {
		return fmt.Errorf("leave a portal's room: %w", err)
	}
	return g.options.Store.ForgetRoom(ctx, n.Name, string(n.matrix().GenerateDeterministicRoomID(at.PortalKey)))
}
