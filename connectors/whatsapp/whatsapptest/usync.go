package whatsapptest

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"
)

// answerUsync tells about people: whether they are here, their LID, devices, picture and status text.
func (s *Server) answerUsync(_ *device, q *query) ([]node, error) {
	asked, ok := q.child.GetOptionalChildByTag("query")
	list, listed := q.child.GetOptionalChildByTag("list")
	if !ok || !listed {
		return nil, errBadRequest
	}
	want := map[string]bool{}
	for _, child := range asked.GetChildren() {
		want[child.Tag] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var users []node
	for _, asked := range list.GetChildren() {
		users = append(users, s.usyncUser(&asked, want))
	}
	return []node{{Tag: "usync", Attrs: attrs{
		"sid": text(q.child, "sid"), "mode": text(q.child, "mode"), "context": text(q.child, "context"), "last": "true", "index": "0",
	}, Content: []node{{Tag: "result"}, {Tag: "list", Content: users}}}}, nil
}

// usyncUser answers for one person. One who is asked for by contact (a number as typed) is named by LID and number; one who is
// asked for by JID is named by that. The caller holds the mutex.
func (s *Server) usyncUser(asked *node, want map[string]bool) node {
	jid := jidOf(asked, "jid").ToNonAD()
	p := s.personOf(jid)
	var typed []byte
	if contact, ok := asked.GetOptionalChildByTag("contact"); ok {
		typed = content(&contact)
		user, _, _ := strings.Cut(string(typed), "@")
		jid = types.NewJID(strings.TrimPrefix(user, "+"), types.DefaultUserServer)
		p = s.personOf(jid)
	}
	user := node{Tag: "user", Attrs: attrs{"jid": jid}}
	var children []node
	if want["contact"] {
		state := "out"
		if p != nil {
			state = "in"
			user.Attrs["jid"], user.Attrs["pn_jid"] = p.lid, p.pn()
		}
		children = append(children, node{Tag: "contact", Attrs: attrs{"type": state}, Content: typed})
	}
	if p != nil {
		children = append(children, p.usyncFacts(want)...)
	}
	if len(children) > 0 {
		user.Content = children
	}
	return user
}

// usyncFacts answers for a person who is here. The caller holds the mutex.
func (p *person) usyncFacts(want map[string]bool) []node {
	var facts []node
	if want["lid"] {
		facts = append(facts, node{Tag: "lid", Attrs: attrs{"val": p.lid}})
	}
	if want["devices"] {
		var devices []node
		for _, d := range p.sortedDevices() {
			a := attrs{"id": int(d.id)}
			if d.id > 0 {
				a["key-index"] = int(d.id)
			}
			devices = append(devices, node{Tag: "device", Attrs: a})
		}
		facts = append(facts, node{Tag: "devices", Content: []node{{Tag: "device-list", Content: devices}}})
	}
	if want["picture"] && p.picture != nil {
		facts = append(facts, node{Tag: "picture", Attrs: attrs{"id": p.picture.id}})
	}
	if want["status"] {
		facts = append(facts, node{Tag: "status", Content: []byte(p.about)})
	}
	return facts
}

// deviceHash is the hash by which clients compare device lists (whatsmeow send.go, participantListHashV2).
func deviceHash(devices []types.JID) string {
	names := make([]string, len(devices))
	for i, jid := range devices {
		names[i] = jid.ADString()
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "")))
	return "2:" + base64.RawStdEncoding.EncodeToString(sum[:6])
}

func lidsOf(devices []*device) []types.JID {
	jids := make([]types.JID, len(devices))
	for i, d := range devices {
		jids[i] = d.lid()
	}
	return jids
}

// devicesChanged tells the person's other companions and everybody else that a companion came ("add") or went ("remove"). The
// caller holds the mutex.
func (s *Server) devicesChanged(changed *device, what string) {
	p := changed.owner
	devices := p.sortedDevices()
	hash := deviceHash(lidsOf(devices))
	var list []node
	for _, d := range devices {
		list = append(list, node{Tag: "device", Attrs: attrs{"jid": d.lid()}})
	}
	s.deliverAll(p, changed, notification("account_sync", p.lid, node{Tag: "devices", Attrs: attrs{"dhash": hash}, Content: list}))
	news := notification("devices", p.lid, node{Tag: what, Attrs: attrs{"device_hash": hash}, Content: []node{
		{Tag: "device", Attrs: attrs{"jid": changed.lid(), "key-index": int(changed.id)}},
	}})
	for key, other := range s.people {
		if other != p && key == other.number() {
			s.deliverAll(other, nil, news)
		}
	}
}
