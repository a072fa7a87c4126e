package whatsapptest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// nothing is the input of requests that have none.
type nothing = struct{}

func controlDevices(_ *http.Request, p *Phone, _ nothing) (any, error) {
	return object{"devices": append([]DeviceInfo{}, p.Devices()...)}, nil
}

func controlInbox(r *http.Request, p *Phone, _ nothing) (any, error) {
	wait, err := waitOf(r)
	if err != nil {
		return nil, err
	}
	after, err := numberOf(r, "after")
	if err != nil {
		return nil, err
	}
	since, err := numberOf(r, "since")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	entries, version := p.waitEntries(ctx, since, func(e Entry) bool { return e.Seq > after })
	next := after
	if len(entries) > 0 {
		next = entries[len(entries)-1].Seq
	}
	return object{"messages": append([]Entry{}, entries...), "next": next, "version": version}, nil
}

func controlNotices(_ *http.Request, p *Phone, _ nothing) (any, error) {
	return object{"notices": append([]Notice{}, p.Notices()...)}, nil
}

// controlMedia sends the file of an entry.
func (s *Server) controlMedia(w http.ResponseWriter, r *http.Request) {
	phone, err := s.Phone(r.PathValue("phone"))
	if err != nil {
		respond(w, nil, err)
		return
	}
	for _, entry := range phone.Inbox() {
		chat := r.URL.Query().Get("chat")
		if entry.ID == r.PathValue("id") && entry.Media != nil && (chat == "" || chat == entry.Chat) {
			w.Header().Set("Content-Type", entry.Media.MIME)
			w.Write(entry.Media.Data())
			return
		}
	}
	respond(w, nil, fmt.Errorf("no file: %w", ErrNoSuchMessage))
}

func controlScan(r *http.Request, p *Phone, in struct{ QR string }) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), linkTimeout)
	defer cancel()
	return p.ScanQR(ctx, in.QR)
}

func controlCode(r *http.Request, p *Phone, in struct{ Code string }) (any, error) {
	ctx, cancel := context.WithTimeout(r.Context(), linkTimeout)
	defer cancel()
	return p.EnterCode(ctx, in.Code)
}

func controlUnlink(_ *http.Request, p *Phone, in struct{ Device uint16 }) (any, error) {
	if in.Device != 0 {
		return nil, p.Unlink(in.Device)
	}
	for _, d := range p.Devices() {
		if err := p.Unlink(d.ID); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// withID answers with the ID of a message that was sent.
func withID(id string, err error) (any, error) { return object{"id": id}, err }

func controlSend(r *http.Request, p *Phone, in struct {
	To, Text, Quoted string
	Mentions         []string
	Forwarded        bool
	Preview          *Preview
}) (any, error) {
	if in.Text == "" {
		return nil, fmt.Errorf("%w: text is empty", errBadInput)
	}
	if in.Quoted == "" && len(in.Mentions) == 0 && !in.Forwarded && in.Preview == nil {
		return withID(p.Send(r.Context(), in.To, in.Text))
	}
	return withID(p.SendText(r.Context(), in.To, Text{
		Body: in.Text, Quoted: in.Quoted, Mentions: in.Mentions, Forwarded: in.Forwarded, Preview: in.Preview,
	}))
}

func controlSendImage(r *http.Request, p *Phone, in struct {
	To, Caption, MIME string
	Image             []byte
}) (any, error) {
	if len(in.Image) == 0 {
		generated, err := generatedPNG()
		if err != nil {
			return nil, err
		}
		in.Image = generated
	}
	return withID(p.SendImage(r.Context(), in.To, Image{Data: in.Image, MIME: in.MIME, Caption: in.Caption}))
}

func controlReact(r *http.Request, p *Phone, in struct{ Chat, ID, Emoji string }) (any, error) {
	return withID(p.React(r.Context(), in.Chat, in.ID, in.Emoji))
}

func controlEdit(r *http.Request, p *Phone, in struct{ Chat, ID, Text string }) (any, error) {
	return withID(p.Edit(r.Context(), in.Chat, in.ID, in.Text))
}

func controlDelete(r *http.Request, p *Phone, in struct{ Chat, ID string }) (any, error) {
	return withID(p.Delete(r.Context(), in.Chat, in.ID))
}

func controlRead(_ *http.Request, p *Phone, in struct {
	Chat string
	IDs  []string
}) (any, error) {
	return nil, p.MarkRead(in.Chat, in.IDs...)
}

func controlTyping(_ *http.Request, p *Phone, in struct {
	To     string
	Typing bool
}) (any, error) {
	return nil, p.Typing(in.To, in.Typing)
}

func controlPicture(_ *http.Request, p *Phone, in struct{ Image []byte }) (any, error) {
	if len(in.Image) == 0 {
		generated, err := generatedPNG()
		if err != nil {
			return nil, err
		}
		in.Image = generated
	}
	return nil, p.SetPicture(in.Image)
}

func controlName(_ *http.Request, p *Phone, in struct{ Name string }) (any, error) {
	return nil, p.SetName(in.Name)
}

func controlContact(_ *http.Request, p *Phone, in struct{ Phone, Name string }) (any, error) {
	return nil, p.SaveContact(in.Phone, in.Name)
}

// faultRequest asks for a fault. Kind says which:
//
//	refuse-login          the next logins of the device are refused: reason, message, code, expire, times
//	drop, duplicate, delay, reorder
//	                      what happens to the next stanzas to the device: tag (message without one), times, delay
//	stream-error          the device's connection ends with the error code (515, 503, ...)
//	replaced              ... as if the device had connected from elsewhere
//	cut                   ... without a word
//	ack-error             messages to the person are refused with the code (463, ...); 0 ends it
//	lose-prekeys          the server forgets all but "times" of the device's one-time prekeys
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
	case "ack-error":
		return nil, s.RefuseMessagesTo(in.Phone, in.Code)
	case "lose-prekeys":
		return nil, p.LosePreKeys(in.Device, in.Times)
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
