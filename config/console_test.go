package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withConsole is the valid configuration with a console and people who look after it.
const withConsole = valid + `
console:
  listen: 127.0.0.1:29322
  address: https://border.example.org
  oidc: {issuer: "https://login.example.org", client_id: passerelle}
administration:
  "@amira:example.org": {role: administrator}
  "@olga:example.org": {role: operator, departments: [taxes]}
  audit.example.org: {role: auditor}
`

func TestAConsoleAndItsPeopleAreRead(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("of-the-provider\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(t, strings.Replace(withConsole, "client_id:", "client_secret_file: "+secret+", client_id:", 1))
	if err != nil {
		t.Fatal(err)
	}
	if o := c.Console.OIDC; o.Claim != "preferred_username" || o.ClientSecret != "of-the-provider" {
		t.Errorf("the provider is %+v", o)
	}
	if p := c.Administration["@olga:example.org"]; p.Role != "operator" || len(p.Departments) != 1 {
		t.Errorf("olga is %+v", p)
	}
}

func TestWhatIsWrongWithTheConsoleIsNamed(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"listen: 127.0.0.1:29322", "listen: ''", "console.listen: missing"},
		{"listen: 127.0.0.1:29322", "listen: nowhere", "console.listen"},
		{"listen: 127.0.0.1:29322", "listen: 127.0.0.1:29321", "console.listen: the same"},
		{"https://border.example.org", "''", "console.address"},
		{"https://border.example.org", "https://border.example.org/console", "must end behind the host"},
		{"https://border.example.org", "http://border.example.org", "in the clear"},
		{"https://login.example.org", "http://login.example.org", "console.oidc.issuer"},
		{"client_id: passerelle", "client_id: ''", "console.oidc.client_id"},
		{"client_id: passerelle", "client_id: a, claim: ''", "console.oidc.claim"},
		{"role: administrator", "role: king", "administration.@amira:example.org.role"},
		{"departments: [taxes]", "departments: []", "departments: missing"},
		{"departments: [taxes]", "departments: ['']", "has no name"},
		{"role: auditor", "role: auditor, departments: [taxes]", "only an operator"},
		{"audit.example.org:", "'*':", "administration.*"},
		{`"@amira:example.org"`, `"@amira"`, "administration.@amira"},
		{"role: auditor", "rule: auditor", "rule"},
	} {
		text := strings.Replace(withConsole, test.old, test.new, 1)
		if text == withConsole {
			t.Fatalf("%q is not in the configuration", test.old)
		}
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want one that names %s", test.new, err, test.want)
		}
	}
}

func TestOnTheMachineItselfTheConsoleNeedsNoCertificate(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:29322", "http://localhost:29322", "http://[::1]:29322"} {
		if _, err := load(t, strings.Replace(withConsole, "https://border.example.org", `"`+address+`"`, 1)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
