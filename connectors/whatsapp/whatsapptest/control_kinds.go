package whatsapptest

import (
	"fmt"
	"net/http"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/encoding/protojson"
)

// controlKinds serves the kinds of messages beside texts and images.
func (s *Server) controlKinds(mux *http.ServeMux) {
	mux.Handle("POST /people/{phone}/send-file", onPhone(s, controlSendFile))
	mux.Handle("POST /people/{phone}/send-poll", onPhone(s, controlSendPoll))
	mux.Handle("POST /people/{phone}/vote", onPhone(s, controlVote))
	mux.Handle("POST /people/{phone}/send-event", onPhone(s, controlSendEvent))
	mux.Handle("POST /people/{phone}/answer-event", onPhone(s, controlAnswerEvent))
	mux.Handle("POST /people/{phone}/send-location", onPhone(s, controlSendLocation))
	mux.Handle("POST /people/{phone}/send-contacts", onPhone(s, controlSendContacts))
	mux.Handle("POST /people/{phone}/send-invite", onPhone(s, controlSendInvite))
	mux.Handle("POST /people/{phone}/send-message", onPhone(s, controlSendMessage))
}

func controlSendFile(r *http.Request, p *Phone, in struct {
	To string
	File
}) (any, error) {
	return withID(p.SendFile(r.Context(), in.To, in.File))
}

func controlSendPoll(r *http.Request, p *Phone, in struct {
	To string
	Poll
}) (any, error) {
	return withID(p.SendPoll(r.Context(), in.To, in.Poll))
}

func controlVote(r *http.Request, p *Phone, in struct {
	Chat, ID string
	Options  []string
}) (any, error) {
	return withID(p.Vote(r.Context(), in.Chat, in.ID, in.Options...))
}

func controlSendEvent(r *http.Request, p *Phone, in struct {
	To string
	Event
}) (any, error) {
	return withID(p.SendEvent(r.Context(), in.To, in.Event))
}

func controlAnswerEvent(r *http.Request, p *Phone, in struct{ Chat, ID, Answer string }) (any, error) {
	return withID(p.AnswerEvent(r.Context(), in.Chat, in.ID, in.Answer))
}

func controlSendLocation(r *http.Request, p *Phone, in struct {
	To string
	Location
}) (any, error) {
	return withID(p.SendLocation(r.Context(), in.To, in.Location))
}

func controlSendContacts(r *http.Request, p *Phone, in struct {
	To    string
	Cards []ContactCard
}) (any, error) {
	return withID(p.SendContacts(r.Context(), in.To, in.Cards...))
}

func controlSendInvite(r *http.Request, p *Phone, in struct{ To, Group, Caption string }) (any, error) {
	return withID(p.SendInvite(r.Context(), in.To, in.Group, in.Caption))
}

// anyMessage is a protobuf message in JSON.
type anyMessage struct{ *waE2E.Message }

// UnmarshalJSON reads the JSON form of protobufs.
func (m *anyMessage) UnmarshalJSON(raw []byte) error {
	m.Message = &waE2E.Message{}
	return protojson.Unmarshal(raw, m.Message)
}

func controlSendMessage(r *http.Request, p *Phone, in struct {
	To         string
	Message    anyMessage
	PhonesOnly bool `json:"phones_only"`
}) (any, error) {
	if in.Message.Message == nil {
		return nil, fmt.Errorf("%w: no message", errBadInput)
	}
	return withID(p.send(r.Context(), in.To, in.Message.Message, sendOptions{phonesOnly: in.PhonesOnly}))
}
