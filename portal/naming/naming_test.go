package naming

import (
	"strings"
	"testing"
)

func TestNamesAreMadeByATemplate(t *testing.T) {
	for text, want := range map[string]string{"{{.Name}} (Telegram)": "Amina (Telegram)", "{{.Name}}": "Amina", "~{{.Name}}": "~Amina"} {
		made, err := Parse(text, "{{.Name}} (Telegram)")
		if err != nil || made.Of("Amina") != want {
			t.Errorf("%q makes %q: %v", text, made.Of("Amina"), err)
		}
	}
	for _, wrong := range []string{"", "Telegram", "{{.Nmae}}", "{{.Name"} {
		if _, err := Parse(wrong, "{{.Name}} (Telegram)"); err == nil || !strings.Contains(err.Error(), "{{.Name}} (Telegram)") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
