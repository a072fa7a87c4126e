package whatsapptest

import (
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
)

// ErrNoSuchGroup says that no group has the ID.
var ErrNoSuchGroup = errors.New("no such group")

// GroupInfo describes a group.
type GroupInfo struct {
	// ID is the group's address, as "120363…@g.us".
	ID string `json:"id"`
	// Subject and Description are what the members see.
	Subject     string `json:"subject"`
	Description string `json:"description,omitempty"`
	// Members are phone numbers in the order in which they joined; Admins those among them who are admins.
	Members []string `json:"members"`
	Admins  []string `json:"admins"`
	// InviteLink lets people join.
	InviteLink string `json:"invite_link"`
	// Announce says that only admins write; Locked that only admins change subject and description.
	Announce bool `json:"announce,omitempty"`
	Locked   bool `json:"locked,omitempty"`
	// Approval says that who follows the link is let in by an admin; Waiting are the phone numbers of those who wait.
	Approval bool     `json:"approval,omitempty"`
	Waiting  []string `json:"waiting,omitempty"`
	// Timer is after how many seconds messages disappear; 0 for never.
	Timer uint32 `json:"timer,omitempty"`
	// Community says that it is one, and Announcements is its group for announcements; Parent is the community of a group.
	Community     bool   `json:"community,omitempty"`
	Announcements string `json:"announcements,omitempty"`
	Parent        string `json:"parent,omitempty"`
}

// Group describes a group. It fails with [ErrNoSuchGroup].
func (s *Server) Group(id string) (GroupInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jid, err := types.ParseJID(id)
	g := s.groups[jid]
	if err != nil || g == nil {
		return GroupInfo{}, fmt.Errorf("%q: %w", id, ErrNoSuchGroup)
	}
	return g.info(), nil
}

// Groups describes all groups, in the order in which they were made.
func (s *Server) Groups() []GroupInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var infos []GroupInfo
	for _, g := range s.sortedGroups() {
		infos = append(infos, g.info())
	}
	return infos
}

func (g *group) info() GroupInfo {
	info := GroupInfo{
		ID: g.jid.String(), Subject: g.subject.text, Description: g.topic.text, Announce: g.announce, Locked: g.locked,
		InviteLink: whatsmeow.InviteLinkPrefix + g.invite, Approval: g.approval, Timer: g.timer, Community: g.community,
	}
	if g.announces != nil {
		info.Announcements = g.announces.jid.String()
	}
	if g.parent != nil {
		info.Parent = g.parent.jid.String()
	}
	for p := range g.waiting {
		info.Waiting = append(info.Waiting, p.number())
	}
	slices.Sort(info.Waiting)
	for _, m := range g.sortedMembers() {
		info.Members = append(info.Members, m.person.number())
		if m.admin() {
			info.Admins = append(info.Admins, m.person.number())
		}
	}
	return info
}

// nameIn returns how a person is named in a chat.
func (s *Server) nameIn(chat types.JID, who *person) types.JID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[chat]; g != nil {
		return g.owner(who)
	}
	return who.lid
}

// isAdmin tells whether a JID's owner is an admin of the group.
func (s *Server) isAdmin(group, who types.JID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, p := s.groups[group], s.personOf(who)
	return g != nil && p != nil && g.members[p].admin()
}

// CreateGroup makes a group of the owner and others, and returns its ID.
func (p *Phone) CreateGroup(subject string, members ...string) (string, error) {
	return p.createGroup(subject, nil, members)
}

func (p *Phone) createGroup(subject string, settings []node, members []string) (string, error) {
	participants, err := p.participants(members)
	if err != nil {
		return "", fmt.Errorf("create group: %w", err)
	}
	create := node{Tag: "create", Attrs: attrs{"subject": subject}, Content: append(participants, settings...)}
	answer, err := p.ask(iq("w:g2", "set", types.GroupServerJID, create))
	if err != nil {
		return "", fmt.Errorf("create group: %w", err)
	}
	return text(&answer[0], "id") + "@" + types.GroupServer, nil
}

func (p *Phone) participants(members []string) ([]node, error) {
	var list []node
	for _, who := range members {
		other, err := p.server.lookUp(who)
		if err != nil {
			return nil, err
		}
		list = append(list, node{Tag: "participant", Attrs: attrs{"jid": other.lid}})
	}
	return list, nil
}

// Changes to the members of a group.
const (
	GroupAdd     = "add"
	GroupRemove  = "remove"
	GroupPromote = "promote"
	GroupDemote  = "demote"
)

// ChangeMembers adds, removes, promotes or demotes members of a group.
func (p *Phone) ChangeMembers(group, change string, members ...string) error {
	participants, err := p.participants(members)
	if err != nil {
		return fmt.Errorf("%s in group: %w", change, err)
	}
	answer, err := p.changeGroup(group, node{Tag: change, Content: participants})
	if err != nil {
		return err
	}
	for _, result := range answer[0].GetChildren() {
		if code := text(&result, "error"); code != "" {
			return fmt.Errorf("%s in group: %s: error %s", change, p.nameOf(jidOf(&result, "jid")), code)
		}
	}
	return nil
}

func (p *Phone) changeGroup(group string, change node) ([]node, error) {
	jid, err := p.resolve(group)
	if err != nil {
		return nil, fmt.Errorf("%s in group: %w", change.Tag, err)
	}
	answer, err := p.ask(iq("w:g2", "set", jid, change))
	if err != nil {
		return nil, fmt.Errorf("%s in group: %w", change.Tag, err)
	}
	return answer, nil
}

// SetSubject renames a group.
func (p *Phone) SetSubject(group, subject string) error {
	_, err := p.changeGroup(group, node{Tag: "subject", Content: []byte(subject)})
	return err
}

// SetDescription changes a group's description.
func (p *Phone) SetDescription(group, description string) error {
	_, err := p.changeGroup(group, node{Tag: "description", Attrs: attrs{"id": newID()}, Content: []node{
		{Tag: "body", Content: []byte(description)},
	}})
	return err
}

// SetGroupPicture sets a group's picture; none removes it.
func (p *Phone) SetGroupPicture(group string, data []byte) error {
	jid, err := p.resolve(group)
	if err != nil {
		return fmt.Errorf("set group picture: %w", err)
	}
	return p.setPictureOf(jid, data)
}

// GroupPicture returns the picture of a group as its members see it; nil for none.
func (s *Server) GroupPicture(group string) ([]byte, error) {
	jid, err := types.ParseJID(group)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", group, ErrNoSuchGroup)
	}
	s.mu.Lock()
	g := s.groups[jid]
	if g == nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("%q: %w", group, ErrNoSuchGroup)
	}
	shown := g.picture
	s.mu.Unlock()
	if shown == nil {
		return nil, nil
	}
	return s.loadMedia(shown.imagePath)
}

// LeaveGroup takes the owner out of a group.
func (p *Phone) LeaveGroup(group string) error {
	jid, err := p.resolve(group)
	if err != nil {
		return fmt.Errorf("leave group: %w", err)
	}
	_, err = p.ask(iq("w:g2", "set", types.GroupServerJID, node{Tag: "leave", Content: []node{
		{Tag: "group", Attrs: attrs{"id": jid}},
	}}))
	if err != nil {
		return fmt.Errorf("leave group: %w", err)
	}
	return nil
}
