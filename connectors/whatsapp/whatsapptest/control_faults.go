package whatsapptest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// faultRequest asks for a fault. Kind says which:
//
//	refuse-login          the next logins of the device are refused: reason, message, code, expire, times
//	drop, duplicate, delay, reorder
//	                      what happens to the next stanzas to the device: tag (message without one), times, delay
//	stream-error          the device's connection ends with the error code (515, 503, ...)
//	replaced              ... as if the device had connected from elsewhere
//	cut                   ... without a word
//	ban                   the account is banned: code, expire
//	timelock              the account may not write to strangers: expire; ends without it
//	refuse-messages       messages of the person ("to" somebody or a group) are refused with the code: times
//	accept-messages       ... no more
//	ack-error             messages to the person are refused with the code (463, ...); 0 ends it
//	lose-prekeys          the server forgets all but "times" of the device's one-time prekeys
//	lose-sessions         the phone forgets the keys of its conversations, and asks again for what it cannot read
//	break-link            the next link, of whomever, breaks with the error code; with "offered", after the client's identity
//	                      has been sent (no phone needed)
//	clear                 takes the device's faults away
type faultRequest struct {
	Kind    string
	Phone   string
	Device  uint16 // 1 without one
	Reason  int
	Message string
	Code    int
	Expire  string
	Tag     string
	Times   int
	Delay   string
	Offered bool
	To      string
}

func (s *Server) controlFault(_ *http.Request, in faultRequest) (any, error) {
	if in.Kind == "break-link" {
		s.BreakNextLink(strconv.Itoa(in.Code), in.Offered)
		return nil, nil
	}
	p, err := s.Phone(in.Phone)
	if err != nil {
		return nil, err
	}
	if in.Device == 0 {
		in.Device = 1
	}
	delay, err := optionalDuration(in.Delay)
	if err != nil {
		return nil, err
	}
	expire, err := optionalDuration(in.Expire)
	if err != nil {
		return nil, err
	}
	switch in.Kind {
	case "refuse-login":
		return nil, p.RefuseLogin(in.Device, Refusal{
			Reason: in.Reason, Message: in.Message, Code: in.Code, Expire: expire, Times: in.Times,
		})
	case string(Drop), string(Duplicate), string(Delay), string(Reorder):
		return nil, p.Tamper(in.Device, Rule{Fault: Fault(in.Kind), Tag: in.Tag, Times: in.Times, Delay: delay})
	case "stream-error":
		return nil, p.StreamError(in.Device, strconv.Itoa(in.Code))
	case "replaced":
		return nil, p.ReplaceStream(in.Device)
	case "cut":
		return nil, p.Cut(in.Device)
	case "ban":
		return nil, p.Ban(in.Code, expire)
	case "timelock":
		var until time.Time
		if expire > 0 {
			until = time.Now().Add(expire)
		}
		return nil, p.Timelock(until)
	case "refuse-messages":
		return nil, s.RefuseMessages(AckRule{From: in.Phone, To: in.To, Code: in.Code, Times: in.Times})
	case "accept-messages":
		s.ClearAckRules()
		return nil, nil
	case "ack-error":
		return nil, s.RefuseMessagesTo(in.Phone, in.Code)
	case "lose-prekeys":
		return nil, p.LosePreKeys(in.Device, in.Times)
	case "lose-sessions":
		p.LoseSessions()
		return nil, nil
	case "clear":
		return nil, p.ClearFaults(in.Device)
	}
	return nil, fmt.Errorf("%w: unknown fault %q", errBadInput, in.Kind)
}

func optionalDuration(raw string) (time.Duration, error) {
	if raw == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(raw)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errBadInput, err)
	}
	return d, nil
}
