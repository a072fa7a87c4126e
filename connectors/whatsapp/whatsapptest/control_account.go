package whatsapptest

import "net/http"

// controlAccount serves what happens to whole accounts.
func (s *Server) controlAccount(mux *http.ServeMux) {
	mux.Handle("POST /people/{phone}/number", onPhone(s, controlNumber))
	mux.Handle("POST /people/{phone}/addressing", onPhone(s, controlAddressing))
	mux.Handle("POST /people/{phone}/reinstall", onPhone(s, controlReinstall))
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
