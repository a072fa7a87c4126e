package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// deskSays waits until the bot tells Claire something in their chat, and checks that it is encrypted.
func (d *dialogue) deskSays(t *testing.T, words string, since ...bridgetest.Mark) bridgetest.Heard {
	t.Helper()
	heard := d.claire.Waits("the bot's word "+words, func(h bridgetest.Heard) bool {
		return h.Room == d.desk && h.Sender == id.UserID(d.bridge.Bot("whatsapp")) && strings.Contains(h.Text, words)
	}, since...)
	if !heard.WasEncrypted {
		t.Errorf("the bot says %q in the clear", heard.Text)
	}
	return heard
}

// toldTimes counts how often the bot has told Claire something.
func (d *dialogue) toldTimes(words string) (count int) {
	for _, h := range d.claire.Log(d.desk) {
		if strings.Contains(h.Text, words) {
			count++
		}
	}
	return count
}

func TestAnAccountThatMayNotWriteFirst(t *testing.T) {
	d := meet(t)
	must(t, d.phone.Timelock(time.Now().Add(72*time.Hour)))
	d.deskSays(t, "does not let your account write from here to people who have not written to you")
	room := d.startsChat(t, d.amina)
	sent := d.claire.Says(room, "Bonjour Amina")
	answer := d.claire.Waits("why it was not sent", func(h bridgetest.Heard) bool { return h.Room == room && h.RepliesTo == sent })
	if !answer.WasEncrypted || !strings.Contains(answer.Text, "it does not let your account write to people who have not written to you") {
		t.Errorf("Claire reads %q, encrypted: %t", answer.Text, answer.WasEncrypted)
	}
	says(t, d.amina, d.phone.Number(), "Bonjour Claire")
	d.claire.Hears(room, "Bonjour Claire")
	d.claire.Says(room, "Bonjour !")
	reads(t, d.amina, "Bonjour !")
	d.claire.Says(d.desk, "status")
	d.deskSays(t, "connected since")
}

func TestASuspendedAccountIsToldOnceAndStaysAway(t *testing.T) {
	d := meet(t)
	must(t, d.phone.Ban(101, 30*time.Hour))
	d.deskSays(t, "WhatsApp has suspended your account until")
	must(t, d.phone.ClearFaults(1))
	logins := d.phone.Devices()[0].Logins
	d.restarts(t, func() {})
	eventually(t, "the state after the restart", func() bool { return d.loginState(t, d.phone) == "unknown_error" })
	d.claire.Says(d.desk, "status")
	d.deskSays(t, "not connected since")
	if got := d.phone.Devices()[0].Logins - logins; got != 0 {
		t.Errorf("the account connected %d times while it was suspended", got)
	}
	told := 0
	for _, h := range d.claire.Log(d.desk) {
		if strings.HasPrefix(h.Text, "WhatsApp has suspended your account until") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("Claire was told %d times that her account is suspended", told)
	}
}

func TestALostConnectionIsTold(t *testing.T) {
	d := newDialogue(t, func(o *bridgetest.InstallOptions) {
		if o.Replace == nil {
			o.Replace = map[string]string{}
		}
		o.Replace["\nbridge:\n"] = "\nbridge:\n  tell_lost_after: 1s\n"
	})
	must(t, d.phone.RefuseLogin(1, whatsapptest.Refusal{Reason: 503, Times: 1000}))
	must(t, d.phone.Cut(1))
	d.deskSays(t, "The connection to WhatsApp is lost")
	// It is told before a restart, and that it is back after it.
	d.restarts(t, func() {})
	must(t, d.phone.ClearFaults(1))
	d.deskSays(t, "You are connected to WhatsApp again")
	says(t, d.amina, d.phone.Number(), "Enfin")
	d.claire.Hears(d.room, "Enfin")
	if got := d.toldTimes("The connection to WhatsApp is lost"); got != 1 {
		t.Errorf("Claire was told %d times that the connection is lost", got)
	}
}

func TestAPhoneThatIsOfflineForDaysIsWarnedOf(t *testing.T) {
	d := meet(t)
	d.phone.SwitchOff()
	must(t, d.bridge.Stop())
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(d.bridge.Config()), "data", "whatsapp.db"))
	must(t, err)
	seen := time.Now().AddDate(0, 0, -11)
	_, err = db.ExecContext(t.Context(), "UPDATE user_login SET metadata = json_set(metadata, '$.phone_seen', $1)", seen.Format(time.RFC3339))
	must(t, err)
	must(t, db.Close())
	must(t, d.bridge.Start(t.Context()))
	eventually(t, "the connection", func() bool { return d.loginState(t, d.phone) == "connected" })
	d.claire.Says(d.desk, "status")
	d.deskSays(t, "The phone has not been online since")
	const words = "The phone of your WhatsApp account has not been online since"
	for begun := time.Now(); d.toldTimes(words) == 0; time.Sleep(time.Second) { // it is asked, and given a minute
		if time.Since(begun) > 3*time.Minute {
			t.Fatal("Claire is not warned")
		}
	}
	warning := d.deskSays(t, words)
	if want := seen.Format("on 2006-01-02"); !strings.Contains(warning.Text, want) {
		t.Errorf("Claire reads %q, want %q in it", warning.Text, want)
	}
	d.phone.SwitchOn()
	d.deskSays(t, "is online again")
}
