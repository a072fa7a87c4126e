package config

import (
	"fmt"
	"strings"
)

// API lets programs govern over HTTP.
type API struct {
	Listen string     `yaml:"listen"` // host:port; empty: there is none
	Tokens []APIToken `yaml:"tokens"`
}

// APIToken lets one program in, as a person with a role.
type APIToken struct {
	Name      string `yaml:"name"`   // what it is for
	Person    string `yaml:"person"` // Matrix ID
	Token     string `yaml:"token"`
	TokenFile string `yaml:"token_file"`
}

func (v *validation) api(a API, b Bridge) {
	if a.Listen == "" {
		if len(a.Tokens) > 0 {
			v.complain("api.listen", "missing: nobody can use the tokens; write one such as 127.0.0.1:29323")
		}
		return
	}
	v.listen("api.listen", a.Listen)
	if a.Listen == b.Listen || a.Listen == b.Monitor {
		v.complain("api.listen", "the same as another part's; choose another port")
	}
	if len(a.Tokens) == 0 {
		v.complain("api.tokens", "missing: nobody could use it; write one with a name, a person and a token_file")
	}
	for i, t := range a.Tokens {
		key := fmt.Sprintf("api.tokens.%d", i)
		if !strings.HasPrefix(t.Person, "@") || !strings.Contains(t.Person, ":") {
			v.complain(key+".person", "%q is not a Matrix ID; write one such as @inventory:example.org, and give it a role", t.Person)
		}
		v.secret(key+".token", t.Token)
	}
}
