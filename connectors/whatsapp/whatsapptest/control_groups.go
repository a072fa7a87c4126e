package whatsapptest

import (
	"fmt"
	"net/http"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// controlGroupsOn serves what happens in groups, and controlOwner what people decide for themselves.
func (s *Server) controlGroupsOn(mux *http.ServeMux) {
	mux.Handle("GET /groups", get(s.controlGroups))
	mux.Handle("POST /groups", post(s.controlCreateGroup))
	mux.Handle("POST /groups/{id}/members", postBy(s, controlChangeMembers))
	mux.Handle("POST /groups/{id}/subject", postBy(s, controlSetSubject))
	mux.Handle("POST /groups/{id}/settings", postBy(s, controlGroupSettings))
	mux.Handle("POST /groups/{id}/link", postBy(s, controlLinkGroup))
	mux.Handle("POST /groups/{id}/invite-link", postBy(s, controlInviteLink))
	mux.Handle("POST /groups/{id}/end", postBy(s, controlEndCommunity))
}

func (s *Server) controlOwner(mux *http.ServeMux) {
	mux.Handle("POST /people/{phone}/privacy", onPhone(s, controlPrivacy))
	mux.Handle("POST /people/{phone}/block", onPhone(s, controlBlock))
	mux.Handle("POST /people/{phone}/about", onPhone(s, controlAbout))
	mux.Handle("POST /people/{phone}/online", onPhone(s, controlOnline))
	mux.Handle("POST /people/{phone}/timer", onPhone(s, controlTimer))
	mux.Handle("POST /people/{phone}/call", onPhone(s, controlCall))
	mux.Handle("POST /people/{phone}/hang-up", onPhone(s, controlHangUp))
	mux.Handle("POST /people/{phone}/answer-call", onPhone(s, controlAnswerCall))
	mux.Handle("POST /people/{phone}/recording", onPhone(s, controlRecording))
	mux.Handle("POST /clock", post(s.controlClock))
	mux.Handle("POST /people/{phone}/join", onPhone(s, controlJoin))
	mux.Handle("POST /people/{phone}/accept-invite", onPhone(s, controlAcceptInvite))
}

// doneBy is an input that says who does it.
type doneBy struct{ By string }

func (d doneBy) who() string { return d.By }

// postBy adapts a function that a member of a group does.
func postBy[In interface{ who() string }](s *Server, answer func(r *http.Request, group string, by *Phone, in In) (any, error)) http.Handler {
	return post(func(r *http.Request, in In) (any, error) {
		by, err := s.Phone(in.who())
		if err != nil {
			return nil, err
		}
		return answer(r, r.PathValue("id"), by, in)
	})
}

func (s *Server) controlGroups(*http.Request) (any, error) {
	return object{"groups": append([]GroupInfo{}, s.Groups()...)}, nil
}

func (s *Server) controlCreateGroup(_ *http.Request, in struct {
	Subject   string
	Members   []string
	Community bool
	Parent    string
	ByNumber  bool `json:"by_number"`
}) (any, error) {
	if len(in.Members) == 0 {
		return nil, fmt.Errorf("%w: a group needs members", errBadInput)
	}
	creator, err := s.Phone(in.Members[0])
	if err != nil {
		return nil, err
	}
	var id string
	switch others := in.Members[1:]; {
	case in.Community:
		id, _, err = creator.CreateCommunity(in.Subject, others...)
	case in.Parent != "":
		id, err = creator.CreateSubGroup(in.Parent, in.Subject, others...)
	case in.ByNumber:
		id, err = creator.CreateNumberedGroup(in.Subject, others...)
	default:
		id, err = creator.CreateGroup(in.Subject, others...)
	}
	return object{"id": id}, err
}

type membersChange struct {
	doneBy
	Change  string
	Members []string
}

func controlChangeMembers(_ *http.Request, group string, by *Phone, in membersChange) (any, error) {
	switch in.Change {
	case GroupAdd, GroupRemove, GroupPromote, GroupDemote:
		return nil, by.ChangeMembers(group, in.Change, in.Members...)
	case "approve", "reject":
		return nil, by.DecideRequests(group, in.Change == "approve", in.Members...)
	case "leave":
		return nil, by.LeaveGroup(group)
	}
	return nil, fmt.Errorf("%w: change is add, remove, promote, demote, leave, approve or reject", errBadInput)
}

type subjectChange struct {
	doneBy
	Subject string
}

func controlSetSubject(_ *http.Request, group string, by *Phone, in subjectChange) (any, error) {
	return nil, by.SetSubject(group, in.Subject)
}

type settingsChange struct {
	doneBy
	Locked, Announce, Approval *bool
	Description                *string
	Timer                      *int
	Picture                    []byte
}

func controlGroupSettings(r *http.Request, group string, by *Phone, in settingsChange) (any, error) {
	for _, change := range []struct {
		to  *bool
		set func(string, bool) error
	}{{in.Locked, by.SetLocked}, {in.Announce, by.SetAnnounce}, {in.Approval, by.SetApproval}} {
		if change.to == nil {
			continue
		}
		if err := change.set(group, *change.to); err != nil {
			return nil, err
		}
	}
	if in.Description != nil {
		if err := by.SetDescription(group, *in.Description); err != nil {
			return nil, err
		}
	}
	if in.Timer != nil {
		if err := by.SetTimer(r.Context(), group, time.Duration(*in.Timer)*time.Second); err != nil {
			return nil, err
		}
	}
	if in.Picture != nil {
		return nil, by.SetGroupPicture(group, in.Picture)
	}
	return nil, nil
}

type linkChange struct {
	doneBy
	Group  string
	Linked bool
}

func controlLinkGroup(_ *http.Request, community string, by *Phone, in linkChange) (any, error) {
	if in.Linked {
		return nil, by.LinkGroup(community, in.Group)
	}
	return nil, by.UnlinkGroup(community, in.Group)
}

func controlInviteLink(_ *http.Request, group string, by *Phone, _ doneBy) (any, error) {
	link, err := by.ResetInviteLink(group)
	return object{"link": link}, err
}

func controlEndCommunity(_ *http.Request, community string, by *Phone, _ doneBy) (any, error) {
	return nil, by.EndCommunity(community)
}

func controlPrivacy(_ *http.Request, p *Phone, in struct{ Name, Value string }) (any, error) {
	return nil, p.SetPrivacy(types.PrivacySettingType(in.Name), types.PrivacySetting(in.Value))
}

func controlBlock(_ *http.Request, p *Phone, in struct {
	Phone   string
	Blocked bool
}) (any, error) {
	return nil, p.Block(in.Phone, in.Blocked)
}

func controlAbout(_ *http.Request, p *Phone, in struct{ Text string }) (any, error) {
	p.SetAbout(in.Text)
	return nil, nil
}

func controlOnline(_ *http.Request, p *Phone, in struct {
	Online   bool
	LastSeen time.Time `json:"last_seen"`
}) (any, error) {
	p.SetOnline(in.Online)
	if !in.LastSeen.IsZero() {
		p.SetLastSeen(in.LastSeen)
	}
	return nil, nil
}

func controlTimer(r *http.Request, p *Phone, in struct {
	Chat    string
	Seconds int
}) (any, error) {
	return nil, p.SetTimer(r.Context(), in.Chat, time.Duration(in.Seconds)*time.Second)
}

func (s *Server) controlClock(_ *http.Request, in struct{ Ahead string }) (any, error) {
	ahead, err := optionalDuration(in.Ahead)
	if err != nil {
		return nil, err
	}
	s.Advance(ahead)
	return nil, nil
}

func controlCall(_ *http.Request, p *Phone, in struct {
	Phone, Group string
	Video        bool
}) (any, error) {
	if in.Group != "" {
		return withID(p.CallGroup(in.Group, in.Video))
	}
	return withID(p.Call(in.Phone, in.Video))
}

func controlHangUp(_ *http.Request, p *Phone, in struct{ Phone, Call, Reason string }) (any, error) {
	return nil, p.HangUp(in.Phone, in.Call, in.Reason)
}

func controlAnswerCall(_ *http.Request, p *Phone, in struct {
	Phone, Call string
	Accept      bool
}) (any, error) {
	if in.Accept {
		return nil, p.AcceptCall(in.Phone, in.Call)
	}
	return nil, p.RejectCall(in.Phone, in.Call)
}

func controlRecording(_ *http.Request, p *Phone, in struct{ To string }) (any, error) {
	return nil, p.Recording(in.To)
}

func controlJoin(_ *http.Request, p *Phone, in struct{ Link string }) (any, error) {
	joined, err := p.JoinByLink(in.Link)
	return object{"in": joined}, err
}

func controlAcceptInvite(_ *http.Request, p *Phone, in struct{ Chat, ID string }) (any, error) {
	return nil, p.AcceptInvite(in.Chat, in.ID)
}
