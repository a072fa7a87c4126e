package whatsapp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestTheDefaultOptionsAreGood(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
}

func TestAnErrorNamesTheOption(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		yaml string
		says string
	}{
		"no device name":        {"device_name: ' '", "device_name"},
		"a long device name":    {"device_name: " + strings.Repeat("x", 51), "device_name"},
		"a broken template":     {"displayname: '{{.Name'", "displayname"},
		"another template":      {"displayname: '{{.Phone}}'", "displayname"},
		"no name in it":         {"displayname: 'A contact'", "displayname"},
		"WhatsApp itself":       {"server: {address: 'web.whatsapp.com:443'}", "leave server out"},
		"another machine":       {"server: {address: '192.0.2.1:443'}", "leave server out"},
		"no port":               {"server: {address: '127.0.0.1'}", "server.address"},
		"no certificate":        {"server: {address: '127.0.0.1:1', ca_file: /nowhere/ca.pem}", "server.ca_file"},
		"not a certificate":     {"server: {address: '127.0.0.1:1', ca_file: " + notPEM + "}", "server.ca_file"},
		"an unknown key":        {"devicename: x", "devicename"},
		"a pace without a time": {"pace: {first_contacts: {every: 0s}}", "pace.first_contacts: every"},
		"a day below a burst":   {"pace: {chats: {per_day: 1}}", "pace.chats: per_day"},
		"an unknown inner key":  {"server: {adress: '127.0.0.1:1'}", "adress"},
	} {
		options := DefaultOptions()
		err := yaml.UnmarshalWithOptions([]byte(c.yaml), &options, yaml.Strict())
		if err == nil {
			err = options.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, c.says)
		}
	}
}

func TestWhatIsNotSaidOfThePaceStays(t *testing.T) {
	options := DefaultOptions()
	if err := yaml.Unmarshal([]byte("pace: {first_contacts: {per_day: 5}}"), &options); err != nil {
		t.Fatal(err)
	}
	want := defaultPace()
	want.FirstContacts.PerDay = 5
	if options.Pace != want {
		t.Errorf("the pace is %+v", options.Pace)
	}
}

func TestADisplayNameIsFilledIn(t *testing.T) {
	d, err := parseDisplayName(DefaultOptions().DisplayName)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Of("Bob"); got != "Bob (WhatsApp)" {
		t.Errorf("Bob is called %q", got)
	}
}
