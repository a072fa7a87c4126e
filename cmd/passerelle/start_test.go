package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
)

// install installs the bridge for a homeserver that does not run yet.
func install(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) (*bridgetest.Installation, bridgetest.HomeserverOptions) {
	t.Helper()
	site := newSite(t, bridgetest.SiteOptions{Dir: t.TempDir(), Settings: map[string]string{"whatsapp": ""}}, adjust)
	t.Cleanup(func() {
		if err := site.Bridge.Stop(); err != nil {
			t.Error(err)
		}
	})
	return site.Bridge, site.Plan
}

// fails launches the bridge and waits until it has ended by itself, and returns its log.
func fails(t *testing.T, bridge *bridgetest.Installation) string {
	t.Helper()
	if err := bridge.Launch(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-bridge.Ended():
	case <-time.After(time.Minute):
		t.Fatal("the bridge still runs")
	}
	return logOf(t, bridge)
}

func logOf(t *testing.T, bridge *bridgetest.Installation) string {
	t.Helper()
	text, err := os.ReadFile(bridge.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// secretsOf returns the secrets of an installation's configuration.
func secretsOf(t *testing.T, bridge *bridgetest.Installation) []string {
	t.Helper()
	text, err := os.ReadFile(bridge.Config())
	if err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && (strings.HasSuffix(name, "_token") || strings.HasSuffix(name, "_key")) {
			value, _, _ = strings.Cut(strings.Trim(value, `"`), `"`)
			secrets = append(secrets, value)
		}
	}
	if len(secrets) < 4 {
		t.Fatalf("the configuration holds only %d secrets", len(secrets))
	}
	return secrets
}

// replaceIn changes a file in one place.
func replaceIn(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not contain %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheBridgeWaitsForItsHomeserver(t *testing.T) {
	bridge, homeserver := install(t)
	if err := bridge.Launch(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bridge to say that it waits", func() bool { return strings.Contains(logOf(t, bridge), "check homeserver.address") })
	if ready, err := bridge.Readiness(bounded(t)); err != nil || ready.Ready || ready.Networks["whatsapp"].State != "starting" {
		t.Errorf("/readyz says %+v, %v", ready, err)
	}
	bridgetest.NewWorld(t, homeserver)
	if err := bridge.AwaitReady(bounded(t)); err != nil {
		t.Error(err)
	}
}

func TestABridgeThatWaitsStopsAtOnce(t *testing.T) {
	bridge, _ := install(t)
	if err := bridge.Launch(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bridge to say that it waits", func() bool { return strings.Contains(logOf(t, bridge), "check homeserver.address") })
	start := time.Now()
	if err := bridge.Stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

func TestAWrongTokenEndsTheStartWithTheRemedy(t *testing.T) {
	bridge, homeserver := install(t)
	bridgetest.NewWorld(t, homeserver)
	secrets := secretsOf(t, bridge)
	for _, token := range secrets {
		if strings.Contains(bridgeText(t, bridge.Registrations()[1]), "as_token: "+token) {
			replaceIn(t, bridge.Config(), token, "a-token-that-nobody-knows")
		}
	}
	log := fails(t, bridge)
	if !strings.Contains(log, "app_service_config_files") {
		t.Errorf("the log names no remedy:\n%s", log)
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds a secret")
		}
	}
	if out, err := bridge.Run(bounded(t), "check", "-c", bridge.Config()); err == nil || !strings.Contains(out, "app_service_config_files") {
		t.Errorf("check says %v:\n%s", err, out)
	}
}

func bridgeText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestATakenPortNamesTheKey(t *testing.T) {
	bridge, homeserver := install(t)
	bridgetest.NewWorld(t, homeserver)
	if err := bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := bridge.Run(bounded(t), "run", "-c", bridge.Config())
	if err == nil || !strings.Contains(out, "bridge.listen") {
		t.Errorf("a second bridge says %v:\n%s", err, out)
	}
}

func TestCheckTriesEachPart(t *testing.T) {
	bridge, homeserver := install(t)
	check := func(wantError bool, want ...string) {
		t.Helper()
		out, err := bridge.Run(bounded(t), "check", "-c", bridge.Config())
		if (err != nil) != wantError {
			t.Errorf("check ended with %v:\n%s", err, out)
		}
		for _, line := range want {
			if !strings.Contains(out, line) {
				t.Errorf("check lacks %q:\n%s", line, out)
			}
		}
		for _, secret := range secretsOf(t, bridge) {
			if strings.Contains(out, secret) {
				t.Error("check prints a secret")
			}
		}
	}
	check(true, "FAILED      Matrix server", "What to do: Check homeserver.address", "database whatsapp: open")
	replaceIn(t, bridge.Config(), "language: en", "language: fr")
	check(true, "ÉCHEC       serveur Matrix", "Que faire : Vérifiez homeserver.address", "base de données whatsapp : ouverte")
	replaceIn(t, bridge.Config(), "language: fr", "language: en")
	bridgetest.NewWorld(t, homeserver)
	check(false, "ok          Matrix server", "whatsapp: access to the Matrix server: accepted", "whatsapp: way back from the Matrix server",
		"the bot gets a device", "database passerelle: open")
	if err := bridge.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(false, "whatsapp: access to the Matrix server: accepted") // beside the running bridge
	if ready, err := bridge.Readiness(bounded(t)); err != nil || !ready.Ready {
		t.Errorf("after the check /readyz says %+v, %v", ready, err)
	}
}

func TestADatabaseThatCannotBeWrittenEndsTheStart(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bridge, _ := install(t, func(o *bridgetest.InstallOptions) { o.Database = file })
	if log := fails(t, bridge); !strings.Contains(log, "give the bridge's user the right to write there") {
		t.Errorf("the log names no remedy:\n%s", log)
	}
}
