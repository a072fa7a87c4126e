package console

import (
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// everyPage lists the addresses of all pages that an administrator reaches, by a name.
func everyPage(a *agent) map[string]string {
	return map[string]string{
		"overview": "/", "chats": "/chats", "chat": a.get("/chats").link("Paul Martin"), "accounts": "/accounts",
		"account": a.get("/accounts").link("&#43;33 6 00 00 00 01"), "contacts": "/contacts", "contact": a.get("/contacts").link("Paul Martin"),
		"policy": "/policy", "audit": "/audit", "check": "/check",
	}
}

func TestAnAdministratorWalksThroughEveryPageInBothLanguages(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	for _, language := range say.Languages() {
		a.post("/language", url.Values{"language": {string(language)}, "back": {"/"}})
		for name, path := range everyPage(a) {
			page := a.get(path)
			if page.status != http.StatusOK || !strings.Contains(page.body, `<html lang="`+string(language)+`">`) || !strings.Contains(page.body, "<h1>") {
				t.Errorf("%s in %s: status %d\n%s", name, language, page.status, page.body)
			}
			for _, word := range []string{"style=\"", "<style", "onclick", "http://", "https://", "%!", "ZgotmplZ", "<script>"} {
				if strings.Contains(page.body, word) {
					t.Errorf("%s in %s contains %q", name, language, word)
				}
			}
		}
	}
}

// TestEverySentenceOfThePagesExists finds one that a template or a handler names and package say lacks.
func TestEverySentenceOfThePagesExists(t *testing.T) {
	named := regexp.MustCompile(`\{\{-?[^}]*?\bt "([a-z0-9-]+)"`)
	again := regexp.MustCompile(`\bt "([a-z0-9-]+)"`)
	err := fs.WalkDir(templates, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates, path)
		if err != nil {
			return err
		}
		if !named.Match(text) {
			return nil
		}
		for _, found := range again.FindAllStringSubmatch(string(text), -1) {
			if sentence(say.French, found[1]) == "" {
				t.Errorf("%s: there is no sentence %q", path, found[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range govern.Verbs() {
		for _, id := range []string{"verb-" + string(d.Verb), "about-" + string(d.Verb), "done-" + string(d.Verb), "wrong-" + string(d.Wants)} {
			if sentence(say.French, id) == "" {
				t.Errorf("there is no sentence %q", id)
			}
		}
		if what := label(say.French, "kind", string(d.Target)+"."+string(d.Verb)); strings.Contains(what, ".") {
			t.Errorf("the log calls something %q", what)
		}
		if d.Wants != govern.Nothing && sentence(say.French, "wants-"+string(d.Wants)) == "" {
			t.Errorf("nothing says what %s wants", d.Verb)
		}
	}
	for _, way := range govern.RepairWays() {
		if sentence(say.French, "repair-"+way) == "" {
			t.Errorf("nothing says what the repair %s is", way)
		}
	}
	for _, c := range complaints() {
		for _, id := range []string{"error-" + c.id, "error-" + c.id + "-text"} {
			if sentence(say.French, id) == "" {
				t.Errorf("there is no sentence %q", id)
			}
		}
	}
}

func TestWhatIsDoneToAChatIsDoneAndSaid(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	chat := a.get(a.get("/chats").link("Paul Martin"))
	after := a.act(chat, govern.Pause)
	if !strings.Contains(after.body, "The chat is paused.") || !strings.Contains(after.body, "Paused") || after.path != chat.path {
		t.Errorf("after the pause: %s\n%s", after.path, after.body)
	}
	if again := a.get(chat.path); strings.Contains(again.body, "The chat is paused.") {
		t.Error("what was done is told twice")
	}
	a.act(chat, govern.Close, "with", "Mr Martin has moved")
	want := []govern.Action{
		{Verb: govern.Pause, Portal: w.chats[0].Key, Language: say.English},
		{Verb: govern.Close, Portal: w.chats[0].Key, With: "Mr Martin has moved", Language: say.English},
	}
	if did := w.done(); !slices.Equal(did, want) {
		t.Errorf("the bridge did %+v", did)
	}
	if page := a.act(chat, govern.HandOver, "with", "33600000002"); !strings.Contains(page.body, "this cannot be done") {
		t.Errorf("what cannot be done now is not told:\n%s", page.body)
	}
}

func TestWhatIsEnteredWronglyIsToldBesideItsField(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	chat := a.get(a.get("/chats").link("Paul Martin"))
	for _, who := range []string{"Karim & co", "@nobody:example.org"} {
		page := a.act(chat, govern.Invite, "with", who)
		if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, `aria-invalid="true" aria-describedby="with-invite-fault"`) ||
			!strings.Contains(page.body, `id="with-invite-fault"`) || !strings.Contains(page.body, strings.ReplaceAll(who, "&", "&amp;")) {
			t.Errorf("%q: status %d\n%s", who, page.status, page.body)
		}
	}
	account := a.get(a.get("/accounts").link("&#43;33 6 00 00 00 01"))
	if page := a.act(account, govern.Limit, "with", "many"); page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, "with-limit-fault") {
		t.Errorf("a limit that is no number: %d", page.status)
	}
	page := a.post("/chats", url.Values{"csrf": {chat.field("csrf")}, "owner": {"karim"}, "contacts": {"-1"}, "active": {"yesterday"}, "quiet": {"2026-13-01"}})
	for _, field := range []string{"owner", "contacts", "active", "quiet"} {
		if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, `id="`+field+`-fault"`) {
			t.Errorf("a search with a wrong %s: %d", field, page.status)
		}
	}
}

func TestWhatCannotBeTakenBackIsAskedOnceMore(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	chat := a.get(a.get("/chats").link("Paul Martin"))
	sure := a.act(chat, govern.Delete)
	if len(w.done()) > 0 || !strings.Contains(sure.body, "Are you sure?") || !strings.Contains(sure.body, "Paul Martin") {
		t.Fatalf("deleting did %v at once, and asked:\n%s", w.done(), sure.body)
	}
	list := a.act(sure, govern.Delete, "sure", "yes")
	if len(w.done()) != 1 || list.path != "/chats" || strings.Contains(list.body, "Paul Martin") {
		t.Errorf("deleting did %v and led to %s", w.done(), list.path)
	}
	contact := a.get(a.get("/contacts").link("Paul Martin"))
	sure = a.act(contact, govern.Erase)
	done := a.act(sure, govern.Erase, "sure", "yes")
	if !strings.Contains(done.body, "The contact is erased.") || !strings.Contains(done.body, "older than the homeserver keeps") {
		t.Errorf("erasing does not say what stays:\n%s", done.body)
	}
}

func TestEverythingKnownIsShownAndDownloaded(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	contact := a.get(a.get("/contacts").link("Paul Martin"))
	shown := a.act(contact, govern.Access)
	if !strings.Contains(shown.body, "33612345678") {
		t.Errorf("what is known is not shown:\n%s", shown.body)
	}
	file := a.act(shown, govern.Access, "as", "file")
	if !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || !strings.Contains(file.body, `"number": "33612345678"`) {
		t.Errorf("the file is %v %s", file.header, file.body)
	}
}

func TestSearchesAreInNoAddress(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	csrf := a.get("/").field("csrf")
	chats := a.post("/chats", url.Values{"csrf": {csrf}, "text": {"dossiers"}, "network": {"whatsapp"}})
	if !strings.Contains(chats.body, "Suivi des dossiers") || strings.Contains(chats.body, "Paul Martin") || strings.Contains(chats.path, "dossiers") {
		t.Errorf("at %s:\n%s", chats.path, chats.body)
	}
	contacts := a.post("/contacts", url.Values{"csrf": {csrf}, "text": {"3361234"}})
	if !strings.Contains(contacts.body, "Paul Martin") || strings.Contains(contacts.body, "Mairie") || strings.Contains(contacts.path, "3361234") {
		t.Errorf("at %s:\n%s", contacts.path, contacts.body)
	}
	if link := contacts.link("Paul Martin"); strings.Contains(link, "336") {
		t.Errorf("a contact's address is %s", link)
	}
	audit := a.post("/audit", url.Values{"csrf": {csrf}, "verdict": {"refused"}, "until": {"2026-06-15"}})
	if !strings.Contains(audit.body, "48,211") || strings.Contains(audit.body, "48,210") {
		t.Errorf("the log at %s:\n%s", audit.path, audit.body)
	}
	if page := a.post("/audit", url.Values{"csrf": {csrf}, "since": {"2026-06-15"}, "until": {"2026-06-01"}}); page.status != http.StatusUnprocessableEntity {
		t.Errorf("days in the wrong order: %d", page.status)
	}
	next := a.get("/chats").link("Next page")
	if next == "" {
		next = regexp.MustCompile(`<a href="([^"]+)" rel="next">`).FindStringSubmatch(a.get("/chats").body)[1]
	}
	if page := a.get(next); !strings.Contains(page.body, "Ancien prestataire") || strings.Contains(page.body, "Paul Martin") {
		t.Errorf("the second page:\n%s", page.body)
	}
}

func TestAMessageIsTriedOnTheRules(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(aude)
	csrf := a.get("/policy").field("csrf")
	try := func(form url.Values) answer {
		form.Set("csrf", csrf)
		return a.post("/policy", form)
	}
	page := try(url.Values{"text": {"DIFFUSION RESTREINTE – note"}, "direction": {"out"}, "network": {"whatsapp"}})
	if !strings.Contains(page.body, "bears a classification marking") || !strings.Contains(page.body, `<span class="badge verdict-refused">Refused</span></p>`) {
		t.Errorf("a marked message:\n%s", page.body)
	}
	if page = try(url.Values{"text": {"Hello"}, "direction": {"in"}, "network": {"whatsapp"}}); !strings.Contains(page.body, "<strong>default</strong>") {
		t.Errorf("a harmless message:\n%s", page.body)
	}
	if page = try(url.Values{"direction": {"sideways"}, "size": {"big"}}); page.status != http.StatusUnprocessableEntity ||
		!strings.Contains(page.body, "size-fault") || !strings.Contains(page.body, "text-fault") || !strings.Contains(page.body, "direction-fault") {
		t.Errorf("nonsense: %d\n%s", page.status, page.body)
	}
}

func TestTheLogSaysWhetherItIsWhole(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(aude)
	if page := a.get("/audit"); !strings.Contains(page.body, "The log is whole") {
		t.Errorf("a whole log:\n%s", page.body)
	}
	w.log.fault = "entry 17 was altered"
	if page := a.get("/audit"); !strings.Contains(page.body, "The log is not whole") || !strings.Contains(page.body, "entry 17 was altered") {
		t.Errorf("an altered log:\n%s", page.body)
	}
}

func TestWithoutALogNoPageSpeaksOfOne(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Audit = nil })
	a := w.signIn(amira)
	if page := a.get("/"); strings.Contains(page.body, `href="/audit"`) || strings.Contains(page.body, "written down") {
		t.Errorf("the overview:\n%s", page.body)
	}
	if page := a.get("/audit"); page.status != http.StatusNotFound {
		t.Errorf("the log's page: %d", page.status)
	}
}

