package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

const sharedSecret = "secret-of-the-login-helper"

// helper is a program that links accounts for people.
type helper struct {
	stage *stage
	token string    // the shared secret, or a person's own token
	user  id.UserID // whom it acts for
}

// calls makes a request, and returns the status and the answer.
func (h helper) calls(t *testing.T, method, route string) (int, map[string]any) {
	t.Helper()
	address := h.stage.bridge.Address() + "/whatsapp/_matrix/provision/v3/" + route + "?user_id=" + url.QueryEscape(h.user.String())
	request, err := http.NewRequestWithContext(bounded(t), method, address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if h.token != "" {
		request.Header.Set("Authorization", "Bearer "+h.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s %s answers %d: %s", method, route, response.StatusCode, body)
	}
	return response.StatusCode, answer
}

// gets makes a request that must succeed.
func (h helper) gets(t *testing.T, method, route string) map[string]any {
	t.Helper()
	status, answer := h.calls(t, method, route)
	if status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("%s %s answers %d: %v", method, route, status, answer)
	}
	return answer
}

func TestAProgramLinksAnAccount(t *testing.T) {
	s := newStage(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": "\nprovisioning: {shared_secret: " + sharedSecret + "}\n\nnetworks:\n"}
	})
	claire, karim := s.Staff(t, "claire"), s.Staff(t, "karim")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	room := s.botRoom(t, claire)
	s.asks(t, claire, room, "language fr")

	nobody := id.UserID("@claire:elsewhere.invalid")
	for name, test := range map[string]struct {
		helper
		want int
	}{
		"no secret":                    {helper{s, "", claire.ID()}, http.StatusUnauthorized},
		"another secret":               {helper{s, sharedSecret + "x", claire.ID()}, http.StatusUnauthorized},
		"somebody else's token":        {helper{s, karim.Client().AccessToken, claire.ID()}, http.StatusUnauthorized},
		"a token of another server":    {helper{s, "openid:token", nobody}, http.StatusUnauthorized},
		"nobody with the secret":       {helper{s, sharedSecret, ""}, http.StatusForbidden},
		"the bot with the secret":      {helper{s, sharedSecret, id.UserID(s.bridge.Bot("whatsapp"))}, http.StatusForbidden},
		"a stranger with the secret":   {helper{s, sharedSecret, nobody}, http.StatusForbidden},
		"a contact with the secret":    {helper{s, sharedSecret, id.UserID("@whatsapp_1:" + s.ServerName())}, http.StatusForbidden},
		"the person, with their token": {helper{s, claire.Client().AccessToken, claire.ID()}, http.StatusOK},
		"the person, with the secret":  {helper{s, sharedSecret, claire.ID()}, http.StatusOK},
	} {
		status, answer := test.calls(t, http.MethodGet, "whoami")
		if status != test.want {
			t.Errorf("%s is answered with %d: %v", name, status, answer)
		}
		if text, _ := json.Marshal(answer); status != http.StatusOK && (strings.Contains(string(text), "whatsapp") || strings.Contains(string(text), sharedSecret)) {
			t.Errorf("%s learns %s", name, text)
		}
	}

	h := helper{s, sharedSecret, claire.ID()}
	if flows, _ := h.gets(t, http.MethodGet, "login/flows")["flows"].([]any); len(flows) != 2 {
		t.Errorf("the ways to log in are %v", flows)
	}
	step := h.gets(t, http.MethodPost, "login/start/qr")
	if step["instructions"] != say.French.Say(say.ScanQR, "WhatsApp") {
		t.Errorf("Claire reads %v", step["instructions"])
	}
	shown, _ := step["display_and_wait"].(map[string]any)
	code, _ := shown["data"].(string)
	if _, err := phone.ScanQR(bounded(t), code); err != nil {
		t.Fatal(err)
	}
	step = h.gets(t, http.MethodPost, "login/step/"+step["login_id"].(string)+"/"+step["step_id"].(string)+"/display_and_wait")
	if step["type"] != "complete" {
		t.Fatalf("the login goes on with %v", step)
	}
	linked := phone.LID().User
	if logins, _ := h.gets(t, http.MethodGet, "logins")["login_ids"].([]any); !slices.Equal(logins, []any{linked}) {
		t.Errorf("Claire's accounts are %v", logins)
	}
	if status, answer := (helper{s, sharedSecret, karim.ID()}).calls(t, http.MethodPost, "logout/"+linked); status != http.StatusNotFound {
		t.Errorf("Karim unlinks Claire's account: %d %v", status, answer)
	}

	found := h.gets(t, http.MethodGet, "resolve_identifier/+33612345678")
	if found["mxid"] != "@whatsapp_"+amina.LID().User+":"+s.ServerName() {
		t.Errorf("Amina is %v", found)
	}
	if status, answer := h.calls(t, http.MethodGet, "resolve_identifier/+33699999999"); status < 400 || answer["error"] != say.French.Say(say.NobodyThere, "WhatsApp") {
		t.Errorf("nobody is %d %v", status, answer)
	}
	made := h.gets(t, http.MethodPost, "create_dm/+33612345678")
	chat := id.RoomID(made["dm_room_mxid"].(string))
	claire.Joins(chat)
	claire.Says(chat, "Bonjour Amina")
	reads(t, amina, "Bonjour Amina")

	h.gets(t, http.MethodPost, "logout/"+linked)
	eventually(t, "the phone's list of linked devices to be empty", func() bool { return len(phone.Devices()) == 0 })
	if logins, _ := h.gets(t, http.MethodGet, "logins")["login_ids"].([]any); len(logins) != 0 {
		t.Errorf("Claire's accounts are %v", logins)
	}
	s.wroteDownLinks(t, claire.ID(), linked)
	log, err := os.ReadFile(s.bridge.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{sharedSecret, "33612345678", "33699999999", code, claire.Client().AccessToken} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// wroteDownLinks sees that the audit log says who linked and unlinked which account by a program, and that Karim tried to.
func (s *stage) wroteDownLinks(t *testing.T, who id.UserID, account string) {
	t.Helper()
	config := s.bridge.Config()
	pseudonym := func(name string) string {
		printed, err := passerelle(t, "audit", "resolve", name, "-c", config)
		must(t, err)
		return strings.Fields(printed)[0]
	}
	person, login := pseudonym(who.String()), pseudonym(account)
	printed, err := passerelle(t, "audit", "export", "-c", config)
	must(t, err)
	var got []string
	for _, e := range exportedLines(t, printed) {
		if !strings.HasPrefix(e.Action, "account.") {
			continue
		}
		by, of := "somebody", e.Target
		if e.Actor == person {
			by = "claire"
		}
		if of == login {
			of = "theirs"
		}
		got = append(got, strings.TrimSpace(by+" "+e.Action+" "+e.Result+" "+of))
	}
	want := []string{"claire account.link asked", "claire account.link done theirs", "somebody account.unlink asked theirs",
		"somebody account.unlink failed theirs", "claire account.unlink asked theirs", "claire account.unlink done theirs"}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log says %q, want %q", got, want)
	}
}

func TestNoProgramLinksAccountsUnlessASecretIsSet(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	for _, token := range []string{"", "disable", claire.Client().AccessToken} {
		if status, answer := (helper{s, token, claire.ID()}).calls(t, http.MethodGet, "whoami"); status != http.StatusForbidden {
			t.Errorf("%q is answered with %d: %v", token, status, answer)
		}
	}
}
