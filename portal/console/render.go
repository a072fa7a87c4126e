package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

//go:embed templates
var templates embed.FS

// pages are the templates: by language, then by name.
type pages map[say.Language]map[string]*template.Template

// page is what the frame of every page shows.
type page struct {
	Language say.Language
	Others   []say.Language
	Title    string
	Wrong    bool   // something that was entered has to be mended
	Here     string // the page's name, for the navigation
	Person   *govern.Person
	SeesAll  bool // the person sees what belongs to no department
	Log      bool // what is done is written down, and can be looked at
	CSRF     string
	News     *news
	Back     string // where the choice of a language leads
	Lead     string // where the page leads by itself
	Main     any
}

// parsePages reads the templates, once for each language.
func (c *Console) parsePages() (pages, error) {
	all := pages{}
	files, err := fs.Glob(templates, "templates/page_*.html")
	if err != nil {
		return nil, err
	}
	for _, l := range say.Languages() {
		frame, err := template.New("frame").Funcs(c.words(l)).ParseFS(templates, "templates/frame.html", "templates/parts_*.html")
		if err != nil {
			return nil, err
		}
		all[l] = map[string]*template.Template{}
		for _, file := range files {
			clone, err := frame.Clone()
			if err != nil {
				return nil, err
			}
			name := strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "page_"), ".html")
			if all[l][name], err = clone.ParseFS(templates, file); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// show answers with a page. title names the sentence that it is called by.
func (v *visit) show(status int, name, title string, main any) error {
	return v.showAs(status, name, v.t(title), main)
}

// showAs answers with a page of a title.
func (v *visit) showAs(status int, name, title string, main any) error {
	p := page{
		Language: v.language, Title: title, Here: name, Main: main, Back: "/", Log: v.c.options.Audit != nil,
		Wrong: status == http.StatusUnprocessableEntity,
	}
	for _, l := range say.Languages() {
		if l != v.language {
			p.Others = append(p.Others, l)
		}
	}
	if v.r.Method == http.MethodGet {
		p.Back = local(v.r.URL.RequestURI())
	}
	if v.seat != nil {
		p.Person, p.CSRF, p.News = &v.seat.Person, v.session.csrf, v.c.sessions.hear(v.session.hash)
		p.SeesAll = v.seesAll()
	}
	if name == "lead" {
		p.Lead, _ = main.(string)
	}
	return v.write(status, name, "frame", p)
}

// write fills in a template, and sends it once it is whole.
func (v *visit) write(status int, name, part string, data any) error {
	body, err := v.fill(name, part, data)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body) // a reader who has gone away needs no answer
	return nil
}

func (v *visit) fill(name, part string, data any) ([]byte, error) {
	var body bytes.Buffer
	if err := v.c.pages[v.language][name].ExecuteTemplate(&body, part, data); err != nil {
		return nil, fmt.Errorf("fill in the page %s: %w", name, err)
	}
	return body.Bytes(), nil
}

// t returns a sentence of the console in the reader's language.
func (v *visit) t(id string, args ...any) string { return sentence(v.language, id, args...) }

// sentence returns a sentence of the console.
func sentence(l say.Language, id string, args ...any) string {
	return l.Say(say.Sentence("console-"+id), args...)
}

// seesAll tells whether the person sees what belongs to no department.
func (v *visit) seesAll() bool { return v.seat.Person.Role != govern.RoleOperator }

// words are what the templates of a language can say.
func (c *Console) words(l say.Language) template.FuncMap {
	printer := message.NewPrinter(language.Make(string(l)))
	return template.FuncMap{
		"t":       func(id string, args ...any) string { return sentence(l, id, args...) },
		"detail":  func(value string) string { return detail(l, value) },
		"label":   func(kind string, value any) string { return label(l, kind, fmt.Sprint(value)) },
		"name":    func(name any) string { return plainName(fmt.Sprint(name)) },
		"network": c.networkName,
		"when":    func(at time.Time) template.HTML { return moment(l, at.In(c.options.Now().Location())) },
		"day":     func(at time.Time) string { return at.Format(sentence(l, "layout-day")) },
		"count":   func(n any) string { return printer.Sprint(number.Decimal(n)) },
		"size":    func(bytes int64) string { return size(l, printer, bytes) },
		"say":     func(p say.Phrase) string { return p.In(l) },
		"in":      func(words map[say.Language]string) string { return inLanguage(l, words) },
		"chatref": func(k govern.PortalKey) (string, error) { return c.seal.close(sealChat, k) },
		"ref":     func(purpose, network, id string) (string, error) { return c.seal.close(purpose, thing{network, id}) },
		"join":    func(list []string) string { return strings.Join(list, ", ") },
		"lname":   func(l say.Language) string { return l.Name() },
		"told":    func(main any) string { told, _ := main.(complaint); return told.id },
		"entry": func(here, path, page string, below ...string) menuEntry {
			return newMenuEntry(here, path, page, sentence(l, page), below)
		},
		"networks": func(list []Network, chosen string, any bool) networkChoice { return networkChoice{list, chosen, any} },
		"pager":    func(first bool, next, start string) pager { return pager{First: first, Next: next, Start: start} },
		"newer": func(p pager, previous string) pager {
			p.Previous = previous
			return p
		},
		"fault": func(id, text string) fieldFault { return fieldFault{id, text} },
	}
}

