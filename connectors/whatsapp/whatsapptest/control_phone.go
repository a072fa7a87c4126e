package whatsapptest

import (
	"context"
	"fmt"
	"net/http"
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
