package relay

import (
	"strings"
	"testing"
	"unicode"
)

func stars(name string) string { return "*" + name + "*" }

func TestANameStandsBeforeTheWords(t *testing.T) {
	for _, c := range []struct {
		template    string
		bold        bool
		words, deed string
	}{
		{DefaultTemplate, true, "*Karim*: ", "*Karim* "},
		{DefaultTemplate, false, "Karim: ", "Karim "},
		{"[{{.Name}}] ", false, "[Karim] ", "[Karim] "},
		{"{{.Name}} ({{len .Name}}) : ", false, "Karim (5) : ", "Karim (5) "},
	} {
		style, err := ParseStyle(c.template, c.bold)
		if err != nil {
			t.Fatal(err)
		}
		if got := style.Before("Karim", stars); got != c.words {
			t.Errorf("%q gives %q", c.template, got)
		}
		if got := style.ForDeed("Karim", stars); got != c.deed {
			t.Errorf("%q gives %q for a deed", c.template, got)
		}
	}
	if got := (Style{}).Before("Karim", stars); got != "*Karim*: " {
		t.Errorf("without a choice it is %q", got)
	}
	if got := (Style{}).Before("Karim", nil); got != "Karim: " {
		t.Errorf("where there is no bold it is %q", got)
	}
}

func TestATemplateThatNamesNobodyIsRefused(t *testing.T) {
	for _, wrong := range []string{"", "staff: ", "{{.Nmae}}: ", "{{.Name", "{{.Name}}{{index .Name 99}}", `{{if eq .Name "Karim"}}{{.Name}}{{end}}`} {
		if _, err := ParseStyle(wrong, true); err == nil || !strings.Contains(err.Error(), "{{.Name}}: ") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestNamesAreMadeHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"Karim Benali":                "Karim Benali",
		" Karim\n\tBenali\r\u2028x":   "Karim Benali x",
		"Claire: oui\nKarim":          "Claire: oui Karim",
		"Ka\u202erim\u202c\u2066\x00": "Karim",
		"\u200b\ufeff\u3164":          "",
		"كريم":                        "\u2068كريم\u2069",
		"كريم\u2069\u202e":            "\u2068كريم\u2069",
		"<b>Karim</b>":                "<b>Karim</b>",
		"Zoë 🌍":                       "Zoë 🌍",
		strings.Repeat("é", 61):       strings.Repeat("é", 60) + "…",
	} {
		if got := Clean(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Karim\u202e\n*x*")
	f.Fuzz(func(t *testing.T, name string) {
		clean := strings.TrimSuffix(strings.TrimPrefix(Clean(name), isolate), endIsolate)
		if len([]rune(clean)) > longestName+1 {
			t.Errorf("%q is too long", clean)
		}
		for _, r := range clean {
			if !unicode.IsPrint(r) {
				t.Errorf("%q shows %U", name, r)
			}
		}
	})
}
