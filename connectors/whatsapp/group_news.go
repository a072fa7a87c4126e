package whatsapp

import (
	"crypto/rand"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// groupNews is a change of a group: what the inbox keeps of it. Applied again it changes nothing.
type groupNews struct {
	By       types.JID   `json:"by,omitzero"` // empty: WhatsApp does not say
	ByAlt    types.JID   `json:"by_alt,omitzero"`
	Name     *string     `json:"name,omitempty"`
	Topic    *string     `json:"topic,omitempty"`
	Announce *bool       `json:"announce,omitempty"` // only admins write
	Locked   *bool       `json:"locked,omitempty"`   // only admins change name, description and picture
	Picture  bool        `json:"picture,omitempty"`  // there is another one, or none any more
	Joined   []types.JID `json:"joined,omitempty"`
	Left     []types.JID `json:"left,omitempty"`
	Promoted []types.JID `json:"promoted,omitempty"`
	Demoted  []types.JID `json:"demoted,omitempty"`
	Asking   []types.JID `json:"asking,omitempty"` // who asks to be let in
	Linked   types.JID   `json:"linked,omitzero"`  // the community that the group has come into
	Unlinked bool        `json:"unlinked,omitempty"`
	Gone     bool        `json:"gone,omitempty"`  // the group was deleted
	Whole    bool        `json:"whole,omitempty"` // the account has come in: all of it may be new
}

// receiveGroupChange puts a change of a group into the inbox. It is false when it could not.
func (a *account) receiveGroupChange(change *events.GroupInfo) (stored bool) {
	news := &groupNews{
		Joined: change.Join, Left: change.Leave, Promoted: change.Promote, Demoted: change.Demote,
		Asking: a.whoAsks(change.UnknownChanges), Gone: change.Delete != nil,
	}
	if change.Sender != nil {
		news.By = change.Sender.ToNonAD()
	}
	if change.SenderPN != nil {
		news.ByAlt = change.SenderPN.ToNonAD()
	}
	if change.Name != nil {
		news.Name = &change.Name.Name
	}
	if change.Topic != nil {
		news.Topic = &change.Topic.Topic
	}
	if change.Announce != nil {
		news.Announce = &change.Announce.IsAnnounce
	}
	if change.Locked != nil {
		news.Locked = &change.Locked.IsLocked
	}
	if change.Link != nil && change.Link.Type == types.GroupLinkChangeTypeParent {
		news.Linked = change.Link.Group.JID.ToNonAD()
	}
	news.Unlinked = change.Unlink != nil && change.Unlink.Type == types.GroupLinkChangeTypeParent
	return a.receiveGroupNews(change.JID, change.Timestamp, news)
}

// receiveJoined puts into the inbox that the account has come into a group. It may have been in it before, and have its room.
func (a *account) receiveJoined(joined *events.JoinedGroup) (stored bool) {
	return a.receiveGroupNews(joined.JID, time.Now(), &groupNews{Whole: true})
}

// receiveGroupNews stores news of a group in the lane of its chat. whatsmeow does not tell WhatsApp's own ID of them, and the
// same change may be made twice in a second with its contrary between, so each one gets an ID of its own: what comes again
// changes nothing.
func (a *account) receiveGroupNews(group types.JID, at time.Time, news *groupNews) (stored bool) {
	if group.Server != types.GroupServer || news.empty() {
		return true
	}
	return a.storeMessage(&arrival{
		Version: arrivalVersion, Kind: arrivalGroup, Chat: group.ToNonAD(), Sender: a.lid, ID: rand.Text(), At: at, Group: news,
	})
}

// empty tells whether news say nothing that a room shows.
func (n *groupNews) empty() bool {
	people := len(n.Joined) + len(n.Left) + len(n.Promoted) + len(n.Demoted) + len(n.Asking)
	return people == 0 && n.Name == nil && n.Topic == nil && n.Announce == nil && n.Locked == nil && n.Linked.IsEmpty() &&
		!n.Unlinked && !n.Picture && !n.Gone && !n.Whole
}

// whoAsks finds those who ask to be let into a group, and notes their phone numbers. whatsmeow hands the request on as it came
// (whatsmeow/group.go, parseGroupChange).
func (a *account) whoAsks(changes []*waBinary.Node) (people []types.JID) {
	for _, change := range changes {
		if change.Tag != "created_membership_requests" {
			continue
		}
		for _, asking := range change.GetChildrenByTag("requested_user") {
			attributes := asking.AttrGetter()
			who, number := attributes.OptionalJIDOrEmpty("jid"), attributes.OptionalJIDOrEmpty("phone_number")
			if !isPerson(who) {
				continue
			}
			people = append(people, who.ToNonAD())
			if client := a.current(); client != nil && who.Server == types.HiddenUserServer && number.Server == types.DefaultUserServer {
				client.StoreLIDPNMapping(a.ctx, who.ToNonAD(), number.ToNonAD())
			}
		}
	}
	return people
}
