package whatsapptest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.mau.fi/whatsmeow/types"
)

// Unknown is a stanza that the server did not understand.
type Unknown struct {
	// From is who sent it, or to whom it could not be sent.
	From string `json:"from"`
	// Stanza is the stanza as XML.
	Stanza string `json:"stanza"`
	// Problem says what was wrong with it.
	Problem string `json:"problem"`
}

// Unknown returns the stanzas that the server did not understand, in the order in which they came.
func (s *Server) Unknown() []Unknown {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unknown)
}

// ForgetUnknown empties the list of [Server.Unknown], for tests that provoke some.
func (s *Server) ForgetUnknown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = nil
}

func (s *Server) noteUnknown(from string, n *node, problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = append(s.unknown, Unknown{From: from, Stanza: n.String(), Problem: problem.Error()})
}

// errNotUnderstood marks a stanza that the server has no answer for.
var errNotUnderstood = errors.New("stanza is not understood")

// stanzaError is an answer of type error.
type stanzaError struct {
	code int
	text string
}

func (e *stanzaError) Error() string { return fmt.Sprintf("%d %s", e.code, e.text) }

// The refusals that handlers give (whatsmeow errors.go names them).
var (
	errBadRequest    = &stanzaError{400, "bad-request"}
	errNotAuthorized = &stanzaError{401, "not-authorized"}
	errForbidden     = &stanzaError{403, "forbidden"}
	errItemNotFound  = &stanzaError{404, "item-not-found"}
	errNotAcceptable = &stanzaError{406, "not-acceptable"}
	errConflict      = &stanzaError{409, "conflict"}
	errGone          = &stanzaError{410, "gone"}
)

// handle answers one stanza of a connection.
func (s *Server) handle(c *conn, n *node) {
	s.mu.Lock()
	from, registering := c.device, c.registration
	s.mu.Unlock()
	switch {
	case from != nil:
		s.handleDevice(from, n)
	case registering != nil:
		s.handleRegistering(registering, n)
	}
	// Whoever was replaced or refused is not listened to any more.
}

// handleDevice answers a stanza of a device that is logged in.
func (s *Server) handleDevice(d *device, n *node) {
	var err error
	switch n.Tag {
	case "iq":
		err = s.handleIQ(d, n)
	case "message":
		s.reply(d, s.handleMessage(d, n))
	case "receipt":
		err = s.handleReceipt(d, n)
	case "ack":
		s.handleAck(d, n)
	case "presence":
		err = s.handlePresence(d, n)
	case "chatstate":
		err = s.handleChatState(d, n)
	case "call":
		err = s.handleCall(d, n)
	case "ib": // telemetry (unified_session): no answer
	default:
		err = errNotUnderstood
	}
	if err != nil {
		s.noteUnknown(d.pn().String(), n, err)
	}
}

// reply sends an answer to a connected device, past the faults that apply.
func (s *Server) reply(d *device, n node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.transmit(n)
}

// query is an iq of type get or set.
type query struct {
	stanza *node
	kind   string // get or set
	to     types.JID
	child  *node  // the first child, never nil
	name   string // xmlns, kind and the first child's tag, as "encrypt get count"
}

func parseQuery(n *node) *query {
	q := &query{stanza: n, kind: text(n, "type"), to: jidOf(n, "to"), child: &node{}}
	if children := n.GetChildren(); len(children) > 0 {
		q.child = &children[0]
	}
	q.name = text(n, "xmlns") + " " + q.kind
	if q.child.Tag != "" {
		q.name += " " + q.child.Tag
	}
	return q
}

func (q *query) result(children ...node) node {
	r := node{Tag: "iq", Attrs: attrs{"type": "result", "id": text(q.stanza, "id"), "from": q.sender()}}
	if len(children) > 0 {
		r.Content = children
	}
	return r
}

func (q *query) failure(err error) node {
	var refusal *stanzaError
	if !errors.As(err, &refusal) {
		refusal = &stanzaError{501, "feature-not-implemented"}
	}
	return node{Tag: "iq", Attrs: attrs{"type": "error", "id": text(q.stanza, "id"), "from": q.sender()}, Content: []node{
		{Tag: "error", Attrs: attrs{"code": strconv.Itoa(refusal.code), "text": refusal.text}},
	}}
}

// sender is whom the answer comes from: whoever was asked.
func (q *query) sender() types.JID {
	if q.to.IsEmpty() {
		return types.ServerJID
	}
	return q.to
}

// handleIQ answers a question. The error is not nil only for what the server does not understand.
func (s *Server) handleIQ(d *device, n *node) error {
	if kind := text(n, "type"); kind == "result" {
		return nil
	} else if kind == "error" {
		return errors.New("client answered with an error")
	}
	q := parseQuery(n)
	children, err := s.answer(d, q)
	var refusal *stanzaError
	switch {
	case err == nil:
		s.reply(d, q.result(children...))
		s.afterAnswer(d, q)
		return nil
	case errors.As(err, &refusal):
		s.reply(d, q.failure(err))
		return nil
	}
	s.reply(d, q.failure(err))
	return err
}

// answer finds the children of the result. It fails with a *stanzaError where the server refuses, and with another error where
// it does not understand.
func (s *Server) answer(d *device, q *query) ([]node, error) {
	switch q.name {
	case "encrypt get count", "encrypt get key", "encrypt get digest", "encrypt set registration", "encrypt set rotate":
		return s.answerKeys(d, q)
	case "usync get usync":
		return s.answerUsync(d, q)
	case "w:m set media_conn":
		return s.answerMediaConn(), nil
	case "w:profile:picture get picture", "w:profile:picture set picture", "w:profile:picture set":
		return s.answerPicture(d, q)
	case "w:sync:app:state set sync":
		return s.answerAppState(d, q)
	case "privacy set tokens":
		return nil, s.relayPrivacyTokens(d, q)
	case "blocklist get", "blocklist set item":
		return s.answerBlocklist(d, q)
	case "privacy get privacy", "privacy set privacy":
		return s.answerPrivacy(d, q)
	case "status set status":
		return s.answerAbout(d, q)
	case "disappearing_mode set disappearing_mode":
		return s.answerDefaultTimer(d, q)
	case "w:mex get query":
		return s.answerMex(d, q)
	case "md set remove-companion-device":
		return nil, s.unlinkByCompanion(d)
	case "passive set active", "passive set passive":
		return nil, nil // see afterAnswer
	}
	if children, err := s.answerGroups(d, q); !errors.Is(err, errNotUnderstood) {
		return children, err
	}
	return answerSettings(q)
}

// afterAnswer does what has to follow an answer on the wire.
func (s *Server) afterAnswer(d *device, q *query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.name {
	case "passive set active":
		if d.conn != nil {
			d.flush()
		}
	case "md set remove-companion-device":
		s.removeDevice(d)
	}
}

// answerSettings answers questions that have one answer for everybody.
func answerSettings(q *query) ([]node, error) {
	switch q.name {
	case "w:p get", "w:p get ping", "urn:xmpp:whatsapp:dirty set clean", "urn:xmpp:whatsapp:push set config",
		"w:stats set":
		return nil, nil
	case "w:biz get business_profile", "status get privacy":
		return nil, errItemNotFound // nobody here is a business or has chosen who sees statuses
	}
	return nil, errNotUnderstood
}

// handleAck takes what a client acknowledges off its queue.
func (s *Server) handleAck(d *device, n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.acknowledged(text(n, "class"), text(n, "id"), jidOf(n, "to"))
}
