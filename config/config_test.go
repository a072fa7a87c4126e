package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// valid is the least configuration that loads.
const valid = `
homeserver: {address: "http://127.0.0.1:8008", domain: example.org}
bridge: {address: "http://127.0.0.1:29320"}
storage_keys: ["2026-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
encryption: {pickle_key: a-pickle-key-of-some-length}
permissions: {example.org: user}
networks:
  whatsapp: {as_token: as-token-as-token, hs_token: hs-token-hs-token, settings: {device_name: Test}}
`

func load(t *testing.T, text string, environment ...string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, environment)
}

func TestDefaultsFillWhatIsNotSaid(t *testing.T) {
	c, err := load(t, valid)
	if err != nil {
		t.Fatal(err)
	}
	if c.Bridge.Listen != "127.0.0.1:29320" || c.Encryption.Mode != ModeDevice || c.Log.Level != "info" {
		t.Errorf("defaults are missing: %+v", c)
	}
	if !filepath.IsAbs(c.Database) || filepath.Base(c.Database) != "data" {
		t.Errorf("the database's folder is %q, want one beside the file", c.Database)
	}
	keys, err := c.SealingKeys()
	if err != nil || len(keys) != 1 || keys[0].ID != "2026-01" || len(keys[0].Key) != 32 {
		t.Errorf("SealingKeys() = %v, %v", keys, err)
	}
}

func TestSettingsAreTheConnectors(t *testing.T) {
	c, err := load(t, valid)
	if err != nil {
		t.Fatal(err)
	}
	var options struct {
		DeviceName string `yaml:"device_name"`
	}
	if err := c.Networks["whatsapp"].Decode(&options); err != nil || options.DeviceName != "Test" {
		t.Errorf("Decode gave %+v, %v", options, err)
	}
	var others struct {
		Token string `yaml:"token"`
	}
	err = c.Networks["whatsapp"].Decode(&others)
	if err == nil || !strings.Contains(err.Error(), "device_name") {
		t.Errorf("a setting that the connector does not know gave %v", err)
	}
}

