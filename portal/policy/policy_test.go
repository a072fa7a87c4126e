package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"passerelle/portal"
	"passerelle/portal/say"
)

// noon is a Monday.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func compile(t testing.TB, d Definition) *Set {
	t.Helper()
	set, err := Compile(d, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// judge asks a policy, which must be able to answer.
func judge(t testing.TB, p portal.Policy, c portal.Crossing) portal.Verdict {
	t.Helper()
	verdict, err := p.Judge(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// writes is a text of Claire's to Amina.
func writes(text string) portal.Crossing {
	return portal.Crossing{Key: "1", Network: "whatsapp", Direction: portal.Out, Kind: portal.KindText, Portal: "amina", Login: "33700000001",
		Owner: "@claire:example.org", Chat: portal.ChatDirect, Mark: "C1", Sender: "@claire:example.org", At: noon, Text: text}
}

// answers is a text of Amina's to Claire.
func answers(text string) portal.Crossing {
	c := writes(text)
	c.Direction, c.Sender = portal.In, "33612345678"
	return c
}

// with is a crossing with a file.
func with(c portal.Crossing, name string, content string) portal.Crossing {
	c.Kind, c.File = portal.KindMedia, &portal.File{Name: name, MIME: "application/octet-stream", Size: int64(len(content)), Content: strings.NewReader(content)}
	return c
}

func TestTheFirstRuleThatMatchesDecides(t *testing.T) {
	set := compile(t, Definition{Default: portal.Hold, Rules: []Rule{
		{Name: "finance may", When: `department == "Finance"`, Outcome: portal.Admit},
		{Name: "no passwords", When: `direction == "out" && fold(text).contains("mot de passe")`, Outcome: portal.Refuse,
			Sentence: portal.Words{say.French: "Pas de mots de passe."}},
		{Name: "in is fine", When: `direction == "in"`, Outcome: portal.Admit},
	}, Departments: departments(t, "matrix_id,department\n@fiona:example.org,Finance\n")})
	fiona := writes("mon mot de passe")
	fiona.Sender = "@fiona:example.org"
	for _, each := range []struct {
		name    string
		c       portal.Crossing
		outcome portal.Outcome
		rule    string
	}{
		{"Fiona", fiona, portal.Admit, "finance may"},
		{"Claire", writes("Mon mot de\npassé"), portal.Refuse, "no passwords"},
		{"Amina", answers("mon mot de passe"), portal.Admit, "in is fine"},
		{"what no rule matches", writes("Bonjour"), portal.Hold, NameDefault},
	} {
		got := judge(t, set, each.c)
		if got.Outcome != each.outcome || got.Rule != each.rule {
			t.Errorf("%s: %s by %q, want %s by %q", each.name, got.Outcome, got.Rule, each.outcome, each.rule)
		}
	}
	if got := judge(t, set, writes("mot de passe")).Sentence.In(say.French); got != "Pas de mots de passe." {
		t.Errorf("the sentence is %q", got)
	}
}

// TestEveryVariableIsWhatThePageSays asks for each of them in a message that has all.
func TestEveryVariableIsWhatThePageSays(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	c := with(writes("Voici"), "Plan\u202e .DOCX. ", "MZ")
	c.File.MIME = "Text/Plain; charset=utf-8"
	c.Contacts = func(context.Context) (int, error) { return 3, nil }
	c.First = func(context.Context) (bool, error) { return true, nil }
	in := answers("Bonjour")
	for _, each := range []struct {
		c    portal.Crossing
		when string
	}{
		{c, `direction == "out" && network == "whatsapp" && kind == "media" && text == "Voici"`},
		{c, `has_file && file.extension == "docx" && file.type == "text/plain" && file.size == 2 && file.program`},
		{c, `file.name.endsWith(".DOCX. ")`},
		{c, `document.kind == "" && document.title == "" && document.subject == "" && document.author == "" && document.keywords == ""`},
		{c, `document.properties == "" && document.text == "" && !document.macros && !document.unreadable`},
		{c, `sender == "@claire:example.org" && staff == sender && department == "Press"`},
		{c, `chat.id == "amina" && chat.kind == "direct" && chat.mark == "C1" && chat.contacts == 3 && first_contact`},
		{c, `time == timestamp("2026-11-23T12:00:00Z") && hour == 13 && weekday == "monday"`},
		{in, `sender == "33612345678" && staff == "@claire:example.org" && department == "Press"`},
		{in, `!has_file && file.name == "" && file.size == 0 && !file.program && !document.unreadable`},
		{in, `chat.contacts == 0 && !first_contact`},
		{in, `marking("DIFFUSION RESTREINTE") == "DIFFUSION RESTREINTE" && marking(text) == "" && fold("ÉTÉ ") == "ete"`},
	} {
		d := Definition{Zone: paris, Departments: departments(t, "matrix_id;department\n@claire:example.org;Press\n"),
			Rules: []Rule{{Name: "it", When: each.when, Outcome: portal.Refuse}}}
		if got := judge(t, compile(t, d), each.c); got.Rule != "it" {
			t.Errorf("%s is false", each.when)
		}
	}
	for _, name := range variableNames() {
		if !strings.Contains(page(t), "`"+name+"`") {
			t.Errorf("docs/policy.md does not explain %s", name)
		}
	}
}

func TestWhatIsWrongWithARuleIsNamedWithItsRemedy(t *testing.T) {
	long := strings.Repeat("a", 2000)
	for name, test := range map[string]struct {
		d    Definition
		want []string
	}{
		"an unknown word": {Definition{Rules: []Rule{{Name: "x", When: "text == \"a\" ||\n  txt == \"b\"", Outcome: portal.Refuse}}},
			[]string{"policy.rules[0] (x): when, line 2, column 3", "undeclared reference to 'txt'", "a rule can ask for direction", "file.name"}},
		"another type":     {Definition{Rules: []Rule{{Name: "x", When: `file.size > "20"`, Outcome: portal.Refuse}}}, []string{"line 1, column 11", "sizes in bytes"}},
		"no condition":     {Definition{Rules: []Rule{{Name: "x", When: `file.size`, Outcome: portal.Refuse}}}, []string{"of type int", "true or false"}},
		"unfinished":       {Definition{Rules: []Rule{{Name: "x", When: `text == `, Outcome: portal.Refuse}}}, []string{"line 1, column 9", "docs/policy.md"}},
		"empty":            {Definition{Rules: []Rule{{Name: "x", When: ` `, Outcome: portal.Refuse}}}, []string{"when is empty"}},
		"a broken pattern": {Definition{Rules: []Rule{{Name: "x", When: `text.matches("(")`, Outcome: portal.Refuse}}}, []string{"line 1", "regexp/syntax"}},
		"a costly pattern": {Definition{Rules: []Rule{{Name: "x", When: `text.matches("(a{1,99}){1,9}` + long + `")`, Outcome: portal.Refuse}}}, []string{"line 1, column"}},
		"too costly": {Definition{Rules: []Rule{{Name: "x", When: `document.text.matches(text)`, Outcome: portal.Refuse}}},
			[]string{"it may cost", "make several rules"}},
		"loops in loops": {Definition{Rules: []Rule{{Name: "x", When: `[1].all(a, [1].all(b, [1].all(c, [1].all(d, a == d))))`, Outcome: portal.Refuse}}}, []string{"several rules"}},
		"very long":      {Definition{Rules: []Rule{{Name: "x", When: `text == "` + strings.Repeat("a", maxExpression) + `"`, Outcome: portal.Refuse}}}, []string{"longer than"}},
		"no name":        {Definition{Rules: []Rule{{When: `true`, Outcome: portal.Refuse}}}, []string{"policy.rules[0]: a rule needs a name"}},
		"a name twice": {Definition{Rules: []Rule{{Name: "x", When: "true", Outcome: portal.Refuse}, {Name: "x", When: "true", Outcome: portal.Admit}}},
			[]string{`policy.rules[1]: the name "x" is taken by policy.rules[0]`}},
		"the scanner's name": {Definition{Rules: []Rule{{Name: "scan", When: "true", Outcome: portal.Refuse}}}, []string{`"scan" is taken by the bridge`}},
		"a ready rule's name": {Definition{Ready: []Ready{{Name: ReadyFirstContact}}, Rules: []Rule{{Name: ReadyFirstContact, When: "true", Outcome: portal.Refuse}}},
			[]string{"is taken by policy.ready[0]"}},
		"no outcome":           {Definition{Rules: []Rule{{Name: "x", When: "true", Outcome: "deny"}}}, []string{`then is "deny"; choose one of admit, refuse`}},
		"confirm everything":   {Definition{Default: portal.Confirm}, []string{"policy.default: only admit"}},
		"an unknown ready one": {Definition{Ready: []Ready{{Name: "spam"}}}, []string{"policy.ready[0] (spam): not known; choose of classification"}},
		"no size":              {Definition{Ready: []Ready{{Name: ReadySize}}}, []string{"policy.ready[0] (size): limit is missing"}},
		"nobody allowed":       {Definition{Ready: []Ready{{Name: ReadyNetwork}}}, []string{"allowed is missing"}},
		"another's parameter":  {Definition{Ready: []Ready{{Name: ReadyFirstContact, Limit: 5}}}, []string{"nothing that is for size"}},
		"a wrong exception":    {Definition{Ready: []Ready{{Name: ReadyClassification, Unless: "who == 1"}}}, []string{"policy.ready[0] (classification): unless: when, line 1, column 1"}},
		"two mistakes": {Definition{Rules: []Rule{{Name: "x", When: "a", Outcome: portal.Refuse}, {Name: "y", When: "b", Outcome: portal.Refuse}}},
			[]string{"policy.rules[0] (x)", "policy.rules[1] (y)"}},
		"too many": {Definition{Rules: make([]Rule, maxRules+1)}, []string{"are too many"}},
	} {
		set, err := Compile(test.d, zerolog.Nop())
		if err == nil || set != nil {
			t.Errorf("%s: it compiles", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %q, want %q in it", name, err, want)
			}
		}
	}
}

func TestWhatCostsSomethingIsFoundOutOnceAndOnlyIfARuleAsks(t *testing.T) {
	asked := map[string]int{}
	c := with(writes("Bonjour"), "plan.txt", "words")
	c.File.Content = counting{func() { asked["file"]++ }}
	c.Contacts = func(context.Context) (int, error) { asked["contacts"]++; return 2, nil }
	c.First = func(context.Context) (bool, error) { asked["first"]++; return true, nil }
	judge(t, compile(t, Definition{Rules: []Rule{{Name: "x", When: `text == "" && (first_contact || chat.contacts > 1 || document.macros)`, Outcome: portal.Refuse}}}), c)
	if len(asked) != 0 {
		t.Errorf("without need it asked %v", asked)
	}
	var rules []Rule
	for i := range 5 {
		rules = append(rules, Rule{Name: fmt.Sprint(i), When: `first_contact && chat.contacts > 1 && document.title == "x"`, Outcome: portal.Refuse})
	}
	judge(t, compile(t, Definition{Rules: rules}), c)
	if asked["first"] != 1 || asked["contacts"] != 1 || asked["file"] != 1 {
		t.Errorf("it asked %v, want each once", asked)
	}
}

// counting is a file that counts how often it is read.
type counting struct{ read func() }

func (c counting) ReadAt(into []byte, _ int64) (int, error) { c.read(); return len(into), nil }

func TestWhatCannotBeFoundOutForNowIsTriedAgain(t *testing.T) {
	away := errors.New("the database is away")
	c := with(writes("Bonjour"), "plan.pdf", "x")
	c.First = func(context.Context) (bool, error) { return false, away }
	c.Contacts = func(context.Context) (int, error) { return 0, away }
	c.File.Content = broken{away}
	for _, when := range []string{`first_contact`, `first_contact || true`, `chat.contacts > 5`, `document.title == "x"`, `file.program`} {
		for _, outcome := range []portal.Outcome{portal.Admit, portal.Refuse} {
			set := compile(t, Definition{Rules: []Rule{{Name: "x", When: when, Outcome: outcome}}})
			if _, err := set.Judge(t.Context(), c); !errors.Is(err, away) || portal.IsPermanent(err) {
				t.Errorf("%s: the error is %v", when, err)
			}
		}
	}
}

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestARuleThatFailsIsTakenInTheSafeWay(t *testing.T) {
	var log strings.Builder
	for outcome, want := range map[portal.Outcome]string{portal.Admit: NameDefault, portal.Refuse: "x", portal.Hold: "x"} {
		set, err := Compile(Definition{Rules: []Rule{{Name: "x", When: `{"a": 1}[text] == 1`, Outcome: outcome}}}, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		if got := judge(t, set, writes("a secret")); got.Rule != want {
			t.Errorf("a rule that would have it %s: %q decided, want %q", outcome, got.Rule, want)
		}
	}
	if !strings.Contains(log.String(), `"rule":"x"`) || strings.Contains(log.String(), "a secret") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestRulesAreAskedAboutWhatTheyCanBeAbout(t *testing.T) {
	set := compile(t, Definition{Rules: []Rule{
		{Name: "files stay", When: "true", Outcome: portal.Withhold},
		{Name: "sure?", When: "true", Outcome: portal.Confirm},
		{Name: "rest", When: "true", Outcome: portal.Refuse},
	}})
	notice := answers("Ce message n'est pas passé.")
	notice.Kind = portal.KindNotice
	for rule, c := range map[string]portal.Crossing{
		"files stay": with(answers(""), "a.txt", "x"), "sure?": writes("x"), "rest": answers("x"), NameNotice: notice,
	} {
		if got := judge(t, set, c); got.Rule != rule {
			t.Errorf("%q decided, want %q", got.Rule, rule)
		}
	}
}

func TestAPolicyIsReplacedWhileMessagesCross(t *testing.T) {
	refuses := compile(t, Definition{Rules: []Rule{{Name: "x", When: "true", Outcome: portal.Refuse}}})
	live := NewLive(compile(t, Definition{}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			if _, err := live.Judge(context.Background(), writes("x")); err != nil {
				t.Error(err)
			}
		}
	}()
	live.Replace(refuses)
	<-done
	if got := judge(t, live, writes("x")); got.Outcome != portal.Refuse {
		t.Errorf("the new policy's outcome is %s", got.Outcome)
	}
}

func TestOutcomesHaveAWordInTheConfiguration(t *testing.T) {
	for _, word := range OutcomeWords() {
		if outcome, ok := ParseOutcome(word); !ok || OutcomeWord(outcome) != word {
			t.Errorf("%s is %s, %v", word, outcome, ok)
		}
	}
	if _, ok := ParseOutcome("admitted"); ok || OutcomeWord("lost") != "lost" {
		t.Error("unknown words are known")
	}
}

// hundred are a hundred rules as administrators write them, none of which matches.
func hundred() (rules []Rule) {
	for i := range 20 {
		for j, when := range []string{
			fmt.Sprintf(`direction == "out" && network == "telegram" && department == "Service %d"`, i),
			fmt.Sprintf(`direction == "out" && text.contains("projet %d")`, i),
			fmt.Sprintf(`has_file && file.extension in ["exe", "js", "x%d"] || file.size > %d`, i, 1<<30+i),
			fmt.Sprintf(`chat.kind == "group" && chat.contacts > %d`, i),
			fmt.Sprintf(`marking(text) == "marking %d" || (hour > 20 && weekday == "sunday")`, i),
		} {
			rules = append(rules, Rule{Name: fmt.Sprintf("rule %d-%d", i, j), When: when, Outcome: portal.Refuse})
		}
	}
	return rules
}

// BenchmarkJudge is a text of 200 characters against a hundred rules that all have to be asked. The aim is 50 µs.
func BenchmarkJudge(b *testing.B) {
	set := compile(b, Definition{Rules: hundred(), Departments: departments(b, "matrix_id,department\n@claire:example.org,Press\n")})
	c := writes(strings.Repeat("Bonjour Amina, à demain. ", 8))
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if verdict, err := set.Judge(b.Context(), c); err != nil || verdict.Rule != NameDefault {
			b.Fatal(verdict, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N), "µs/op")
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(b.N), "µs-cpu/op") // what a busy machine does not change
}

// cpu is the CPU time of this process so far.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