// menuEntry is an entry of the navigation.
type menuEntry struct{ Path, Text, Current string }

func newMenuEntry(here, path, page, text string, below []string) menuEntry {
	e := menuEntry{Path: path, Text: text}
	switch {
	case here == page:
		e.Current = "page"
	case slices.Contains(below, here):
		e.Current = "true"
	}
	return e
}

// networkChoice is a choice among the networks; Any adds all of them.
type networkChoice struct {
	Networks []Network
	Chosen   string
	Any      bool
}

// pager leads through a list.
type pager struct {
	First                 bool
	Next, Previous, Start string // paths
}

// fieldFault is what is wrong with a field of a form; without a Text nothing is.
type fieldFault struct{ ID, Text string }

// What is sealed in addresses and forms.
const (
	sealChat          = "chat"
	sealAccount       = "account"
	sealContact       = "contact"
	sealChatSearch    = "search for chats"
	sealContactSearch = "search for contacts"
	sealAuditSearch   = "search in the log"
)

// thing is an account or a contact.
type thing struct{ Network, ID string }

func (c *Console) networkName(network string) string {
	for _, n := range c.options.Networks {
		if n.ID == network {
			return n.Name
		}
	}
	return network
}

// label returns what a word of the desk's is called; a word that is new here stays as it is.
func label(l say.Language, kind, value string) string {
	word := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(value))
	if text := sentence(l, kind+"-"+word); text != "" && value != "" {
		return text
	}
	if target, verb, ok := strings.Cut(word, "."); ok && kind == "kind" { // of an entry of the log: what was done
		if text := sentence(l, "verb-"+verb); text != "" {
			return sentence(l, "pair", sentence(l, "on-"+target), text)
		}
	}
	return value
}

// detail says what else the log knows of something: a word of the bridge's, perhaps with a number behind it, or what has no sentence.
func detail(l say.Language, value string) string {
	word, number, _ := strings.Cut(value, " ")
	if text := sentence(l, "detail-"+word); text != "" {
		return strings.TrimSpace(text + " " + number)
	}
	return value
}

// plainName returns a name that somebody outside chose, in one line and without characters that show nothing or turn the direction of
// writing.
func plainName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d': // the joiner holds emoji together
			return -1
		}
		return r
	}, name)
	if clean = strings.TrimSpace(clean); clean == "" {
		return "—"
	}
	if runes := []rune(clean); len(runes) > 100 {
		clean = string(runes[:99]) + "…"
	}
	return clean
}

// moment shows a time, for people and for programs.
func moment(l say.Language, at time.Time) template.HTML {
	if at.IsZero() {
		return template.HTML(template.HTMLEscapeString(sentence(l, "never")))
	}
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`,
		at.Format(time.RFC3339), template.HTMLEscapeString(at.Format(sentence(l, "layout-moment")))))
}

// size tells how large something is, in units of a thousand (IEC 80000-13).
func size(l say.Language, printer *message.Printer, bytes int64) string {
	value, unit := float64(bytes), 0
	for value >= 1000 && unit < 3 {
		value, unit = value/1000, unit+1
	}
	return printer.Sprint(number.Decimal(value, number.MaxFractionDigits(1))) + "\u00a0" + strings.Fields(sentence(l, "units"))[unit]
}

// inLanguage returns words in a language, or in another one if there are none.
func inLanguage(l say.Language, words map[say.Language]string) string {
	for _, known := range append([]say.Language{l}, say.Languages()...) {
		if text := words[known]; text != "" {
			return text
		}
	}
	return ""
}
