package whatsapptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// privacyNames are the settings of who sees and does what, in the order in which they are told.
var privacyNames = [...]types.PrivacySettingType{
	types.PrivacySettingTypeReadReceipts, types.PrivacySettingTypeLastSeen, types.PrivacySettingTypeOnline,
	types.PrivacySettingTypeProfile, types.PrivacySettingTypeStatus, types.PrivacySettingTypeGroupAdd,
	types.PrivacySettingTypeCallAdd,
}

// newPrivacy is what a person has chosen who chose nothing.
func newPrivacy() map[string]string {
	privacy := map[string]string{}
	for _, name := range privacyNames {
		privacy[string(name)] = string(types.PrivacySettingAll)
	}
	privacy[string(types.PrivacySettingTypeStatus)] = string(types.PrivacySettingContacts)
	return privacy
}

func privacySetting(name, value string) node {
	return node{Tag: "category", Attrs: attrs{"name": name, "value": value}}
}

// answerPrivacy tells a person's settings, or changes one and tells the person's other devices.
func (s *Server) answerPrivacy(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.kind == "set" {
		changed := q.child.GetChildrenByTag("category")
		for _, setting := range changed {
			d.owner.privacy[text(&setting, "name")] = text(&setting, "value")
		}
		news := node{Tag: "privacy", Content: changed}
		s.deliverAll(d.owner, d, notification("account_sync", d.owner.lid, news))
		return nil, nil
	}
	var settings []node
	for _, name := range privacyNames {
		settings = append(settings, privacySetting(string(name), d.owner.privacy[string(name)]))
	}
	return []node{{Tag: "privacy", Content: settings}}, nil
}

// answerBlocklist answers with, or changes, the list of those whom a person does not want to hear from. The person's other
// devices are told.
func (s *Server) answerBlocklist(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.kind == "set" {
		other := s.personOf(jidOf(q.child, "jid"))
		if other == nil {
			return nil, errItemNotFound
		}
		previous := d.owner.blockHash()
		if text(q.child, "action") == "block" {
			d.owner.blocked[other.lid] = true
		} else {
			delete(d.owner.blocked, other.lid)
		}
		s.deliverAll(d.owner, d, notification("account_sync", d.owner.lid, node{Tag: "blocklist", Attrs: attrs{
			"dhash": d.owner.blockHash(), "prev_dhash": previous,
		}, Content: []node{{Tag: "item", Attrs: attrs{"jid": other.lid, "action": text(q.child, "action")}}}}))
	}
	var items []node
	for _, blocked := range d.owner.sortedBlocked() {
		items = append(items, node{Tag: "item", Attrs: attrs{"jid": blocked}})
	}
	return []node{{Tag: "list", Attrs: attrs{"dhash": d.owner.blockHash()}, Content: items}}, nil
}

func (p *person) sortedBlocked() []types.JID {
	return slices.SortedFunc(maps.Keys(p.blocked), func(a, b types.JID) int { return slices.Compare([]byte(a.User), []byte(b.User)) })
}

// blockHash is the hash by which clients compare blocklists; they do not compute it.
func (p *person) blockHash() string { return deviceHash(p.sortedBlocked()) }

// setAbout changes the text that a person shows of themself, and tells those who have the person in their address books. The
// caller holds the mutex.
func (s *Server) setAbout(p *person, about string) {
	p.about = about
	news := notification("status", p.lid, node{Tag: "set", Content: []byte(about)})
	for key, other := range s.people {
		if key == other.number() && other.contacts[p] {
			s.deliverAll(other, nil, news)
		}
	}
}

// answerAbout takes the text in its older form.
func (s *Server) answerAbout(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setAbout(d.owner, string(content(q.child)))
	return nil, nil
}

// The queries in GraphQL that the server understands, by number (whatsmeow user.go).
const mexSetAbout = "9152604461510864"

// answerMex serves the queries that are GraphQL in JSON; there is one (whatsmeow newsletter.go, sendMexIQ).
func (s *Server) answerMex(d *device, q *query) ([]node, error) {
	var asked struct {
		Variables struct {
			Input types.SetStatusInput `json:"input"`
		} `json:"variables"`
	}
	if text(q.child, "query_id") != mexSetAbout {
		return nil, errNotUnderstood
	}
	if err := json.Unmarshal(content(q.child), &asked); err != nil {
		return nil, errBadRequest
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if about := asked.Variables.Input.Text; about != nil {
		s.setAbout(d.owner, *about)
	}
	return []node{{Tag: "result", Content: []byte(`{"data":{}}`)}}, nil
}

// SetPrivacy changes one of the owner's privacy settings, as [types.PrivacySettingTypeGroupAdd] to [types.PrivacySettingNone].
func (p *Phone) SetPrivacy(name types.PrivacySettingType, value types.PrivacySetting) error {
	setting := node{Tag: "privacy", Content: []node{privacySetting(string(name), string(value))}}
	if _, err := p.ask(iq("privacy", "set", types.ServerJID, setting)); err != nil {
		return fmt.Errorf("set privacy: %w", err)
	}
	return nil
}

// Block stops hearing from a person, or listens to them again.
func (p *Phone) Block(who string, blocked bool) error {
	jid, err := p.resolve(who)
	if err != nil {
		return fmt.Errorf("block: %w", err)
	}
	action := "unblock"
	if blocked {
		action = "block"
	}
	item := node{Tag: "item", Attrs: attrs{"jid": jid, "action": action}}
	if _, err := p.ask(iq("blocklist", "set", types.ServerJID, item)); err != nil {
		return fmt.Errorf("block: %w", err)
	}
	return nil
}

// SetAbout changes the text that the owner shows of themself.
func (p *Phone) SetAbout(about string) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.server.setAbout(p.owner, about)
}

// SetLastSeen sets when the owner was there last, in a past that a test cannot wait for.
func (p *Phone) SetLastSeen(at time.Time) {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.owner.lastSeen = at
}

// lastSeenBy is the presence attribute that says when the person was there last, as far as the person lets others know. The
// caller holds the mutex.
func (p *person) lastSeenBy(watcher *person) string {
	switch setting := types.PrivacySetting(p.privacy[string(types.PrivacySettingTypeLastSeen)]); {
	case p.lastSeen.IsZero():
		return ""
	case setting == types.PrivacySettingNone, setting != types.PrivacySettingAll && !p.contacts[watcher]:
		return "deny"
	}
	return strconv.FormatInt(p.lastSeen.Unix(), 10)
}
