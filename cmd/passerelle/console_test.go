package main

import (
	"database/sql"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

// pages is a browser in which Karim looks at the administrators' pages.
type pages struct {
	address string
	client  *http.Client
}

func newPages(t *testing.T) *pages {
	t.Helper()
	port, err := bridgetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &pages{address: fmt.Sprintf("http://127.0.0.1:%d", port), client: &http.Client{Jar: jar}}
}

// install configures the console, a position of Karim's, and a rule.
func (p *pages) install(o *bridgetest.InstallOptions) {
	if o.Replace == nil {
		o.Replace = map[string]string{}
	}
	o.Replace["\nnetworks:\n"] = fmt.Sprintf("\npolicy: {rules: [{name: secret, when: 'text.contains(\"secret\")', then: refuse}]}\nconsole: {listen: %q, address: %q}\nadministration:\n  \"@karim:%s\": {role: administrator}\n\nnetworks:\n",
		strings.TrimPrefix(p.address, "http://"), p.address, bridgetest.DefaultServerName)
}

// asks opens a page, or sends a form when there is one.
func (p *pages) asks(t *testing.T, address string, form url.Values) string {
	t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = p.address + address
	}
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(bounded(t), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := p.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d, %v: %s", method, address, response.StatusCode, err, text)
	}
	return string(text)
}

// found returns what a pattern holds in a page.
func found(t *testing.T, page, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if match == nil {
		t.Fatalf("%s is not in the page:\n%s", pattern, page)
	}
	return html.UnescapeString(match[1])
}

// TestAnAdministratorGovernsFromTheConsole has Karim come in by the bot's link, pause Amina's chat there, try a message, and look at the
// log and the configuration.
func TestAnAdministratorGovernsFromTheConsole(t *testing.T) {
	browser := newPages(t)
	o := newOffice(t, browser.install)
	link := found(t, o.does(t, "console"), `(http://127\.0\.0\.1:\d+/enter/\S+)`)
	enter := browser.asks(t, link, nil)
	page := browser.asks(t, link, url.Values{"proof": {found(t, enter, `name="proof" value="([^"]+)"`)}})
	if !strings.Contains(page, "@karim:") || !strings.Contains(page, "WhatsApp") {
		t.Fatalf("Karim came in, and sees:\n%s", page)
	}
	csrf := found(t, page, `name="csrf" value="([^"]+)"`)
	chat := found(t, browser.asks(t, "/chats", nil), `<a href="(/chat/[^"]+)"><bdi>Amina`)
	page = browser.asks(t, "/do", url.Values{"csrf": {csrf}, "verb": {"pause"}, "target": {strings.TrimPrefix(chat, "/chat/")}})
	if !strings.Contains(page, "The chat is paused.") {
		t.Errorf("after the pause:\n%s", page)
	}
	o.hears(t, say.BorderPaused)
	if page = browser.asks(t, "/policy", url.Values{"csrf": {csrf}, "direction": {"out"}, "network": {"whatsapp"}, "text": {"Hello"}}); !strings.Contains(page, "Admitted") {
		t.Errorf("a message on trial:\n%s", page)
	}
	if page = browser.asks(t, "/policy", url.Values{"csrf": {csrf}, "direction": {"out"}, "network": {"whatsapp"}, "text": {"a secret"}}); !strings.Contains(page, "<strong>secret</strong>") ||
		!strings.Contains(html.UnescapeString(page), `text.contains("secret")`) {
		t.Errorf("a message that is refused:\n%s", page)
	}
	if page = browser.asks(t, "/accounts", nil); !strings.Contains(page, "Connected") {
		t.Errorf("the accounts:\n%s", page)
	}
	if page = browser.asks(t, "/audit", nil); !strings.Contains(page, "The log is whole") || !strings.Contains(page, "Chat: Pause") || !strings.Contains(page, "Signing in") {
		t.Errorf("the log:\n%s", page)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(o.bridge.Config()), "data", "passerelle.db")+"?_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(bounded(t), "UPDATE audit_entry SET detail = 'x' WHERE seq = 0")
	must(t, err)
	page = browser.asks(t, "/audit/verify", url.Values{"csrf": {csrf}})
	eventually(t, "the page to tell that an entry was altered", func() bool {
		page = browser.asks(t, "/audit", nil)
		return strings.Contains(page, "The log is not whole") && strings.Contains(page, "entry 0")
	})
	if page = browser.asks(t, "/check", url.Values{"csrf": {csrf}}); !strings.Contains(page, "database passerelle") {
		t.Errorf("the configuration:\n%s", page)
	}
}
