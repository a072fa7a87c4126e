package config

import (
	"net"
	"net/netip"
	"net/url"
)

// Console says where administrators find their pages.
type Console struct {
	Listen  string `yaml:"listen"`  // host:port; empty: there is no console
	Address string `yaml:"address"` // the same as a URL, as people's browsers reach it
	OIDC    OIDC   `yaml:"oidc"`
}

// OIDC lets administrators sign in with the administration's own OpenID Connect provider.
type OIDC struct {
	Issuer           string `yaml:"issuer"` // URL; empty: by link only
	ClientID         string `yaml:"client_id"`
	ClientSecret     string `yaml:"client_secret"` // empty: a public client
	ClientSecretFile string `yaml:"client_secret_file"`
	Claim            string `yaml:"claim"` // of the ID token: a Matrix ID, or what stands before the colon of one
}

func (v *validation) console(c Console, b Bridge) {
	if c.Listen == "" {
		if c.Address != "" || c.OIDC.Issuer != "" {
			v.complain("console.listen", "missing: without it there is no console; write one such as 127.0.0.1:29322")
		}
		return
	}
	v.listen("console.listen", c.Listen)
	if c.Listen == b.Listen || c.Listen == b.Monitor {
		v.complain("console.listen", "the same as another part's; choose another port")
	}
	v.url("console.address", c.Address)
	if u, err := url.Parse(c.Address); err == nil {
		if u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			v.complain("console.address", "must end behind the host; the console needs a name of its own")
		}
	}
	v.safe("console.address", c.Address)
	if c.OIDC.Issuer == "" {
		return
	}
	v.url("console.oidc.issuer", c.OIDC.Issuer)
	v.safe("console.oidc.issuer", c.OIDC.Issuer)
	if c.OIDC.ClientID == "" {
		v.complain("console.oidc.client_id", "missing; the provider gives one to each program")
	}
	if c.OIDC.Claim == "" {
		v.complain("console.oidc.claim", "missing; write one such as preferred_username")
	}
}

// safe complains about a URL at which others can listen in: only on the machine itself is http enough.
func (v *validation) safe(key, value string) {
	if u, err := url.Parse(value); err == nil && u.Scheme == "http" && !loopback(u.Host) {
		v.complain(key, "%q would send what opens the console in the clear; use https", value)
	}
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