func TestTheConfigurationIsChecked(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	page := a.get("/check")
	if !strings.Contains(page.body, "Nothing was checked") {
		t.Errorf("before:\n%s", page.body)
	}
	page = a.post("/check", url.Values{"csrf": {page.field("csrf")}})
	for _, words := range []string{"parts that fail: 1", "whatsapp: access to the Matrix server", "the registration does not cover @whatsappbot:example.org",
		"Check homeserver.domain, and that the server has loaded", "Works, with a caution", "Set audit.checkpoint_file to a file"} {
		if !strings.Contains(page.body, words) {
			t.Errorf("%q is not in the page:\n%s", words, page.body)
		}
	}
	page = a.post("/language", url.Values{"language": {"fr"}, "back": {"/check"}})
	for _, words := range []string{"éléments en échec : 1", "whatsapp : accès au serveur Matrix", "l’enregistrement ne couvre pas @whatsappbot:example.org",
		"Vérifiez homeserver.domain", "Fonctionne, avec une réserve", "Indiquez sous audit.checkpoint_file un fichier"} {
		if !strings.Contains(page.body, words) {
			t.Errorf("%q n’est pas dans la page :\n%s", words, page.body)
		}
	}
}

func TestWhatSomebodyDecidedIsNotDecidedTwice(t *testing.T) {
	w := newWorld(t)
	a, b := w.signIn(amira), w.signIn(amira)
	mine, theirs := a.get("/"), b.get("/")
	if page := a.act(mine, govern.Approve, "target", "1", "back", "/"); !strings.Contains(page.body, "Approved: it crosses now.") {
		t.Errorf("the first:\n%s", page.body)
	}
	if page := b.act(theirs, govern.Reject, "target", "1", "back", "/"); !strings.Contains(page.body, "Somebody else has decided") {
		t.Errorf("the second:\n%s", page.body)
	}
}

