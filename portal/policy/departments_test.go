package policy

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"
)

func departments(t testing.TB, directory string) *Departments {
	t.Helper()
	d := &Departments{}
	if err := d.AddDirectory(strings.NewReader(directory)); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDepartmentsComeFromADirectoryAndFromPatterns(t *testing.T) {
	d := departments(t, "\ufeffname;Matrix_ID;Department\nClaire Petit;@claire:example.org;\"Press; Paris\"\nKarim;@karim:example.org;Finance\n")
	for department, ids := range map[string]string{"Treasury": "@fin-*:example.org", "Guests": "@?:example.org"} {
		if err := d.AddPattern(department, ids); err != nil {
			t.Fatal(err)
		}
	}
	for person, want := range map[id.UserID]string{
		"@claire:example.org": "Press; Paris", "@karim:example.org": "Finance", "@fin-7.a:example.org": "Treasury", "@x:example.org": "Guests",
		"@fin-7:example.com": "", "@fin:example.org": "", "@xfin-7:example.org": "", "@ben:example.org": "", "": "",
	} {
		if got := d.Of(person); got != want {
			t.Errorf("%s is of %q, want %q", person, got, want)
		}
	}
	if got := (*Departments)(nil).Of("@claire:example.org"); got != "" {
		t.Errorf("without departments she is of %q", got)
	}
	for ids, department := range map[string]string{"fin-*": "Finance", "": "Finance", "@a:b": ""} {
		if err := d.AddPattern(department, ids); err == nil {
			t.Errorf("%q is a pattern for %q", ids, department)
		}
	}
}

func TestWhatIsWrongInADirectoryIsNamedWithItsLines(t *testing.T) {
	for directory, want := range map[string]string{
		"":                            "first line",
		"@claire:example.org,Press\n": "line 1: the first line must name the columns",
		"matrix_id,department\n@a:b,X\n@c:d,Y\n@a:b,Z\n":                      "lines 2 and 4: @a:b is there twice",
		"matrix_id,department\n@a:b,X\n\n@a:b,X\n":                            "lines 2 and 4: @a:b is there twice",
		"matrix_id,department\nclaire,X\n":                                    `line 2: "claire" is not a Matrix ID`,
		"matrix_id,department\n@a:b, \n":                                      "line 2: @a:b has no department",
		"matrix_id,department\n@a:b\n":                                        "record on line 2: wrong number of fields",
		"matrix_id,department\n\"@a:b,X\n":                                    "line",
		"matrix_id,department\n" + strings.Repeat("x,y\n", 100):               "and perhaps more",
		"matrix_id,department\n@a:b,\"two\nlines\"\n@c:d,X\n@c:d,X\n@a:b,Y\n": "lines 4 and 5: @c:d is there twice; take one out\nlines 2 and 6",
	} {
		err := (&Departments{}).AddDirectory(strings.NewReader(directory))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want %q in it", directory, err, want)
		}
	}
}

// FuzzDirectory looks for a directory that panics, or names somebody twice.
func FuzzDirectory(f *testing.F) {
	f.Add("matrix_id,department\n@a:b,X\n")
	f.Add("\ufeffmatrix_id;department\n\"@a:b\";\"X\nY\"\n@a:b;Z")
	f.Fuzz(func(t *testing.T, directory string) {
		d := &Departments{}
		if d.AddDirectory(strings.NewReader(directory)) != nil {
			return
		}
		for person, department := range d.people {
			if person == "" || department == "" {
				t.Errorf("%q is of %q", person, department)
			}
		}
	})
}
