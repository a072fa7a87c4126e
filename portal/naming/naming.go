// Package naming makes the names of contacts' ghosts out of the names that the contacts published.
package naming

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// Template makes names. Its zero value makes none; use [Parse].
type Template struct{ template *template.Template }

// Parse reads a Go template that uses .Name. An error says what to write, with the example.
func Parse(text, example string) (Template, error) {
	remedy := "displayname: must be a Go template that uses .Name, such as “" + example + "”"
	parsed, err := template.New("displayname").Option("missingkey=error").Parse(text)
	if err != nil {
		return Template{}, fmt.Errorf("%s: %w", remedy, err)
	}
	t := Template{template: parsed}
	if a, b := t.Of("a"), t.Of("b"); a == "a" && text != "{{.Name}}" || a == b {
		return Template{}, errors.New(remedy)
	}
	return t, nil
}

// Of returns the ghost's name of a contact who goes by name.
func (t Template) Of(name string) string {
	var out strings.Builder
	if err := t.template.Execute(&out, struct{ Name string }{name}); err != nil {
		return name
	}
	return out.String()
}
