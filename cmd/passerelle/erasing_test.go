package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// registry is an office whose bridge has a token of the homeserver's administration.
type registry struct {
	*office
	token string // the file that it stands in
}

// aToken is taken by no homeserver.
const aToken = "the-token-of-nobody-at-all"

// newRegistry has Amina and Bilal send pictures, Amina in a group, too.
func newRegistry(t *testing.T, adjust ...func(*bridgetest.InstallOptions)) *registry {
	t.Helper()
	r := &registry{token: filepath.Join(t.TempDir(), "admin-token")}
	must(t, os.WriteFile(r.token, []byte(aToken+"\n"), 0o600))
	r.office = newOffice(t, append(adjust, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{}
		o.Replace["  # admin_token_file: /etc/passerelle/homeserver-admin "] = "  admin_token_file: " + r.token + " "
	})...)
	return r
}

// receives has a contact send pictures to Claire, and returns the addresses of their files.
func (r *registry) receives(t *testing.T, from *whatsapptest.Phone, to string, captions ...string) (files []id.ContentURI) {
	t.Helper()
	for i, caption := range captions {
		_, err := from.SendImage(bounded(t), to, whatsapptest.Image{Data: picture(t, uint8(40*i)), MIME: "image/png", Caption: caption})
		must(t, err)
		heard := r.claire.Waits(caption, func(h bridgetest.Heard) bool { return h.Text == caption && h.MsgType == event.MsgImage })
		uri, err := heard.Event.Content.AsMessage().File.URL.Parse()
		must(t, err)
		if !r.has(t, uri) {
			t.Fatalf("the homeserver does not have %s", caption)
		}
		files = append(files, uri)
	}
	return files
}

// has tells whether the homeserver has a file.
func (r *registry) has(t *testing.T, file id.ContentURI) bool {
	t.Helper()
	answer, err := r.karim.Client().Download(bounded(t), file)
	switch {
	case err == nil:
		must(t, answer.Body.Close())
		return true
	case errors.Is(err, mautrix.MNotFound):
		return false
	}
	t.Fatal(err)
	return false
}

// lastDetails returns what the audit says beside the erasures, in order.
func (r *registry) lastDetails(t *testing.T) (details []string) {
	t.Helper()
	text, err := passerelle(t, "audit", "export", "-c", r.bridge.Config())
	must(t, err)
	for _, line := range exportedLines(t, text) {
		if line.Action == "contact.erase" && line.Result == "done" {
			details = append(details, line.Detail)
		}
	}
	return details
}

// hasAdministrator gives the bridge a token that the homeserver takes.
func (r *registry) hasAdministrator(t *testing.T) {
	t.Helper()
	admin, err := r.CreateAdministrator(bounded(t), "root", "a pass phrase")
	must(t, err)
	client, err := mautrix.NewClient(r.URL(), "", "")
	must(t, err)
	in, err := client.Login(bounded(t), &mautrix.ReqLogin{Type: mautrix.AuthTypePassword, Password: "a pass phrase",
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: admin.String()}})
	must(t, err)
	must(t, os.WriteFile(r.token, []byte(in.AccessToken), 0o600))
	must(t, r.bridge.Stop())
	must(t, r.bridge.Start(t.Context()))
}

// TestTheFilesOfAnErasedContactAreRemoved plays on Synapse, whose administration removes files, and shows on Dendrite, which has
// none, that the administrator is told so.
func TestTheFilesOfAnErasedContactAreRemoved(t *testing.T) {
	r := newRegistry(t)
	bilal := r.whatsapp.MustAddPerson("+33612345679", "Bilal")
	group, err := r.phone.CreateGroup("Harbour", r.amina.Number(), bilal.Number())
	must(t, err)
	hers := append(r.receives(t, r.amina, r.phone.Number(), "hers"), r.receives(t, r.amina, group, "hers in the group")...)
	his := append(r.receives(t, bilal, r.phone.Number(), "his"), r.receives(t, bilal, group, "his in the group")...)
	r.does(t, "contacts amina")
	refused := r.does(t, "erase 1 yes")
	cannot := r.Kind() == bridgetest.Dendrite
	if want := say.English.Say(say.StaysFilesNotAllowed); !cannot && !strings.Contains(refused, want) {
		t.Errorf("with a wrong token the answer is %q", refused)
	}
	r.hasAdministrator(t)
	checked, err := passerelle(t, "check", "-c", r.bridge.Config())
	if strings.Contains(checked, "erasing a contact removes their files") == cannot || (err == nil) == cannot {
		t.Errorf("the check says %v, %s", err, checked)
	}
	r.does(t, "contacts "+r.amina.LID().User)
	answer := r.does(t, "erase 1 yes")
	want := say.English.Say(say.ContactErased, 2)
	if cannot {
		want = say.English.Say(say.StaysFilesCannot, r.ghost(r.amina))
	}
	if !strings.Contains(answer, want) {
		t.Errorf("the answer is %q, want %q in it", answer, want)
	}
	for _, file := range hers {
		if r.has(t, file) != cannot {
			t.Errorf("the homeserver has Amina's file: %t", !cannot)
		}
	}
	for _, file := range his {
		if !r.has(t, file) {
			t.Error("a file of Bilal's is gone")
		}
	}
	again := r.does(t, "erase 1 yes")
	if want := say.English.Say(say.ContactErased, 0); !strings.Contains(again, want) {
		t.Errorf("the answer is %q", again)
	}
	wants := []string{"files-not-allowed", "files-removed 2", "files-removed 0"}
	if cannot {
		wants = []string{"files-cannot", "files-cannot", "files-cannot"}
	}
	if got := r.lastDetails(t); strings.Join(got, ", ") != strings.Join(wants, ", ") {
		t.Errorf("the audit says %q, want %q", got, wants)
	}
}