func TestThePersonsLanguageIsSpokenUntilTheyChooseAnother(t *testing.T) {
	w := newWorld(t)
	w.languages[amira] = say.French
	a := w.signIn(amira)
	if page := a.get("/"); !strings.Contains(page.body, "Vue d’ensemble") {
		t.Errorf("a French reader reads:\n%s", page.body)
	}
	page := a.post("/language", url.Values{"language": {"en"}, "back": {"/chats?s="}})
	if !strings.Contains(page.body, "Chats") || page.path != "/chats?s=" {
		t.Errorf("English was chosen; at %s:\n%s", page.path, page.body)
	}
	guest := w.agent()
	guest.header.Set("Accept-Language", "de, fr-FR;q=0.8, en;q=0.5")
	if page := guest.get("/sign-in"); !strings.Contains(page.body, "Se connecter") {
		t.Errorf("a guest whose browser asks for French reads:\n%s", page.body)
	}
	if page := guest.post("/language", url.Values{"language": {"en"}, "back": {"//evil.example/"}}); page.path != "/sign-in" {
		t.Errorf("the choice of a language led to %s", page.path)
	}
}

func TestWhatCannotBeWrittenDownLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	link, err := w.console.Link(amira)
	if err != nil {
		t.Fatal(err)
	}
	w.noDisk = errDisk
	a := w.agent()
	page := a.get(link)
	if page = a.post(page.path, url.Values{"proof": {page.field("proof")}}); page.status != http.StatusInternalServerError {
		t.Errorf("status %d", page.status)
	}
	if page = a.get("/"); page.path != "/sign-in" {
		t.Errorf("amira is at %s", page.path)
	}
}

