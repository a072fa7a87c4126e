package console

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// step is something that one does in a browser.
type step = chromedp.Action[chromedp.Void]

func to(address string) step      { return chromedp.Navigate(address) }
func click(css chromedp.CSS) step { return steady(chromedp.Click(css, chromedp.NodeVisible)) }
func see(css chromedp.CSS) step   { return steady(chromedp.WaitVisible(css)) }
func gone(css chromedp.CSS) step  { return steady(chromedp.WaitNotPresent(css)) }
func press(keys string) step      { return chromedp.KeyEvent(keys) }
func run(script string) step      { return chromedp.Evaluate[chromedp.Void](script) }
func menu(path string) step {
	entry := chromedp.CSS(`nav.menu a[href="` + path + `"]`)
	return chromedp.Steps(click(entry), see(entry+`[aria-current="page"]`))
}

func write(css chromedp.CSS, text string) step { return chromedp.SendKeys(css, text) }

// steady does a step again whose element the page has replaced between its being found and its being used.
func steady(do step) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			_, err := do(ctx, t)
			if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "Could not find node with given id") {
				return err
			}
		}
	})
}

// until waits until an expression of JavaScript is true, in whatever page is there then.
func until(expression string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			if ok, err := chromedp.Evaluate[bool](expression)(ctx, t); err == nil && ok {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s: %w", expression, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// said waits until something is said in the page.
func said(text string) step {
	return until(fmt.Sprintf(`!!document.body && document.body.innerText.includes(%q)`, text))
}

// chrome starts a Chromium of its own.
func chrome(t *testing.T) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("Chromium is missing: apt-get install chromium")
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("lang", "en"), chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// window is a person's browser.
type window struct {
	*world
	ctx context.Context
}

// do does things in the browser; what does not happen within a minute fails.
func (w *window) do(steps ...step) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
		defer cancel()
		where, _ := chromedp.Run(ctx, chromedp.Location())
		text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		w.t.Fatalf("at %s: %v\n%s", where, err, text)
	}
}