// TestAHomeserverThatFailsWithFilesLosesNoErasure has the proxy answer in the homeserver's place.
func TestAHomeserverThatFailsWithFilesLosesNoErasure(t *testing.T) {
	var proxy *bridgetest.Proxy
	r := newRegistry(t, func(o *bridgetest.InstallOptions) {
		proxied(t, &proxy)(o)
	})
	media := "/_synapse/admin/v1/users/" + string(r.ghost(r.amina)) + "/media"
	uploads := map[string]bool{"a": true, "b": true, "c": true}
	requests := proxy.Record()
	list := func(_ *bridgetest.Proxy, _ *bridgetest.Fault, w http.ResponseWriter, q *http.Request) {
		files := []map[string]any{}
		for file := range uploads {
			files = append(files, map[string]any{"media_id": file})
		}
		bridgetest.Answer(http.StatusOK, map[string]any{"media": files, "total": len(files)})(nil, nil, w, q)
	}
	remove := func(_ *bridgetest.Proxy, _ *bridgetest.Fault, w http.ResponseWriter, q *http.Request) {
		total := len(uploads)
		clear(uploads)
		bridgetest.Answer(http.StatusOK, map[string]any{"deleted_media": []string{}, "total": total})(nil, nil, w, q)
	}
	proxy.Inject(onPath(http.MethodGet, media), list, 0)
	fails := proxy.Inject(onPath(http.MethodDelete, media), bridgetest.Fail(http.StatusInternalServerError, "M_UNKNOWN", "Internal server error"), 0)
	first := r.claire.Hears(r.room, "0")
	mark := r.karim.Mark()
	r.karim.Says(r.chat, "language fr")
	r.karim.Waits("the answer in French", func(h bridgetest.Heard) bool { return h.Room == r.chat && !h.Mine && h.IsMessage() }, mark)
	r.does(t, "contacts amina")
	answer := r.does(t, "erase 1 yes")
	for _, want := range []string{say.French.Say(say.StaysFilesNotNow), say.French.Say(say.StaysInAudit), say.French.Say(say.StaysOnWhatsApp)} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer is %q, want %q in it", answer, want)
		}
	}
	r.claire.SeesDeletion(r.room, first.ID) // the rest is done
	r.claire.SeesMember(r.room, r.claire.ID(), event.MembershipLeave)
	fails.Lift()
	proxy.Inject(onPath(http.MethodDelete, media), remove, 0)
	r.does(t, "contacts "+r.amina.LID().User)
	if answer := r.does(t, "erase 1 yes"); !strings.Contains(answer, say.French.Say(say.ContactErased, 3)) || strings.Contains(answer, "admin_token") {
		t.Errorf("the answer is %q", answer)
	}
	for _, q := range requests.Stop() {
		if !strings.HasPrefix(q.Path, "/_synapse/") {
			if strings.Contains(q.Header.Get("Authorization"), aToken) {
				t.Errorf("the administrator's token went to %s", q.Path)
			}
			continue
		}
		if q.Path != media || q.Header.Get("Authorization") != "Bearer "+aToken {
			t.Errorf("a request went to %s, as %q", q.Path, q.Header.Get("Authorization"))
		}
		if q.Method == http.MethodDelete && q.Query.Encode() != "limit=100" {
			t.Errorf("files are removed with %s", q.Query.Encode())
		}
	}
	if got := r.lastDetails(t); strings.Join(got, ", ") != "files-not-now, files-removed 3" {
		t.Errorf("the audit says %q", got)
	}
	log, err := os.ReadFile(r.bridge.LogPath())
	must(t, err)
	if strings.Contains(string(log), aToken) {
		t.Error("the log holds the token")
	}
}

