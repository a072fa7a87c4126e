package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix/appservice"

	"passerelle/config"
)

// passerelle runs the program with arguments, and returns what it printed.
func passerelle(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := root()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func initialised(t *testing.T, args ...string) (dir, printed string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "etc")
	printed, err := passerelle(t, append([]string{"init", "--dir", dir, "--homeserver", "http://127.0.0.1:1", "--domain", "example.org"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return dir, printed
}

func TestInitWritesAConfigurationThatLoads(t *testing.T) {
	dir, printed := initialised(t, "--network", "whatsapp", "--listen", "127.0.0.1:4000", "--database", "store")
	path := filepath.Join(dir, "config.yaml")
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Homeserver.Domain != "example.org" || c.Bridge.Listen != "127.0.0.1:4000" || c.Bridge.Monitor != "127.0.0.1:4001" ||
		c.Bridge.Address != "http://127.0.0.1:4000" || c.Database != filepath.Join(dir, "store") || c.Encryption.Mode != "device" {
		t.Errorf("the configuration is %+v", c)
	}
	if c.Audit.RetentionDays != 365 || !c.Audit.Enabled {
		t.Errorf("the audit log is %+v", c.Audit)
	}
	if _, err := configured(c); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 70 {
		t.Errorf("the configuration has %d lines, want 70 at most", lines)
	}
	for _, want := range []string{"app_service_config_files:", filepath.Join(dir, "registration-whatsapp.yaml"),
		filepath.Join(dir, "registration-doublepuppet.yaml"), "passerelle check -c", "@whatsappbot:example.org"} {
		if !strings.Contains(printed, want) {
			t.Errorf("what it printed lacks %s:\n%s", want, printed)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Fatalf("it wrote %v, %v", entries, err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, want 0600 (%v)", entry.Name(), info.Mode(), err)
		}
	}
}

func TestTheRegistrationsMatchTheConfiguration(t *testing.T) {
	for mode, want := range map[string]struct{ device, transactions bool }{
		"device": {true, false}, "login": {false, false}, "transactions": {true, true},
	} {
		dir, _ := initialised(t, "--encryption", mode)
		c, err := config.Load(filepath.Join(dir, "config.yaml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := appservice.LoadRegistration(filepath.Join(dir, "registration-whatsapp.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		n := c.Networks["whatsapp"]
		if c.Encryption.Mode != mode || r.AppToken != n.ASToken || r.ServerToken != n.HSToken || r.URL != c.Bridge.Address+"/whatsapp" {
			t.Errorf("mode %s: the registration %+v does not match %+v", mode, r, c)
		}
		if r.MSC4190 != want.device || r.MSC3202 != want.transactions || !r.EphemeralEvents {
			t.Errorf("mode %s: the registration's flags are %+v", mode, r)
		}
		puppets, err := appservice.LoadRegistration(filepath.Join(dir, "registration-doublepuppet.yaml"))
		if err != nil || puppets.URL != "" || puppets.AppToken != c.DoublePuppet.ASToken || puppets.Namespaces.UserIDs[0].Exclusive {
			t.Errorf("mode %s: the double puppets' registration is %+v, %v", mode, puppets, err)
		}
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	dir, _ := initialised(t)
	path := filepath.Join(dir, "registration-whatsapp.yaml")
	if err := os.Remove(filepath.Join(dir, "config.yaml")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = passerelle(t, "init", "--dir", dir, "--domain", "example.org", "--encryption", "device")
	if err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("the second init gave %v", err)
	}
	after, _ := os.ReadFile(path)
	if !bytes.Equal(before, after) {
		t.Error("the registration changed")
	}
	if _, err := os.Stat(filepath.Join(dir, "config.yaml")); err == nil {
		t.Error("a configuration was written beside registrations that do not match it")
	}
}

func TestTwoInitsShareNoSecret(t *testing.T) {
	first, _ := initialised(t)
	second, _ := initialised(t)
	a, err := config.Load(filepath.Join(first, "config.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := config.Load(filepath.Join(second, "config.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Encryption.PickleKey == b.Encryption.PickleKey || a.StorageKeys[0] == b.StorageKeys[0] ||
		a.Audit.SigningKey == b.Audit.SigningKey || a.Audit.PseudonymKey == b.Audit.PseudonymKey ||
		a.Networks["whatsapp"].ASToken == b.Networks["whatsapp"].ASToken || a.Networks["whatsapp"].ASToken == a.Networks["whatsapp"].HSToken {
		t.Error("a secret stands in two places")
	}
}

func TestInitNamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		want string
		args []string
	}{
		{"--domain", nil},
		{"--listen", []string{"--domain", "x.org", "--listen", "nowhere"}},
		{"--listen", []string{"--domain", "x.org", "--listen", "127.0.0.1:65535"}},
		{"--homeserver", []string{"--domain", "x.org", "--homeserver", "x.org"}},
		{"--network", []string{"--domain", "x.org", "--network", "pigeon"}},
		{"--encryption", []string{"--domain", "x.org", "--encryption", "none"}},
	} {
		dir := filepath.Join(t.TempDir(), "etc")
		_, err := passerelle(t, append([]string{"init", "--dir", dir}, test.args...)...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v gave %v, want an error that names %s", test.args, err, test.want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%v wrote something", test.args)
		}
	}
}

func TestVersionNamesTheLicence(t *testing.T) {
	printed, err := passerelle(t, "version")
	if err != nil || !strings.Contains(printed, "AGPL-3.0-or-later") || !strings.HasPrefix(printed, "passerelle ") {
		t.Errorf("version prints %q, %v", printed, err)
	}
}

func TestAWrongConfigurationIsRefusedByEveryCommand(t *testing.T) {
	dir, _ := initialised(t)
	path := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"device_nam":       {"device_name:", "device_nam:"},
		"networks.pigeon":  {"  whatsapp:", "  pigeon:"},
		"homeserver.addre": {"http://127.0.0.1:1 ", "nowhere "},
	} {
		changed := bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("%q is not in the configuration", change[0])
		}
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"run", "check"} {
			if _, err := passerelle(t, command, "-c", path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s gave %v, want an error that names %s", command, err, want)
			}
		}
	}
	if _, err := passerelle(t, "run", "-c", filepath.Join(dir, "none.yaml")); err == nil || !strings.Contains(err.Error(), "passerelle init") {
		t.Errorf("run without a configuration gave %v", err)
	}
}