// look returns the value of an expression in the page.
func look[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// open has a person come in, in a browser of their own.
func (w *world) open(person id.UserID) *window {
	w.t.Helper()
	win := &window{w, chrome(w.t)}
	win.enter(person)
	return win
}

func (w *window) enter(person id.UserID) {
	w.t.Helper()
	link, err := w.console.Link(person)
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(to(link), click(`main button`), see(`nav.menu`))
}

// picture keeps a picture of a page, for people to look at: with the test's artifacts, or in a folder that CONSOLE_PICTURES names.
func (w *window) picture(name string) {
	w.t.Helper()
	folder := os.Getenv("CONSOLE_PICTURES")
	if folder == "" {
		folder = w.t.ArtifactDir()
	}
	w.do(until(`document.readyState === "complete"`))
	png, err := w.screenshot()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// screenshot takes a picture of the page. Chromium gives none while it changes pages, and at times not for a moment afterwards.
func (w *window) screenshot() (png []byte, err error) {
	end, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	for {
		ctx, cancel := context.WithTimeout(end, 10*time.Second)
		png, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
		cancel()
		if err == nil {
			return png, nil
		}
		select {
		case <-end.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// place is a page, and how one comes there.
type place struct {
	name string
	way  step
}

// places lists the pages, in the order in which one walks through them.
func places() []place {
	first := chromedp.Steps(click(`tbody th a`), see(`.path`))
	return []place{
		{"overview", menu("/")},
		{"chats", menu("/chats")},
		{"chat", first},
		{"accounts", menu("/accounts")},
		{"account", first},
		{"contacts", menu("/contacts")},
		{"contact", first},
		{"policy", chromedp.Steps(menu("/policy"), write(`#text`, "Diffusion restreinte"), click(`main form button`), see(`.judgement`))},
		{"audit", menu("/audit")},
		{"check", chromedp.Steps(menu("/check"), click(`main form button`), see(`.total`))},
	}
}

// axe looks for accessibility faults of a page (axe-core, rules of WCAG 2.2 A and AA and best practices).
func (w *window) axe(name string) {
	w.t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		w.t.Fatal("axe-core is missing: npm ci --prefix portal/console/testdata/axe")
	}
	w.do(run(string(script) + "; undefined"))
	result := look[string](w, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
	var violations []struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML           string
			FailureSummary string
		}
	}
	if err := json.Unmarshal([]byte(result), &violations); err != nil {
		w.t.Fatal(err)
	}
	for _, v := range violations {
		for _, n := range v.Nodes {
			w.t.Errorf("%s: %s (%s): %s\n%s\n%s", name, v.ID, v.Impact, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

// scheme has the browser prefer "light" or "dark".
func scheme(name string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

// withoutScripts has the browser run no script.
func withoutScripts() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

func TestEveryPageIsAccessibleInBothLanguagesLightAndDark(t *testing.T) {
	w := newWorld(t).open(amira)
	for _, v := range []struct {
		language say.Language
		scheme   string
	}{{say.English, "light"}, {say.French, "dark"}} {
		w.do(scheme(v.scheme))
		if v.language == say.French {
			w.do(click(`button[name="language"][value="fr"]`), see(`html[lang="fr"]`))
		}
		suffix := fmt.Sprintf("-%s-%s", v.language, v.scheme)
		for _, place := range places() {
			w.do(place.way)
			w.picture(place.name + suffix)
			w.axe(place.name + suffix)
		}
		w.do(menu("/chats"), click(`tbody th a`), see(`.path`))
		w.do(write(`#with-invite`, "nobody"), click(`button[value="invite"]`), see(`#with-invite-fault`))
		w.picture("fault" + suffix)
		w.axe("fault" + suffix)
		w.do(click(`button[value="delete"]`), see(`.confirm`))
		w.picture("confirm" + suffix)
		w.axe("confirm" + suffix)
		w.do(menu("/contacts"), click(`tbody th a`), see(`.path`),
			click(`button[value="access"]`), see(`.known`))
		w.picture("known" + suffix)
		w.axe("known" + suffix)
		w.do(to(w.url + "/no-such-page"))
		w.picture("error" + suffix)
		w.axe("error" + suffix)
	}
	w.do(to(w.url), click(`form[action="/sign-out"] button`), said("déconnecté"))
	w.picture("sign-in")
	w.axe("sign-in")
	link, err := w.console.Link(amira)
	if err != nil {
		t.Fatal(err)
	}
	w.do(to(link), see(`main button`))
	w.picture("enter")
	w.axe("enter")
	w.do(click(`main button`), see(`nav.menu`))
	w.do(chromedp.EmulateViewport(360, 740))
	for _, place := range places() {
		w.do(place.way)
		w.picture(place.name + "-narrow")
		if width := look[int](w, `document.documentElement.scrollWidth`); width > 360 {
			t.Errorf("%s is %d wide on a narrow screen", place.name, width)
		}
	}
}

func TestTheFirstPageShowsWhatIsNewByItself(t *testing.T) {
	w := newWorld(t).open(amira)
	w.do(gone(`#approve-3`))
	w.hold("media", w.chats[0], "+33 6 99 99 99 99", "office-documents")
	w.do(see(`#approve-3`), said("+33 6 99 99 99 99"),
		until(`document.getElementById("live-status").textContent === "Waiting for approval: 3"`))
	w.do(click(`#approve-3`), said("Approved: it crosses now."), gone(`#approve-3`))
	if did := w.done(); len(did) != 1 || did[0].Approval != 3 {
		t.Errorf("the bridge did %+v", did)
	}
	w.roles.Replace(nil, nil)
	w.do(see(`#over`))
}

// TestWhatIsAboutToBePressedDoesNotMove has the list change while the focus is in it.
func TestWhatIsAboutToBePressedDoesNotMove(t *testing.T) {
	w := newWorld(t).open(amira)
	w.do(steady(chromedp.Focus(chromedp.CSS(`#approve-2`))))
	w.hold("media", w.chats[0], "+33 6 99 99 99 99", "office-documents")
	w.do(until(`document.getElementById("live-status").textContent.includes("3")`), gone(`#approve-3`))
	if focused := look[string](w, `document.activeElement.id`); focused != "approve-2" {
		t.Errorf("the focus went to %q", focused)
	}
	w.do(run(`document.activeElement.blur()`), see(`#approve-3`))
}

// TestTheKeyboardIsEnough comes in, closes a chat with a word to both sides and goes out again by keys only.
func TestTheKeyboardIsEnough(t *testing.T) {
	w := newWorld(t)
	win := &window{w, chrome(t)}
	link, err := w.console.Link(amira)
	if err != nil {
		t.Fatal(err)
	}
	win.do(to(link))
	win.tabTo("Sign in")
	win.do(press(kb.Enter), see(`nav.menu`))
	win.do(press(kb.Tab))
	if got := win.focused(); !strings.Contains(got, "Skip to the content") {
		t.Errorf("the first stop is %q", got)
	}
	if !look[bool](win, `document.activeElement.getBoundingClientRect().top >= 0 && getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
		t.Error("the skip link cannot be seen with the focus on it")
	}
	win.do(press(kb.Enter), until(`document.activeElement.id === "main"`))
	win.do(run(`document.activeElement.blur(); window.scrollTo(0, 0)`), to(w.url))
	win.tabTo("Chats")
	win.do(press(kb.Enter), see(`nav.menu a[aria-current][href="/chats"]`))
	win.tabTo("Paul Martin")
	win.do(press(kb.Enter), see(`.path`))
	win.tabTo("with-close")
	win.do(press("Mr Martin has moved"))
	win.do(press(kb.Tab), press(kb.Enter), said("The chat is closed."))
	if did := w.done(); len(did) != 1 || did[0].With != "Mr Martin has moved" {
		t.Errorf("the bridge did %+v", did)
	}
	win.tabTo("Sign out")
	win.do(press(kb.Enter), said("You are signed out."))
}

// focused says what has the focus: its ID and its text.
func (w *window) focused() string {
	return look[string](w, `(e => e.id + " " + (e.tagName === "DIV" ? "" : e.innerText))(document.activeElement)`)
}

// tabTo goes on with the tab key until something has the focus.
func (w *window) tabTo(what string) {
	w.t.Helper()
	for range 80 {
		w.do(press(kb.Tab))
		if strings.Contains(w.focused(), what) {
			return
		}
	}
	w.t.Fatalf("the tab key does not reach %q", what)
}

// TestEverythingWorksWithoutScripts walks through all pages and acts, in a browser that runs no script.
func TestEverythingWorksWithoutScripts(t *testing.T) {
	w := newWorld(t)
	win := &window{w, chrome(t)}
	win.do(withoutScripts())
	win.enter(amira)
	for _, place := range places() {
		win.do(place.way)
	}
	win.do(menu("/chats"),
		click(`tbody th a`), see(`.path`),
		click(`button[value="pause"]`), see(`.news`), see(`.facts .state-paused`),
		click(`button[value="delete"]`), see(`.confirm`),
		click(`.confirm button`), see(`.news`),
		click(`form[action="/sign-out"] button`), see(`.steps`))
	if did := w.done(); len(did) != 2 {
		t.Errorf("the bridge did %+v", did)
	}
}

// TestALinkFromAnotherSiteFindsThePersonStillIn follows a link from a page of another site, with which no session's cookie comes.
func TestALinkFromAnotherSiteFindsThePersonStillIn(t *testing.T) {
	w := newWorld(t).open(amira)
	elsewhere := strings.Replace(w.url, "127.0.0.1", "localhost", 1) // another site to a browser
	w.do(to(elsewhere+"/sign-in"),
		run(fmt.Sprintf(`document.querySelector("main").innerHTML = '<a id="over-there" href="%s/accounts">'+"go</a>"; true`, w.url)),
		click(`#over-there`), see(`nav.menu a[aria-current][href="/accounts"]`))
}

// TestNamesOfContactsRunNothing looks for a dialog, or an element that a contact's name made.
func TestNamesOfContactsRunNothing(t *testing.T) {
	w := newWorld(t).open(amira)
	w.do(run(`window.alert = () => { window.ran = true }`))
	w.hold("text", w.chats[4], hostile, hostile)
	w.do(see(`#approve-3`))
	if found := look[int](w, `document.querySelectorAll("main script, main img").length + (window.ran ? 100 : 0)`); found > 0 {
		t.Errorf("a name made %d elements", found)
	}
}