func TestSizesAndNamesAreWrittenForPeople(t *testing.T) {
	for name, want := range map[string]string{
		"Paul":                   "Paul",
		" a\nb\tc ":              "a b c",
		"x\u202egnp.exe":         "xgnp.exe",
		"\u200b\u2060":           "—",
		"👩\u200d👧":               "👩\u200d👧",
		strings.Repeat("é", 200): strings.Repeat("é", 99) + "…",
	} {
		if got := plainName(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	for most, want := range map[int]int{0: 2, 3: 10, 10: 10, 11: 20, 99: 100, 101: 200, 250: 400, 601: 1000} {
		if got := niceAbove(most); got != want {
			t.Errorf("the scale of %d ends at %d, want %d", most, got, want)
		}
	}
	c := drawChart("x", []govern.Traffic{{Day: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC), Network: "x", In: 7}}, 14, time.Date(2026, 6, 15, 23, 0, 0, 0, time.UTC))
	if last := c.Days[13]; c.In != 7 || last.Traffic.In != 7 || last.Bars[0].Height != 7*(chartBase-chartTop)/10 || last.Bars[1].Height != 0 {
		t.Errorf("the chart is %+v", c)
	}
}

func TestTheLogsPageWaitsForNoVerification(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(amira)
	page := a.get("/audit")
	if !strings.Contains(page.body, "The log is whole") || strings.Contains(page.body, "under way") {
		t.Errorf("before:\n%s", page.body)
	}
	w.log.fault = "entry 9: it, or its hash, was altered"
	page = a.post("/audit/verify", url.Values{"csrf": {page.field("csrf")}})
	for _, words := range []string{"The log is not whole", "entry 9: it, or its hash, was altered", "A verification is under way since"} {
		if !strings.Contains(page.body, words) {
			t.Errorf("%q is not in the page:\n%s", words, page.body)
		}
	}
	if page = w.signIn(olga).post("/audit/verify", url.Values{"csrf": {w.signIn(olga).get("/").field("csrf")}}); page.status != http.StatusForbidden {
		t.Errorf("an operator has the log verified: %d", page.status)
	}
}
