package whatsapptest

import (
	"fmt"

	"go.mau.fi/whatsmeow/types"
)

// handleCall passes on what belongs to a call: an offer, its answer, its end (whatsmeow call.go). The sound itself is not
// simulated, nor the stanzas by which devices find the way to each other.
func (s *Server) handleCall(from *device, n *node) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := n.GetChildren()
	other := s.personOf(jidOf(n, "to"))
	if len(steps) != 1 || other == nil {
		return errNotUnderstood
	}
	step := steps[0]
	from.transmit(node{Tag: "ack", Attrs: attrs{"class": "call", "id": text(n, "id"), "from": jidOf(n, "to"), "type": step.Tag}})
	if other.blocked[from.owner.lid] {
		return nil
	}
	if creator := s.personOf(jidOf(&step, "call-creator")); creator != nil {
		step = withAttr(withAttr(step, "call-creator", creator.lid), "caller_pn", creator.pn())
	}
	s.deliverAll(other, nil, callStanza(from.lid(), step))
	if step.Tag == "accept" || step.Tag == "reject" { // the other devices stop ringing
		end := withAttr(node{Tag: "terminate", Attrs: step.Attrs}, "reason", step.Tag+"ed_elsewhere")
		s.deliverAll(from.owner, from, callStanza(other.lid, end))
	}
	return nil
}

func callStanza(from types.JID, step node) node {
	return node{Tag: "call", Attrs: attrs{
		"from": from, "id": newID(), "t": unixNow(), "platform": "android", "version": "2.24.1.1",
	}, Content: []node{step}}
}

// Call calls a person and returns the call's ID.
func (p *Phone) Call(who string, video bool) (string, error) {
	id := newID()
	media := []node{{Tag: "audio", Attrs: attrs{"enc": "opus", "rate": "16000"}}}
	if video {
		media = append(media, node{Tag: "video", Attrs: attrs{"enc": "vp8"}})
	}
	return id, p.callStep(who, id, p.LID(), node{Tag: "offer", Content: media})
}

// CallGroup calls the members of a group and returns the call's ID.
func (p *Phone) CallGroup(group string, video bool) (string, error) {
	jid, err := p.resolve(group)
	if err != nil {
		return "", fmt.Errorf("call: %w", err)
	}
	media, id := "audio", newID()
	if video {
		media = "video"
	}
	offer := node{Tag: "offer_notice", Attrs: attrs{
		"call-id": id, "call-creator": p.LID(), "caller_pn": p.PN(), "group-jid": jid, "media": media, "type": "group",
	}}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	g := p.server.groups[jid]
	if g == nil || g.members[p.owner] == nil {
		return "", fmt.Errorf("call: %w", errForbidden)
	}
	for _, m := range g.sortedMembers() {
		if m.person != p.owner {
			p.server.deliverAll(m.person, nil, callStanza(p.LID(), offer))
		}
	}
	return id, nil
}

// HangUp ends a call that the owner made, or that came from a person; reason is "timeout" for one that nobody took.
func (p *Phone) HangUp(who, id, reason string) error {
	a := attrs{}
	if reason != "" {
		a["reason"] = reason
	}
	return p.callStep(who, id, p.LID(), node{Tag: "terminate", Attrs: a})
}

// AcceptCall takes a call from a person, and RejectCall turns it down.
func (p *Phone) AcceptCall(who, id string) error { return p.answerCall(who, id, "accept") }

// RejectCall turns down a call from a person.
func (p *Phone) RejectCall(who, id string) error { return p.answerCall(who, id, "reject") }

func (p *Phone) answerCall(who, id, answer string) error {
	caller, err := p.resolve(who)
	if err != nil {
		return fmt.Errorf("%s call: %w", answer, err)
	}
	return p.callStep(who, id, caller, node{Tag: answer})
}

func (p *Phone) callStep(who, id string, creator types.JID, step node) error {
	jid, err := p.resolve(who)
	if err != nil {
		return fmt.Errorf("%s call: %w", step.Tag, err)
	}
	step = withAttr(withAttr(step, "call-id", id), "call-creator", creator)
	stanza := node{Tag: "call", Attrs: attrs{"id": newID(), "to": jid}, Content: []node{step}}
	if err := p.server.handleCall(p.device, &stanza); err != nil {
		return fmt.Errorf("%s call: %w", step.Tag, err)
	}
	return nil
}

// receiveCall notes what happens to a call.
func (p *Phone) receiveCall(n *node) {
	for _, step := range n.GetChildren() {
		notice := Notice{Kind: NoticeCall, From: p.nameOf(jidOf(n, "from")), Detail: step.Tag + " " + text(&step, "call-id")}
		if group := jidOf(&step, "group-jid"); !group.IsEmpty() {
			notice.Chat = group.String()
		}
		p.notice(notice)
	}
}
