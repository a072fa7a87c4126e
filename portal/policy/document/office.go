package document

import (
	"archive/zip"
	"encoding/xml"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	maxDirectory = 2 << 20 // bytes of a package's list of files that are read
	maxPart      = 2 << 20 // bytes that are unpacked of one file in a package
	maxParts     = 24      // files of a package that are read
)

// part is a file in a package that something is known to stand in.
type part struct {
	pattern string // as path.Match has it
	text    bool   // it is text; otherwise it is properties
}

// parts are the files that are read, those first that matter most. Office Open XML: ECMA-376 part 2, 11 (core properties), part 1,
// 22.2 and 22.3 (further ones), 17.10 (headers and footers). OpenDocument 1.3 part 2, 3.1.3 and part 3, 16.
var parts = []part{
	{"docProps/core.xml", false}, {"docProps/app.xml", false}, {"docProps/custom.xml", false}, {"docMetadata/LabelInfo.xml", false}, {"meta.xml", false},
	{"word/header*.xml", true}, {"word/footer*.xml", true}, {"word/document.xml", true},
	{"ppt/slides/slide1.xml", true}, {"ppt/slideMasters/slideMaster1.xml", true},
	{"xl/sharedStrings.xml", true}, {"xl/worksheets/sheet1.xml", true},
	{"styles.xml", true}, {"content.xml", true},
}

// readZip reads a package: Office Open XML, OpenDocument, or any other archive, which is no document.
func (g *gathered) readZip(file *budget, size int64) {
	rest := file.left
	file.left = min(rest, maxDirectory)
	list, err := zip.NewReader(file, size)
	file.left = rest - maxDirectory
	if err != nil {
		return // an archive, or none; but nothing that shows to be a document
	}
	named := map[string]*zip.File{}
	for _, f := range list.File {
		name := strings.TrimPrefix(path.Clean(strings.ReplaceAll(f.Name, `\`, "/")), "/")
		switch {
		case name == "[Content_Types].xml":
			g.Kind = Office
		case name == "META-INF/manifest.xml" && g.Kind == "":
			g.Kind = OpenDocument
		case strings.EqualFold(path.Base(name), "vbaProject.bin"), strings.HasPrefix(name, "Basic/"), strings.HasPrefix(name, "Scripts/"):
			g.Macros = true
		}
		if _, twice := named[name]; !twice {
			named[name] = f
		}
	}
	if g.Kind == OpenDocument && named["meta.xml"] == nil && named["content.xml"] == nil {
		g.Kind = "" // a Java archive has a manifest, too
	}
	if g.Kind == "" {
		g.Macros = false
		return
	}
	g.readParts(named)
}

func (g *gathered) readParts(named map[string]*zip.File) {
	read := 0
	for _, p := range parts {
		var names []string
		for name := range named {
			if ok, _ := path.Match(p.pattern, name); ok { // the patterns are ours
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if read++; read > maxParts {
				return
			}
			if err := g.readPart(named[name], p.text); err != nil {
				g.Unreadable = true
			}
		}
	}
}

// readPart reads an XML file of a package. What is longer than the limits is read as far as they go.
func (g *gathered) readPart(f *zip.File, text bool) error {
	left := min(maxPart, maxUnpacked-g.unpacked)
	if left <= 0 {
		return nil
	}
	opened, err := f.Open()
	if err != nil {
		return err
	}
	defer opened.Close()
	limited := &io.LimitedReader{R: opened, N: left}
	into := g.properties.Len
	if text {
		into = g.text.Len
	}
	err = eachText(limited, func(path []xml.Name, attributes []xml.Attr, value string, ends bool) bool {
		if text {
			g.addText(path, value, ends)
		} else {
			g.addProperty(path, attributes, value)
		}
		return into() < maxText-1
	})
	g.unpacked += left - limited.N
	if limited.N == 0 {
		return nil // cut by us
	}
	return err
}

// eachText calls visit with what stands in each element, until it returns false: when the element opens and when it ends, without text.
func eachText(from io.Reader, visit func(path []xml.Name, attributes []xml.Attr, value string, ends bool) bool) error {
	decoder := xml.NewDecoder(from)
	decoder.Strict = false
	var at []xml.Name
	var attributes []xml.Attr
	for {
		token, err := decoder.RawToken()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(at) >= 256 {
				return errTooMuch
			}
			at, attributes = append(at, t.Name), slices.Clone(t.Attr)
			if !visit(at, attributes, "", false) {
				return nil
			}
		case xml.EndElement:
			if !visit(at, nil, "", true) {
				return nil
			}
			at = at[:max(0, len(at)-1)]
		case xml.CharData:
			if !visit(at, attributes, string(t), false) {
				return nil
			}
		}
	}
}

// addProperty takes a property as its format writes it: its name is the element's, or an attribute's.
func (g *gathered) addProperty(path []xml.Name, attributes []xml.Attr, value string) {
	if len(path) == 0 {
		return
	}
	if name := path[len(path)-1].Local; strings.TrimSpace(value) != "" {
		g.property(name, value)
	}
	if value != "" {
		return
	}
	for _, a := range attributes { // the name of a property of somebody's own, and a label of Microsoft's (MSIP)
		if a.Name.Space != "xmlns" && a.Name.Local == "name" {
			g.property("", a.Value)
		}
	}
}

// addText takes a text. Letters of one word may stand in several elements, and paragraphs, cells and lines end words.
func (g *gathered) addText(path []xml.Name, value string, ends bool) {
	if len(path) == 0 {
		return
	}
	switch name := path[len(path)-1].Local; {
	case value != "" && strings.TrimSpace(value) == "" && strings.ContainsAny(value, "\n\t") && !slices.Contains(inline, name):
		return // what indents the XML
	case value != "":
		if room := maxText - g.text.Len(); room > 0 {
			g.text.WriteString(shortened(value, room))
		}
	case slices.Contains(breaks, name):
		if text := g.text.String(); text != "" && !strings.HasSuffix(text, "\n") && len(text) < maxText {
			g.text.WriteByte('\n')
		}
	case !ends && slices.Contains(spaces, name) && g.text.Len() < maxText:
		g.text.WriteByte(' ')
	}
}

// Elements by what they are in a text.
var (
	inline = []string{"t", "span", "a"}
	breaks = []string{"p", "h", "br", "line-break", "si", "row", "tc", "table-cell", "c", "hdr", "ftr"}
	spaces = []string{"tab", "s"}
)
