package policy

import (
	"os"
	"testing"
)

// page is docs/policy.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
