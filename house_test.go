// Package passerelle_test holds the rules of the house that a machine can check: which package may import which, and that
// what is exported is documented.
package passerelle_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// room is the first folder of a package's path: "bridge" of passerelle/bridge/bridgetest.
func room(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "passerelle/"), "/")
	return name
}

// mayImport lists, for each room, the rooms that its product code may import. docs/architecture.md draws it.
var mayImport = map[string][]string{
	"cmd":        {"bridge", "connectors", "database", "portal", "config"},
	"bridge":     {"database", "portal"},
	"connectors": {"portal"},
	"database":   {"portal"},
	"portal":     {},
	"config":     {},
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages lists the packages of this module.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", "goolm", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// testHelper tells whether a package only serves tests and the demo.
func testHelper(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool { return strings.HasSuffix(part, "test") })
}

// usesTestHelpers names the programs that are no product: they build a throw-away world, as tests do.
var usesTestHelpers = map[string]bool{"passerelle/cmd/demo": true, "passerelle/cmd/bench": true}

func TestImportsFlowOneWay(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath == "passerelle" || testHelper(p.ImportPath) || usesTestHelpers[p.ImportPath] {
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, "passerelle/") {
				continue
			}
			from, to := room(p.ImportPath), room(imported)
			allowed, known := mayImport[from]
			switch {
			case !known:
				t.Errorf("%s is in no room of the house", p.ImportPath)
			case testHelper(imported):
				t.Errorf("%s is product code and imports the test helper %s", p.ImportPath, imported)
			case from == to && from == "connectors" && !strings.HasPrefix(imported, p.ImportPath):
				t.Errorf("%s imports another connector, %s", p.ImportPath, imported)
			case from != to && !slices.Contains(allowed, to):
				t.Errorf("%s imports %s, against the one-way rule", p.ImportPath, imported)
			}
		}
	}
}

// sources calls visit with each Go file of the module that is not a test.
func sources(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsExportedIsDocumented(t *testing.T) {
	packageDoc := map[string]bool{}
	sources(t, func(path string, file *ast.File) {
		dir := filepath.Dir(path)
		packageDoc[dir] = packageDoc[dir] || file.Doc != nil
		if file.Name.Name == "main" {
			return
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || exportedReceiver(d.Recv)) {
					t.Errorf("%s: %s is exported and has no comment", path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if undocumented(d, spec) {
						t.Errorf("%s: %s is exported and has no comment", path, specName(spec))
					}
				}
			}
		}
	})
	for dir, documented := range packageDoc {
		if !documented {
			t.Errorf("%s: the package has no comment that says its contract", dir)
		}
	}
}

func exportedReceiver(list *ast.FieldList) bool {
	kind := list.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if index, ok := kind.(*ast.IndexExpr); ok {
		kind = index.X
	}
	name, ok := kind.(*ast.Ident)
	return ok && name.IsExported()
}

func specName(spec ast.Spec) string {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Name.Name
	case *ast.ValueSpec:
		return s.Names[0].Name
	}
	return ""
}

func undocumented(d *ast.GenDecl, spec ast.Spec) bool {
	if d.Doc != nil || !ast.IsExported(specName(spec)) {
		return false
	}
	switch s := spec.(type) {
	case *ast.TypeSpec:
		return s.Doc == nil
	case *ast.ValueSpec:
		return s.Doc == nil && s.Comment == nil
	}
	return false
}

// named are the tests and files of tests that a page of the manual names.
var named = regexp.MustCompile("`(Test[A-Za-z0-9]+|[a-z_]+_test\\.go)")

func TestTheTestsThatTheManualNamesAreThere(t *testing.T) {
	there := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		there[filepath.Base(path)] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				there[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("the manual: %q, %v", pages, err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range named.FindAllSubmatchIndex(text, -1) {
			name := string(text[match[2]:match[3]])
			family := bytes.HasPrefix(text[match[3]:], []byte("…")) // "TestKilled…": all that begin so
			found := there[name]
			for other := range there {
				found = found || family && strings.HasPrefix(other, name)
			}
			if !found {
				t.Errorf("%s names %s, which is not there", page, name)
			}
		}
	}
}