// TestWhatIsWrongIsNamed changes the valid configuration in one place each.
func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"unknown key", "bridge: {", "brige: {}\nbridge: {", "[3:1]"},
		{"not YAML", "homeserver: {", "homeserver: [", "["},
		{"wrong type", "domain: example.org", "domain: [1]", "[2:"},
		{"no domain", "domain: example.org", "domain: ''", "homeserver.domain"},
		{"domain with a scheme", "domain: example.org", "domain: https://example.org", "homeserver.domain"},
		{"no URL", `"http://127.0.0.1:8008"`, "127.0.0.1", "homeserver.address"},
		{"no address of ours", `"http://127.0.0.1:29320"`, "''", "bridge.address"},
		{"bad listen", "bridge: {", "bridge: {listen: nowhere, ", "bridge.listen"},
		{"monitor on the same port", "bridge: {", "bridge: {monitor: '127.0.0.1:29320', ", "bridge.monitor"},
		{"language", "bridge: {", "bridge: {language: tlh, ", "bridge.language"},
		{"no storage key", `["2026-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]`, "[]", "storage_keys"},
		{"short storage key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAA", "storage_keys"},
		{"no pickle key", "pickle_key: a-pickle-key-of-some-length", "mode: device", "encryption.pickle_key: missing"},
		{"short pickle key", "a-pickle-key-of-some-length", "short", "encryption.pickle_key: too short"},
		{"short shared secret", "permissions:", "provisioning: {shared_secret: short}\npermissions:", "provisioning.shared_secret: too short"},
		{"mode", "encryption: {", "encryption: {mode: best, ", "encryption.mode"},
		{"nobody may", "permissions: {example.org: user}", "permissions: {}", "permissions"},
		{"unknown level", "example.org: user", "example.org: king", "permissions.example.org"},
		{"no token", "as_token: as-token-as-token, ", "", "networks.whatsapp.as_token: missing"},
		{"no networks", valid[strings.Index(valid, "networks:"):], "", "networks: missing"},
		{"odd network", "  whatsapp:", "  Whats App:", "networks.Whats App"},
		{"state without a type", "networks:", "rooms: {initial_state: [{content: {a: b}}]}\nnetworks:", "rooms.initial_state[0]"},
		{"state of ours", "networks:", "rooms: {initial_state: [{type: m.room.encryption}]}\nnetworks:", "rooms.initial_state[0]"},
		{"relay's unknown key", "networks:", "relay: {enable: true}\nnetworks:", "enable"},
		{"no shared account", "networks:", "relay: {shared_accounts: [service]}\nnetworks:", "relay.shared_accounts[0]"},
		{"two scanners", "networks:", "scan: {clamd: /run/clamd, icap: 'icap://localhost/avscan'}\nnetworks:", "scan: clamd and icap"},
		{"no socket", "networks:", "scan: {clamd: clamd.sock}\nnetworks:", "scan.clamd"},
		{"no service", "networks:", "scan: {icap: 'http://localhost/avscan'}\nnetworks:", "scan.icap"},
		{"no time to scan", "networks:", "scan: {timeout: 0s}\nnetworks:", "scan.timeout"},
		{"odd choice when away", "networks:", "scan: {when_away: sleep}\nnetworks:", "scan.when_away"},
		{"odd choice for large files", "networks:", "scan: {too_large: wait}\nnetworks:", "scan.too_large"},
		{"a size below nothing", "networks:", "scan: {largest: -1, tell_after: -1s}\nnetworks:", "scan.largest"},
		{"audit without keys", "networks:", "audit: {enabled: true}\nnetworks:", "audit.signing_key: missing"},
		{"audit with a short key", "networks:", "audit: {enabled: true, pseudonym_key: AAAA}\nnetworks:", "audit.pseudonym_key: missing"},
		{"audit signed too often", "networks:", "audit: {checkpoint_every: 1ms}\nnetworks:", "audit.checkpoint_every"},
		{"audit kept for less than nothing", "networks:", "audit: {retention_days: -1}\nnetworks:", "audit.retention_days"},
		{"no older key", "networks:", "audit: {older_keys: [old]}\nnetworks:", "audit.older_keys[0]"},
		{"policy's unknown key", "networks:", "policy: {rule: []}\nnetworks:", "rule"},
		{"policy's default", "networks:", "policy: {default: confirm}\nnetworks:", "policy.default"},
		{"policy's time zone", "networks:", "policy: {timezone: Paris}\nnetworks:", "policy.timezone"},
		{"a rule's outcome", "networks:", "policy: {rules: [{name: x, when: 'true', then: deny}]}\nnetworks:", "policy.rules[0].then"},
		{"a rule without when", "networks:", "policy: {rules: [{name: x, then: admit}]}\nnetworks:", "policy.rules[0].when"},
		{"a rule's language", "networks:", "policy: {rules: [{name: x, when: 'true', then: admit, say: {de: Nein}}]}\nnetworks:", "policy.rules[0].say.de"},
		{"a rule's unknown key", "networks:", "policy: {rules: [{nam: x}]}\nnetworks:", "nam"},
		{"a ready rule's limit", "networks:", "policy: {ready: [{name: size, limit: big}]}\nnetworks:", "policy.ready[0].limit"},
		{"a ready rule's direction", "networks:", "policy: {ready: [{name: size, directions: [up]}]}\nnetworks:", "policy.ready[0].directions[0]"},
		{"a ready rule's outcome", "networks:", "policy: {ready: [{name: size, then: up}]}\nnetworks:", "policy.ready[0].then"},
		{"a ready rule's unknown key", "networks:", "policy: {ready: [{nam: size}]}\nnetworks:", "nam"},
		{"a ready rule of another kind", "networks:", "policy: {ready: [[size]]}\nnetworks:", "ready"},
		{"a department without a name", "networks:", "policy: {departments: [{staff: ['@a:b']}]}\nnetworks:", "policy.departments[0].name"},
		{"space for files", "networks:", "spool_space: 100\nnetworks:", "spool_space"},
		{"admin token, short", "homeserver: {", "homeserver: {admin_token: short, ", "homeserver.admin_token"},
		{"admin token, strange", "homeserver: {", "homeserver: {admin_token: \"syt_with a space in it\", ", "homeserver.admin_token"},
		{"log level", "networks:", "log: {level: loud}\nnetworks:", "log.level"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(valid, test.old, test.new, 1)
			if text == valid {
				t.Fatalf("%q is not in the configuration", test.old)
			}
			_, err := load(t, text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one that names %s", err, test.want)
			}
		})
	}
}

