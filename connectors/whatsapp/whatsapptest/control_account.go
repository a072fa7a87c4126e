package whatsapptest

import (
	"fmt"
	"net/http"
	"time"
)

// controlAccount serves what happens to whole accounts.
func (s *Server) controlAccount(mux *http.ServeMux) {
	mux.Handle("POST /people/{phone}/number", onPhone(s, controlNumber))
	mux.Handle("POST /people/{phone}/addressing", onPhone(s, controlAddressing))
	mux.Handle("POST /people/{phone}/reinstall", onPhone(s, controlReinstall))
	mux.Handle("POST /people/{phone}/share-history", onPhone(s, controlShareHistory))
	mux.Handle("POST /people/{phone}/remember", onPhone(s, controlRemember))
	mux.Handle("GET /people/{phone}/marks", onPhone(s, controlMarks))
	mux.Handle("POST /people/{phone}/mark", onPhone(s, controlMark))
	mux.Handle("POST /people/{phone}/power", onPhone(s, controlPower))
}

func controlNumber(_ *http.Request, p *Phone, in struct{ Number string }) (any, error) {
	return nil, p.ChangeNumber(in.Number)
}

func controlAddressing(_ *http.Request, p *Phone, in struct{ Addressing Addressing }) (any, error) {
	return nil, p.SetAddressing(in.Addressing)
}

func controlReinstall(_ *http.Request, p *Phone, _ nothing) (any, error) { return nil, p.Reinstall() }

func controlPower(_ *http.Request, p *Phone, in struct{ On bool }) (any, error) {
	if in.On {
		p.SwitchOn()
	} else {
		p.SwitchOff()
	}
	return nil, nil
}

func controlMarks(r *http.Request, p *Phone, _ nothing) (any, error) {
	return p.Marks(r.URL.Query().Get("chat"))
}

func controlMark(_ *http.Request, p *Phone, in struct {
	Chat, ID, Mark string
	On             bool
}) (any, error) {
	switch in.Mark {
	case "mute":
		return nil, p.Mute(in.Chat, in.On, 0)
	case "pin":
		return nil, p.Pin(in.Chat, in.On)
	case "archive":
		return nil, p.Archive(in.Chat, in.On)
	case "unread":
		return nil, p.MarkChat(in.Chat, !in.On)
	case "clear":
		return nil, p.ClearChat(in.Chat)
	case "delete":
		return nil, p.DeleteChat(in.Chat)
	case "star":
		return nil, p.Star(in.Chat, in.ID, in.On)
	case "hide":
		return nil, p.DeleteForMe(in.Chat, in.ID)
	}
	return nil, fmt.Errorf("%w: unknown mark %q", errBadInput, in.Mark)
}

func controlShareHistory(_ *http.Request, p *Phone, in struct {
	Share bool
	HistoryOnLink
}) (any, error) {
	if in.Share {
		p.ShareHistory(&in.HistoryOnLink)
	} else {
		p.ShareHistory(nil)
	}
	return nil, nil
}

func controlRemember(_ *http.Request, p *Phone, in struct {
	Chat, From string
	At         time.Time
	Message    anyMessage
}) (any, error) {
	if in.Message.Message == nil {
		return nil, fmt.Errorf("%w: no message", errBadInput)
	}
	return withID(p.Remember(in.Chat, in.From, in.At, in.Message.Message))
}
