package policy

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"maunium.net/go/mautrix/id"
)

// maxDirectory is how many people a directory may hold.
const maxDirectory = 1_000_000

// Departments tells who is in which department: by a directory, and for those who are not in it by patterns, the first that fits.
type Departments struct {
	people   map[id.UserID]string
	patterns []pattern
}

type pattern struct {
	of         *regexp.Regexp
	department string
}

// Of returns somebody's department; "": none is known.
func (d *Departments) Of(person id.UserID) string {
	if d == nil {
		return ""
	}
	if department, ok := d.people[person]; ok {
		return department
	}
	for _, p := range d.patterns {
		if p.of.MatchString(string(person)) {
			return p.department
		}
	}
	return ""
}

// AddPattern puts those into a department whose Matrix ID a pattern fits: * stands for any characters, ? for one.
func (d *Departments) AddPattern(department, ids string) error {
	if department == "" {
		return errors.New("a department needs a name")
	}
	if !strings.HasPrefix(ids, "@") || !strings.Contains(ids, ":") {
		return fmt.Errorf("%q fits no Matrix ID; write one such as @fin-*:example.org", ids)
	}
	expression := regexp.QuoteMeta(ids)
	expression = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(expression)
	of, err := regexp.Compile(`^(?s:` + expression + `)$`)
	if err != nil {
		return fmt.Errorf("%q is no pattern: %w", ids, err)
	}
	d.patterns = append(d.patterns, pattern{of, department})
	return nil
}

// AddDirectory reads a CSV file (RFC 4180) of people and departments. Its first line names the columns, of which matrix_id and
// department are read; they stand between commas or, as French spreadsheets write them, semicolons. What is wrong is an error that
// names the lines.
func (d *Departments) AddDirectory(from io.Reader) error {
	reader := bufio.NewReader(from)
	if mark, err := reader.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" { // as Excel begins UTF-8
		reader.Discard(len(mark)) // it has just been peeked at
	}
	table := csv.NewReader(reader)
	table.Comma, table.TrimLeadingSpace, table.ReuseRecord = separator(reader), true, true
	person, department, err := columns(table)
	if err != nil {
		return err
	}
	if d.people == nil {
		d.people = map[id.UserID]string{}
	}
	lines := map[id.UserID]int{}
	var wrong []error
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w (quote what holds the separator)", err)
		}
		line, _ := table.FieldPos(0)
		who, where := id.UserID(strings.TrimSpace(record[person])), strings.TrimSpace(record[department])
		localpart, domain, found := strings.Cut(strings.TrimPrefix(string(who), "@"), ":")
		switch earlier := lines[who]; {
		case !strings.HasPrefix(string(who), "@") || !found || localpart == "" || domain == "":
			wrong = append(wrong, fmt.Errorf("line %d: %q is not a Matrix ID; write one such as @claire:example.org", line, who))
		case where == "":
			wrong = append(wrong, fmt.Errorf("line %d: %s has no department; write one, or take the line out", line, who))
		case earlier != 0:
			wrong = append(wrong, fmt.Errorf("lines %d and %d: %s is there twice; take one out", earlier, line, who))
		case len(lines) == maxDirectory:
			return fmt.Errorf("line %d: more than %d people; use patterns for most of them", line, maxDirectory)
		default:
			lines[who], d.people[who] = line, strings.Clone(where)
		}
		if len(wrong) == 20 {
			wrong = append(wrong, errors.New("and perhaps more"))
			break
		}
	}
	return errors.Join(wrong...)
}

// separator tells what stands between the columns, by the first line.
func separator(reader *bufio.Reader) rune {
	head, _ := reader.Peek(1024) // a shorter file gives what there is
	first, _, _ := strings.Cut(string(head), "\n")
	if strings.Count(first, ";") > strings.Count(first, ",") {
		return ';'
	}
	return ','
}

// columns reads the names of the columns, and tells where those stand that are read.
func columns(table *csv.Reader) (person, department int, err error) {
	names, err := table.Read()
	if err != nil {
		return 0, 0, fmt.Errorf("the first line must name the columns, matrix_id and department among them: %w", err)
	}
	person, department = -1, -1
	for i, name := range names {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "matrix_id":
			person = i
		case "department":
			department = i
		}
	}
	if person < 0 || department < 0 {
		return 0, 0, errors.New("line 1: the first line must name the columns, matrix_id and department among them")
	}
	return person, department, nil
}
