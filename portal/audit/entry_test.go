package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"passerelle/portal"
)

// refusal is an entry with something in each field of a crossing.
func refusal() *Entry {
	return &Entry{
		Seq: 1041, At: time.UnixMilli(1795608000123), Salt: strings.Repeat("0a", saltSize), Event: EventCrossing, Network: "whatsapp",
		Actor: "aa", Portal: "bb", Login: "cc", Message: "dd", Direction: portal.Out, Kind: portal.KindMedia, Size: 70_000,
		Verdict: portal.Withhold, Rule: "no \\ scans\nfor \"us\"", Found: "Eicar-Test", Digest: strings.Repeat("ef", 32),
	}
}

// TestAnEntryHasOneForm holds the form that docs/audit.md describes: logs that are there were hashed in it.
func TestAnEntryHasOneForm(t *testing.T) {
	const want = `passerelle audit entry v1
seq 1041
at 1795608000123
salt 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
event crossing
network whatsapp
actor aa
portal bb
login cc
message dd
direction out
kind media
size 70000
verdict withheld
rule no \x5c scans\x0afor "us"
found Eicar-Test
digest efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef
action 
target 
detail 
result 
door 
`
	if got := string(refusal().Encode()); got != want {
		t.Errorf("the entry is encoded as\n%s\nwant\n%s", got, want)
	}
	back, err := Decode([]byte(want))
	if err != nil || *back != *refusal() {
		t.Errorf("decoded it is %+v, %v", back, err)
	}
}

func TestNothingButTheOneFormIsAnEntry(t *testing.T) {
	text := string(refusal().Encode())
	for name, change := range map[string][2]string{
		"another version":          {"entry v1", "entry v2"},
		"a field less":             {"door \n", ""},
		"a field more":             {"door \n", "door \nroom \n"},
		"fields in another order":  {"actor aa\nportal bb\n", "portal bb\nactor aa\n"},
		"a number in another form": {"seq 1041", "seq +1041"},
		"a number that is none":    {"size 70000", "size many"},
		"an escape without need":   {"whatsapp", `\x77hatsapp`},
		"an escape in capitals":    {`\x5c`, `\x5C`},
		"half an escape":           {`\x5c`, `\x5`},
		"a bare backslash":         {`\x5c`, `\ `},
		"a control character":      {"Eicar", "\tEicar"},
		"no UTF-8":                 {"Eicar", "\xff"},
		"no end":                   {"door \n", "door "},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Fatalf("%s: nothing was changed", name)
		}
		if e, err := Decode([]byte(changed)); !errors.Is(err, ErrNoEntry) {
			t.Errorf("%s gave %+v, %v", name, e, err)
		}
	}
}

func TestWhatComesIntoAnEntryCanBeKept(t *testing.T) {
	names, err := ParsePseudonyms(NewPseudonymKey())
	if err != nil {
		t.Fatal(err)
	}
	e := names.crossing(portal.Decision{Rule: "a\x00b\xffc", At: time.Date(2026, 11, 26, 12, 0, 0, 123_456_789, time.UTC)})
	if e.Rule != "a\uFFFDb\uFFFDc" || e.At.Nanosecond() != 123_000_000 {
		t.Errorf("the entry is %+v", e)
	}
	back, err := Decode(e.Encode())
	if err != nil || *back != *e {
		t.Errorf("decoded it is %+v, %v; want %+v", back, err, e)
	}
}

func TestALineOfJSONHoldsTheWholeEntry(t *testing.T) {
	row := Row{Entry: *refusal(), Hashes: make([]byte, 32)}
	text, err := row.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil || bytes.Contains(text, []byte("\n")) {
		t.Fatalf("%s: %v", text, err)
	}
	for _, f := range row.Fields() {
		_, there := fields[f.Name]
		if f.Name == "at" {
			there = fields["time"] == "2026-11-25T12:00:00.123Z"
		}
		if there != (f.Value != "") {
			t.Errorf("%s is %v, in the line %s", f.Name, f.Value, text)
		}
	}
	if text, err := (&Row{Entry: Entry{Seq: 7}, Hashes: make([]byte, 64)}).JSON(); err != nil ||
		string(text) != `{"seq":7,"pruned":true,"hash":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` {
		t.Errorf("an emptied entry is %s, %v", text, err)
	}
}

// FuzzDecode looks for a text that is taken, and is not the one form of what it is taken for.
func FuzzDecode(f *testing.F) {
	f.Add(refusal().Encode())
	f.Add((&Entry{}).Encode())
	f.Add([]byte(header))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		e, err := Decode(encoded)
		if err != nil {
			return
		}
		if again := e.Encode(); !bytes.Equal(again, encoded) {
			t.Errorf("%q was taken, and is encoded as %q", encoded, again)
		}
	})
}

// TestAnEntryThatNamesItsKeyHasTheSecondForm holds that form, and that one without a key keeps the first.
func TestAnEntryThatNamesItsKeyHasTheSecondForm(t *testing.T) {
	keyed := refusal()
	keyed.Key = "0badcafe"
	want := strings.Replace(strings.Replace(string(refusal().Encode()), "entry v1", "entry v2", 1), "\nevent ", "\nkey 0badcafe\nevent ", 1)
	if got := string(keyed.Encode()); got != want {
		t.Errorf("the entry is encoded as\n%s\nwant\n%s", got, want)
	}
	if back, err := Decode([]byte(want)); err != nil || *back != *keyed {
		t.Errorf("decoded it is %+v, %v", back, err)
	}
	if back, err := Decode([]byte(strings.Replace(want, "key 0badcafe", "key ", 1))); !errors.Is(err, ErrNoEntry) {
		t.Errorf("without the key it is %+v, %v", back, err)
	}
}
