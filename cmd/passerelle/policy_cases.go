package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"maunium.net/go/mautrix/id"

	"passerelle/config"
	"passerelle/portal"
	"passerelle/portal/policy"
)

// policyCase is a case of a table: a message, and how it is to come out.
type policyCase struct {
	Name    string      `yaml:"name"`
	Message caseMessage `yaml:"message"`
	Expect  string      `yaml:"expect"` // an outcome
	Rule    string      `yaml:"rule"`   // by which; empty: whichever
}

// caseMessage is a message as a table describes it. What is left out is as in a text that goes out on WhatsApp into a direct chat.
type caseMessage struct {
	Direction string    `yaml:"direction"`
	Network   string    `yaml:"network"`
	Kind      string    `yaml:"kind"`
	Text      string    `yaml:"text"`
	File      *caseFile `yaml:"file"`
	Sender    string    `yaml:"sender"`
	Staff     string    `yaml:"staff"` // on the way in: whose login it is
	Chat      caseChat  `yaml:"chat"`
	First     bool      `yaml:"first_contact"`
	At        time.Time `yaml:"at"` // zero: now
}

type caseFile struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"`
	Size string `yaml:"size"`
	Path string `yaml:"path"` // a real file, beside the table; then the rest may be left out
}

type caseChat struct {
	ID       string `yaml:"id"`
	Kind     string `yaml:"kind"`
	Mark     string `yaml:"mark"`
	Contacts int    `yaml:"contacts"`
}

// readCases reads a table of cases. Paths in it are relative to its own folder.
func readCases(path string) ([]policyCase, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	var table struct {
		Cases []policyCase `yaml:"cases"`
	}
	if err := yaml.UnmarshalWithOptions(text, &table, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s is not a valid table of cases:\n%s", path, yaml.FormatError(err, false, true))
	}
	if len(table.Cases) == 0 {
		return nil, fmt.Errorf("%s has no cases; docs/policy.md shows some", path)
	}
	for i := range table.Cases {
		c := &table.Cases[i]
		if err := c.complete(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("%s: cases[%d] (%s): %w", path, i, c.Name, err)
		}
	}
	return table.Cases, nil
}

// complete fills in what a case leaves out, and tells what is wrong with it.
func (c *policyCase) complete(folder string) error {
	m := &c.Message
	defaulted := func(value *string, to string) {
		if *value == "" {
			*value = to
		}
	}
	defaulted(&m.Direction, string(portal.Out))
	defaulted(&m.Network, "whatsapp")
	defaulted(&m.Chat.Kind, string(portal.ChatDirect))
	kind := portal.KindText
	if m.File != nil {
		kind = portal.KindMedia
	}
	defaulted(&m.Kind, string(kind))
	if m.Direction == string(portal.Out) && m.Sender != "" && m.Staff != "" && m.Sender != m.Staff {
		return errors.New("what goes out is of the member of staff who sends it; leave staff out")
	}
	if m.Chat.Contacts == 0 && m.Chat.Kind == string(portal.ChatDirect) {
		m.Chat.Contacts = 1
	}
	if m.At.IsZero() {
		m.At = time.Now()
	}
	for _, check := range []struct {
		key, value string
		known      []string
	}{
		{"expect", c.Expect, policy.OutcomeWords()},
		{"message.direction", m.Direction, []string{"in", "out"}},
		{"message.network", m.Network, networkNames()},
		{"message.kind", m.Kind, []string{"text", "media", "edit", "poll", "vote", "contact", "location"}},
		{"message.chat.kind", m.Chat.Kind, []string{"direct", "group", "channel"}},
	} {
		if !slices.Contains(check.known, check.value) {
			return fmt.Errorf("%s: %q is not known; choose one of %s", check.key, check.value, strings.Join(check.known, ", "))
		}
	}
	if m.File != nil {
		return m.File.complete(folder)
	}
	return nil
}

func (f *caseFile) complete(folder string) error {
	if f.Path == "" {
		if f.Size != "" {
			_, err := config.ParseSize(f.Size)
			return err
		}
		return nil
	}
	if !filepath.IsAbs(f.Path) {
		f.Path = filepath.Join(folder, f.Path)
	}
	about, err := os.Stat(f.Path)
	if err != nil {
		return err
	}
	if f.Name == "" {
		f.Name = filepath.Base(f.Path)
	}
	if f.Type == "" {
		f.Type = mime.TypeByExtension(filepath.Ext(f.Path))
	}
	if f.Size == "" {
		f.Size = fmt.Sprint(about.Size())
	}
	return nil
}

// runCases prints how each case comes out. It fails when one comes out otherwise than it is to.
func runCases(ctx context.Context, set *policy.Set, cases []policyCase, out io.Writer) error {
	differ := 0
	for _, c := range cases {
		verdict, err := c.judge(ctx, set)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		came := fmt.Sprintf("%s by %q", policy.OutcomeWord(verdict.Outcome), verdict.Rule)
		if policy.OutcomeWord(verdict.Outcome) == c.Expect && (c.Rule == "" || c.Rule == verdict.Rule) {
			fmt.Fprintf(out, "ok      %s: %s\n", c.Name, came)
			continue
		}
		differ++
		want := c.Expect
		if c.Rule != "" {
			want += fmt.Sprintf(" by %q", c.Rule)
		}
		fmt.Fprintf(out, "DIFFERS %s: %s, not %s\n", c.Name, came, want)
	}
	if differ > 0 {
		return fmt.Errorf("%d of %d cases come out otherwise than they are to; see above", differ, len(cases))
	}
	return nil
}

func (c *policyCase) judge(ctx context.Context, set *policy.Set) (portal.Verdict, error) {
	m := c.Message
	crossing := portal.Crossing{
		Network: m.Network, Direction: portal.Direction(m.Direction), Kind: portal.Kind(m.Kind), Portal: m.Chat.ID, Mark: m.Chat.Mark,
		Chat:   portal.ChatKind(m.Chat.Kind),
		Sender: m.Sender, Owner: id.UserID(m.Staff), At: m.At, Text: m.Text,
		Contacts: func(context.Context) (int, error) { return m.Chat.Contacts, nil },
		First:    func(context.Context) (bool, error) { return m.First, nil },
	}
	if crossing.Direction == portal.Out && crossing.Sender == "" {
		crossing.Sender = m.Staff
	}
	if f := m.File; f != nil {
		crossing.File = &portal.File{Name: f.Name, MIME: f.Type}
		if f.Size != "" {
			crossing.File.Size, _ = config.ParseSize(f.Size) // it was checked
		}
		if f.Path != "" {
			file, err := os.Open(f.Path)
			if err != nil {
				return portal.Verdict{}, err
			}
			defer file.Close()
			crossing.File.Content = file
		}
	}
	return set.Judge(ctx, crossing)
}
