// Package document reads what PDF and office documents say about themselves: their properties, and the text at their beginning.
//
// The contract:
//
//   - It reads PDF (the Info dictionary and XMP), Office Open XML (docx, xlsx, pptx and their kin) and OpenDocument (odt, ods, odp
//     and their kin). What a file is stands in it: its name and its type are not asked.
//   - It is meant for files of people who mean harm. It never fails at what stands in a file: what it cannot make sense of it leaves
//     out, and says so (Unreadable). It reads at most [maxRead] bytes of a file, unpacks at most [maxUnpacked], keeps at most
//     [maxText] of a text, and takes well under a second.
//   - It looks for words, and does not parse as a viewer does. A file can be made in which a person reads what this package does
//     not see: an image, a text further behind, a font with letters of its own. It guards against mistakes, not against malice.
//   - An error means that the file could not be read for now.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxRead     = 24 << 20 // bytes that are read of a file
	maxUnpacked = 8 << 20  // bytes that are unpacked of it
	maxText     = 64 << 10 // bytes that are kept of its properties, and of its text
)

// The kinds of documents.
const (
	PDF          = "pdf"
	Office       = "office"       // Office Open XML
	OpenDocument = "opendocument" //
)

// Document is what a document says about itself. The zero Document is one of which nothing is known.
type Document struct {
	Kind                             string // PDF, Office or OpenDocument; "": it is none of these
	Title, Subject, Author, Keywords string
	// Properties are all the properties, those above included, a line each. Text is the text at its beginning: of the body, and of
	// what stands at the top and at the bottom of pages. PDF has none.
	Properties, Text string
	Macros           bool // there is a program in it
	// Unreadable says that it is a document, and that its properties are encrypted or broken.
	Unreadable bool
}

// Read looks into a file of size bytes. Its error is transient.
func Read(file io.ReaderAt, size int64) (Document, error) {
	from := &budget{file: file, size: size, left: maxRead}
	head := make([]byte, min(size, 1024))
	n, err := from.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Document{}, fmt.Errorf("read a file: %w", err)
	}
	var g gathered
	switch head = head[:n]; {
	case bytes.Contains(head, []byte("%PDF-")): // readers look for it in the first 1024 bytes (ISO 32000-1, annex H, 3.4.1)
		g.readPDF(from, size)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		g.readZip(from, size)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) && isEncryptedOffice(from, size):
		g.Kind, g.Unreadable = Office, true
	}
	if from.failed != nil {
		return Document{}, fmt.Errorf("read a document: %w", from.failed)
	}
	return g.finished(), nil
}

// isEncryptedOffice tells whether an OLE file holds an encrypted Office document ([MS-OFFCRYPTO] 2.3.2: a stream of that name).
func isEncryptedOffice(file io.ReaderAt, size int64) bool {
	const look = 1 << 20
	name := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	for _, at := range []int64{0, max(0, size-look)} {
		part := make([]byte, min(size, look))
		n, _ := file.ReadAt(part, at) // a file that ends early holds what was read
		if bytes.Contains(part[:n], name) {
			return true
		}
	}
	return false
}

// IsProgram tells whether a file begins as what a computer runs: a program of Windows, Linux or macOS, a shortcut of Windows, or a
// script that names its interpreter. Its error is transient.
func IsProgram(file io.ReaderAt, size int64) (bool, error) {
	head := make([]byte, min(size, 20))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read a file: %w", err)
	}
	for _, begins := range []string{"MZ", "\x7fELF", "#!", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe",
		"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00"} { // the last one: [MS-SHLLINK] 2.1
		if bytes.HasPrefix(head[:n], []byte(begins)) {
			return true, nil
		}
	}
	return false, nil
}

// budget is a file of which only so much may be read.
type budget struct {
	file   io.ReaderAt
	size   int64
	left   int64
	failed error // why the file itself could not be read
}

// errTooMuch is the error of a file that would have too much read of it.
var errTooMuch = errors.New("too much to read")

// ReadAt reads while there is something left of the budget. Where a broken file says that something stands outside of it, there is
// nothing: the file itself is not asked, whose error would mean that it cannot be read for now.
func (b *budget) ReadAt(into []byte, at int64) (int, error) {
	if at < 0 || at >= b.size {
		return 0, io.EOF
	}
	if int64(len(into)) > b.left {
		return 0, errTooMuch
	}
	n, err := b.file.ReadAt(into, at)
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failed = err
	}
	return n, err
}

// gathered is a document while it is read.
type gathered struct {
	Document
	properties, text strings.Builder
	unpacked         int64
}

// property notes a property by the name that its format has for it.
func (g *gathered) property(name, value string) {
	value = strings.TrimSpace(strings.ToValidUTF8(value, ""))
	if value == "" {
		return
	}
	into := map[string]*string{
		"title": &g.Title, "subject": &g.Subject, "creator": &g.Author, "author": &g.Author, "keywords": &g.Keywords, "keyword": &g.Keywords,
	}[strings.ToLower(name)]
	if into != nil && *into == "" {
		*into = shortened(value, 1024)
	}
	addLine(&g.properties, value)
}

// addLine adds a line to a text that has a limit.
func addLine(to *strings.Builder, line string) {
	if room := maxText - to.Len() - 1; room > 0 {
		to.WriteString(shortened(line, room))
		to.WriteByte('\n')
	}
}

// shortened is a text of at most n bytes, whole characters.
func shortened(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func (g *gathered) finished() Document {
	g.Properties, g.Text = g.properties.String(), strings.ToValidUTF8(g.text.String(), "")
	return g.Document
}