func TestAPolicyIsRead(t *testing.T) {
	c, err := load(t, valid+`
policy:
  timezone: Europe/Paris
  directory: staff.csv
  departments: [{name: Finance, staff: ["@fin-*:example.org"]}]
  ready:
    - classification
    - {name: size, limit: 20 MB, then: refuse, unless: 'department == "Press"', say: {fr: Trop gros.}}
  rules:
    - {name: x, when: 'text == ""', then: confirm, say: {en: Sure?}}
`)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Policy
	if p.Default != "admit" || p.TimeZone != "Europe/Paris" || !filepath.IsAbs(p.Directory) || p.Departments[0].Staff[0] != "@fin-*:example.org" {
		t.Errorf("the policy is %+v", p)
	}
	if len(p.Ready) != 2 || p.Ready[0].Name != "classification" || p.Ready[1].Name != "size" || p.Ready[1].Limit != "20 MB" || p.Ready[1].Say["fr"] != "Trop gros." {
		t.Errorf("the ready-made rules are %+v", p.Ready)
	}
	if len(p.Rules) != 1 || p.Rules[0].Then != "confirm" {
		t.Errorf("the rules are %+v", p.Rules)
	}
}

func TestSizesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{"12": 12, "12 B": 12, "20MB": 20_000_000, "20 mb": 20_000_000, "1.5 GB": 1_500_000_000, "64 KiB": 65536,
		"1MiB": 1 << 20, "1 GiB": 1 << 30, "3kB": 3000, "5 Mo": 5_000_000} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "-1", "0", "1 XB", "1e30 GB", "NaN", "Inf MB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestFilesLieBesideTheDatabasesUnlessTheyAreToLieElsewhere(t *testing.T) {
	for added, want := range map[string]string{
		"":                                   "data",
		"database: db\n":                     "db",
		"spool: files\n":                     "files",
		"spool: /mnt/files\n":                "/mnt/files",
		"database: postgres://u:p@host/db\n": "",
	} {
		c, err := load(t, strings.Replace(valid, "bridge: {", added+"bridge: {", 1))
		if err != nil {
			t.Fatal(err)
		}
		if want != "" && !filepath.IsAbs(want) {
			want = filepath.Join(filepath.Dir(c.Spool), want)
		}
		if c.Spool != want || want != "" && !filepath.IsAbs(want) {
			t.Errorf("%q: files lie in %q, want %q", added, c.Spool, want)
		}
	}
}

func TestSecretsComeFromFilesAndTheEnvironment(t *testing.T) {
	secrets := filepath.Join(t.TempDir(), "hs")
	if err := os.WriteFile(secrets, []byte("from-a-file-of-its-own\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(valid, "hs_token: hs-token-hs-token", "hs_token_file: "+secrets, 1)
	c, err := load(t, text, "PASSERELLE_NETWORKS_WHATSAPP_AS_TOKEN=from-the-environment", "UNRELATED=1",
		"PASSERELLE_PROVISIONING_SHARED_SECRET=for-the-login-helper", "PASSERELLE_HOMESERVER_ADMIN_TOKEN=of-an-administrator")
	if err != nil {
		t.Fatal(err)
	}
	if c.Homeserver.AdminToken != "of-an-administrator" {
		t.Errorf("the administrator's token is %q", c.Homeserver.AdminToken)
	}
	if c.Provisioning.SharedSecret != "for-the-login-helper" {
		t.Errorf("the shared secret is %q", c.Provisioning.SharedSecret)
	}
	if n := c.Networks["whatsapp"]; n.HSToken != "from-a-file-of-its-own" || n.ASToken != "from-the-environment" {
		t.Errorf("the tokens are %q and %q", n.HSToken, n.ASToken)
	}
	_, err = load(t, strings.Replace(text, secrets, secrets+".gone", 1))
	if err == nil || !strings.Contains(err.Error(), "networks.whatsapp.hs_token_file") {
		t.Errorf("a secret's file that is not there gave %v", err)
	}
}

func TestAMissingFileNamesTheRemedy(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if err == nil || !strings.Contains(err.Error(), "passerelle init") {
		t.Errorf("the error is %v", err)
	}
}

// FuzzLoad looks for a configuration that panics.
func FuzzLoad(f *testing.F) {
	f.Add(valid)
	f.Add("networks: {whatsapp: {settings: [1]}}")
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path, nil)
		if err == nil {
			for _, n := range c.Networks {
				var options struct{}
				_ = n.Decode(&options)
			}
		}
	})
}