// onPath accepts requests to one path.
func onPath(method, want string) bridgetest.Matcher {
	return func(m, path string) bool { return m == method && path == want }
}

func TestWhoWritesAfterTheirErasureIsSomebodyNew(t *testing.T) {
	r := newOffice(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{}
		o.Replace["\nnetworks:\n"] = "\ncontacts:\n  notice:\n    whatsapp: {en: \"" + noticeWords + "\"}\n\nnetworks:\n"
	})
	reads(t, r.amina, noticeWords)
	told := func() (count int) {
		for _, entry := range r.amina.Inbox() {
			if entry.Text == noticeWords {
				count++
			}
		}
		return count
	}
	r.does(t, "contacts amina")
	answer := r.does(t, "erase 1 yes")
	if !strings.Contains(answer, say.English.Say(say.StaysFilesNotAsked, r.ghost(r.amina))) {
		t.Errorf("the answer is %q", answer)
	}
	says(t, r.amina, r.phone.Number(), "a new beginning")
	room := r.claire.Waits("a new conversation", func(h bridgetest.Heard) bool { return h.Text == "a new beginning" }).Room
	if room == r.room {
		t.Error("the conversation went on in the old room")
	}
	r.claire.Hears(room, noticeWords)
	r.claire.Says(room, "welcome")
	reads(t, r.amina, "welcome")
	if count := told(); count != 2 {
		t.Errorf("Amina was told %d times", count)
	}
	if profile, err := r.claire.Client().GetProfile(bounded(t), r.ghost(r.amina)); err != nil || profile.DisplayName != "Amina (WhatsApp)" {
		t.Errorf("who writes again is called %q, %v", profile.DisplayName, err)
	}
}

func TestAContactOfTelegramIsErased(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": "\nadministration:\n  \"@claire:" + bridgetest.DefaultServerName + "\": {role: administrator}\n\nnetworks:\n"}
	}}})
	does := func(command string) string {
		t.Helper()
		mark := d.claire.Mark()
		d.claire.Says(d.desk, "admin "+command)
		return d.claire.Waits("the answer to "+command, func(h bridgetest.Heard) bool {
			return h.Room == d.desk && h.Sender == id.UserID(d.bridge.Bot("telegram")) && h.IsMessage()
		}, mark).Text
	}
	bilal := d.telegram.MustAddPerson("Bilal", "bilal")
	send(t, bilal, d.bot.ID(), "a word of Bilal's")
	his := d.claire.Waits("Bilal's word", func(h bridgetest.Heard) bool { return h.Text == "a word of Bilal's" })
	hers := d.claire.Hears(d.room, "0")
	d.claire.Says(d.room, "a word to Amina")
	reading(t, d.amina, "a word to Amina")
	does("contacts amina")
	if known := does("access 1"); !strings.Contains(known, "network: telegram") || !strings.Contains(known, "messages judged: 1") {
		t.Errorf("what is known: %s", known)
	}
	answer := does("erase 1 yes")
	if !strings.Contains(answer, say.English.Say(say.StaysOnTelegram)) {
		t.Errorf("the answer is %q", answer)
	}
	d.claire.SeesDeletion(d.room, hers.ID)
	d.claire.SeesMember(d.room, d.claire.ID(), event.MembershipLeave)
	ghost := id.NewUserID(fmt.Sprintf("telegram_%d", d.amina.ID()), d.ServerName())
	profile, err := d.claire.Client().GetProfile(bounded(t), ghost)
	if errors.Is(err, mautrix.MNotFound) { // Synapse's word for one that is blank
		profile, err = &mautrix.RespUserProfile{}, nil
	}
	must(t, err)
	if profile.DisplayName != "" {
		t.Errorf("the ghost is called %q", profile.DisplayName)
	}
	if list := does("contacts amina"); !strings.Contains(list, say.English.Say(say.AdminNone)) {
		t.Errorf("after the erasure there is %q", list)
	}
	send(t, d.amina, d.bot.ID(), "it is me again")
	again := d.claire.Waits("a new conversation", func(h bridgetest.Heard) bool { return h.Text == "it is me again" })
	if again.Room == d.room {
		t.Error("the conversation went on in the old room")
	}
	d.claire.Says(again.Room, "welcome")
	reading(t, d.amina, "welcome")
	if !slices.ContainsFunc(d.claire.Screen(his.Room), func(h bridgetest.Heard) bool { return h.ID == his.ID && h.Text == his.Text }) {
		t.Error("Bilal's word is gone, too")
	}
}
