package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/govern"
)

// desk is the administrators' door for programs, open to one that is Karim's.
type desk struct{ address string }

const karimsToken = "the token of Karim's inventory program"

func newDesk(t *testing.T) *desk {
	t.Helper()
	port, err := bridgetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return &desk{address: fmt.Sprintf("127.0.0.1:%d", port)}
}

// install configures it.
func (d *desk) install(o *bridgetest.InstallOptions) {
	if o.Replace == nil {
		o.Replace = map[string]string{}
	}
	o.Replace["permissions:\n"] = "permissions:\n  \"@karim:" + bridgetest.DefaultServerName + "\": admin\n"
	o.Replace["\nnetworks:\n"] = fmt.Sprintf("\napi:\n  listen: %s\n  tokens:\n    - {name: inventory, person: \"@karim:%s\", token: \"%s\"}\n\nnetworks:\n",
		d.address, bridgetest.DefaultServerName, karimsToken)
}

// asks makes a request, which must succeed, and returns the body.
func (d *desk) asks(t *testing.T, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(bounded(t), method, "http://"+d.address+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+karimsToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d, %v: %s", method, path, response.StatusCode, err, answer)
	}
	return string(answer)
}

// awaits asks until the answer is as it should be.
func (d *desk) awaits(t *testing.T, path string, is func(answer string) bool) {
	t.Helper()
	answer := ""
	for end := time.Now().Add(bridgetest.Patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if answer = d.asks(t, http.MethodGet, path, ""); is(answer) {
			return
		}
	}
	t.Fatalf("%s goes on answering %s", path, answer)
}

func TestAProgramGovernsOverHTTP(t *testing.T) {
	desk := newDesk(t)
	d := newDialogue(t, desk.install)
	var found govern.Page[govern.Portal]
	if err := json.Unmarshal([]byte(desk.asks(t, "GET", "/portals?network=whatsapp&text=amina", "")), &found); err != nil || len(found.Items) != 1 {
		t.Fatalf("the portals are %+v, %v", found, err)
	}
	chat := found.Items[0]
	if chat.Room != d.room || chat.Kind != govern.Direct || chat.Owners[0].User != d.claire.ID() || chat.LastActive.IsZero() {
		t.Errorf("the portal is %+v", chat)
	}
	path := fmt.Sprintf("/portals/whatsapp/%s/%%s?receiver=%s", url.PathEscape(chat.Key.ID), chat.Key.Receiver)
	karim := d.Staff(t, "karim")
	desk.asks(t, "POST", fmt.Sprintf(path, "invite"), fmt.Sprintf(`{"with": "%s"}`, karim.ID()))
	karim.WaitsForInvite("the invitation", func(i bridgetest.Invite) bool { return i.Room == d.room })
	karim.Joins(d.room)
	desk.asks(t, "POST", fmt.Sprintf(path, "repair"), `{"with": "keys"}`)
	says(t, d.amina, d.phone.Number(), "under new keys")
	karim.Hears(d.room, "under new keys")
	desk.asks(t, "POST", fmt.Sprintf(path, "mark"), `{"with": "DIFFUSION LIMITÉE"}`)
	d.told(t, d.claire, d.room, "DIFFUSION LIMITÉE")
	desk.asks(t, "POST", fmt.Sprintf(path, "repair"), `{"with": "room"}`)
	says(t, d.amina, d.phone.Number(), "in the new room")
	moved := d.claire.Waits("the new room", func(h bridgetest.Heard) bool { return h.Text == "in the new room" })
	if moved.Room == d.room {
		t.Error("the old room goes on")
	}
	d.claire.Says(moved.Room, "and back")
	reads(t, d.amina, "and back")
	desk.asks(t, "POST", fmt.Sprintf(path, "delete"), `{"sure": true}`)
	if answer := desk.asks(t, "GET", "/portals?text=amina", ""); !strings.Contains(answer, `"total":0`) {
		t.Errorf("after the deletion there is %s", answer)
	}
	if texts := d.claire.Texts(d.room); slices.Contains(texts, "in the new room") {
		t.Errorf("the old room holds %q", texts)
	}
}
