package document

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// pack makes a package of files, by name and content in turn.
func pack(t testing.TB, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const types = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`

// word is a document as Word writes one: its letters are spread over runs.
func word(t testing.TB, more ...string) []byte {
	return pack(t, append([]string{
		"[Content_Types].xml", types,
		"docProps/core.xml", `<?xml version="1.0"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>Budget &amp; plan</dc:title>` +
			`<dc:subject>2027</dc:subject><dc:creator>Claire</dc:creator><cp:keywords>DIFFUSION RESTREINTE</cp:keywords></cp:coreProperties>`,
		"docProps/app.xml", `<Properties><Company>Ministère</Company><Pages>3</Pages></Properties>`,
		"docProps/custom.xml", `<Properties xmlns:vt="v"><property name="Mention"><vt:lpwstr>SECRET</vt:lpwstr></property></Properties>`,
		"word/header1.xml", `<w:hdr xmlns:w="w"><w:p><w:r><w:t>NATO </w:t></w:r><w:r><w:t>RESTRICTED</w:t></w:r></w:p></w:hdr>`,
		"word/document.xml", `<w:document xmlns:w="w"><w:body>
  <w:p><w:r><w:t>Bon</w:t></w:r><w:r><w:t>jour</w:t></w:r></w:p>
  <w:p><w:r><w:t xml:space="preserve">Amina </w:t></w:r><w:r><w:tab/></w:r><w:r><w:t>!</w:t></w:r></w:p></w:body></w:document>`,
	}, more...)...)
}

func deflated(text string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write([]byte(text))
	w.Close()
	return out.String()
}

const packet = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r">` +
	`<rdf:Description rdf:about="" xmlns:dc="d" pdf:Keywords="b, c"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Plan</rdf:li></rdf:Alt></dc:title>` +
	`<dc:creator><rdf:Seq><rdf:li>Claire</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

func TestDocumentsSayWhatTheyAre(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want Document
	}{
		"Word": {string(word(t)), Document{Kind: Office, Title: "Budget & plan", Subject: "2027", Author: "Claire", Keywords: "DIFFUSION RESTREINTE",
			Properties: "Budget & plan\n2027\nClaire\nDIFFUSION RESTREINTE\nMinistère\n3\nMention\nSECRET\n", Text: "NATO RESTRICTED\nBonjour\nAmina  !\n"}},
		"macros": {string(word(t, "word/vbaProject.bin", "x")), Document{Kind: Office, Title: "Budget & plan", Subject: "2027", Author: "Claire",
			Keywords: "DIFFUSION RESTREINTE", Properties: "Budget & plan\n2027\nClaire\nDIFFUSION RESTREINTE\nMinistère\n3\nMention\nSECRET\n",
			Text: "NATO RESTRICTED\nBonjour\nAmina  !\n", Macros: true}},
		"slides": {string(pack(t, "[Content_Types].xml", types, "ppt/slides/slide1.xml", `<p:sld xmlns:a="a" xmlns:p="p"><a:p><a:r><a:t>SECRET</a:t></a:r></a:p></p:sld>`)),
			Document{Kind: Office, Text: "SECRET\n"}},
		"a table": {string(pack(t, "[Content_Types].xml", types, "xl/sharedStrings.xml", `<sst><si><t>SECRET</t></si><si><t>x</t></si></sst>`)),
			Document{Kind: Office, Text: "SECRET\nx\n"}},
		"OpenDocument": {string(pack(t, "META-INF/manifest.xml", "<m/>",
			"meta.xml", `<office:document-meta xmlns:dc="d" xmlns:meta="m"><dc:title>Note</dc:title><meta:keyword>a</meta:keyword><meta:user-defined meta:name="Mention">SECRET</meta:user-defined></office:document-meta>`,
			"styles.xml", `<styles><style:header><text:p>TRÈS<text:s/>SECRET</text:p></style:header></styles>`,
			"content.xml", `<body><text:h>Titre</text:h><text:p>Bon<text:span>jour</text:span></text:p></body>`)),
			Document{Kind: OpenDocument, Title: "Note", Keywords: "a", Properties: "Note\na\nMention\nSECRET\n", Text: "TRÈS SECRET\nTitre\nBonjour\n"}},
		"an archive":      {string(pack(t, "a.txt", "SECRET")), Document{}},
		"a Java program":  {string(pack(t, "META-INF/manifest.xml", "x", "A.class", "x", "Scripts/x", "y")), Document{}},
		"a cut archive":   {string(word(t)[:400]), Document{}},
		"nothing":         {"", Document{}},
		"a text":          {"SECRET", Document{}},
		"broken XML":      {string(pack(t, "[Content_Types].xml", types, "docProps/core.xml", `<a><dc:title>x</`)), Document{Kind: Office, Title: "x", Properties: "x\n", Unreadable: true}},
		"encrypted Word":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", Document{Kind: Office, Unreadable: true}},
		"Word as of 1997": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 SECRET", Document{}},
		"PDF": {"%PDF-1.4\n1 0 obj\n<< /Title (Plan \\(1\\)\\040a\\\nb) /Author <feff00c900740065> /Keywords(DIFFUSION RESTREINTE)/Subject (\xe9t\xe9) >>\nendobj",
			Document{Kind: PDF, Title: "Plan (1) ab", Author: "Éte", Keywords: "DIFFUSION RESTREINTE", Subject: "été",
				Properties: "Plan (1) ab\nété\nÉte\nDIFFUSION RESTREINTE\n"}},
		"PDF with XMP": {"\n%PDF-1.7\n" + packet, Document{Kind: PDF, Title: "Plan", Author: "Claire", Keywords: "b, c", Properties: "b, c\nPlan\nClaire\n"}},
		"PDF with packed objects": {"%PDF-1.5\n7 0 obj <</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>\nstream\r\n" + deflated("8 0 <</Title(SECRET)>>") + "\nendstream",
			Document{Kind: PDF, Title: "SECRET", Properties: "SECRET\n"}},
		"PDF with packed XMP": {"%PDF-1.5\n7 0 obj <</Type /Metadata /Subtype /XML /Filter /FlateDecode>> stream\n" + deflated(packet) + "\nendstream",
			Document{Kind: PDF, Title: "Plan", Author: "Claire", Keywords: "b, c", Properties: "b, c\nPlan\nClaire\n"}},
		"encrypted PDF": {"%PDF-1.4\n<< /Title (\x8a\x01) >> trailer << /Encrypt 9 0 R >>", Document{Kind: PDF, Unreadable: true}},
		"cut PDF":       {"%PDF-1.4\n<< /Title (SECR", Document{Kind: PDF, Title: "SECR", Properties: "SECR\n"}},
	} {
		got, err := Read(strings.NewReader(test.file), int64(len(test.file)))
		if err != nil || got != test.want {
			t.Errorf("%s:\n%+v, %v, want\n%+v", name, got, err, test.want)
		}
	}
}

// TestHostileFilesCostLittle takes files that say they are much, and bounds the time that each takes.
func TestHostileFilesCostLittle(t *testing.T) {
	bomb := strings.Repeat("<w:p><w:t>A</w:t></w:p>", 1<<20) // 23 MB, packed to some 50 kB
	long := strings.Repeat("A", 20<<20)
	var streams strings.Builder
	for range 2000 {
		streams.WriteString("1 0 obj <</Type/ObjStm/Filter/FlateDecode>> stream\n" + deflated(strings.Repeat("/Title(A)", 1000)) + "\nendstream ")
	}
	lies := word(t)
	binary.LittleEndian.PutUint32(lies[len(lies)-6:], 0) // its list begins at 0, and is the whole file
	for name, file := range map[string][]byte{
		"a bomb":              word(t, "word/header2.xml", bomb, "word/footer1.xml", bomb, "styles.xml", bomb),
		"long properties":     pack(t, "[Content_Types].xml", types, "docProps/core.xml", "<c><dc:title>"+long+"</dc:title></c>"),
		"deep elements":       pack(t, "[Content_Types].xml", types, "docProps/core.xml", strings.Repeat("<a>", 1<<20)),
		"a wrong list":        lies,
		"many streams":        []byte("%PDF-1.5 " + streams.String()),
		"a stream that grows": []byte("%PDF-1.5 1 0 obj <</Type/ObjStm/Filter/FlateDecode>> stream\n" + deflated(long)),
		"a string that grows": []byte("%PDF-1.5 /Title (" + long),
		"many strings":        []byte("%PDF-1.5 " + strings.Repeat("/Title (", 3<<20)),
	} {
		start := time.Now()
		got, err := Read(bytes.NewReader(file), int64(len(file)))
		if err != nil || len(got.Text) > maxText || len(got.Properties) > maxText || len(got.Title) > 1024 {
			t.Errorf("%s: %d bytes of text, %d of properties, %v", name, len(got.Text), len(got.Properties), err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestALargeFileIsReadAtItsEnds has 200 MB, of which little is read.
func TestALargeFileIsReadAtItsEnds(t *testing.T) {
	file := &sparse{size: 200 << 20, parts: map[int64]string{0: "%PDF-1.4", 200<<20 - 100: "<</Title (SECRET)>>"}}
	got, err := Read(file, file.size)
	if err != nil || got.Title != "SECRET" || file.read > maxRead {
		t.Errorf("%+v, %v, after %d bytes", got, err, file.read)
	}
}

// sparse is a file of spaces with something in it.
type sparse struct {
	size, read int64
	parts      map[int64]string
}

func (s *sparse) ReadAt(into []byte, at int64) (int, error) {
	n := int(min(int64(len(into)), s.size-at))
	for i := range into[:n] {
		into[i] = ' '
	}
	for where, part := range s.parts {
		if where >= at && where < at+int64(n) {
			copy(into[where-at:n], part)
		}
	}
	s.read += int64(n)
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}

func TestAFileThatCannotBeReadForNowIsAnError(t *testing.T) {
	away := errors.New("away")
	for after := range 3 {
		file := &failing{of: bytes.NewReader(word(t)), after: after, err: away}
		if _, err := Read(file, file.of.Size()); !errors.Is(err, away) {
			t.Errorf("after %d reads the error is %v", after, err)
		}
	}
}

type failing struct {
	of    *bytes.Reader
	after int
	err   error
}

func (f *failing) ReadAt(into []byte, at int64) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return f.of.ReadAt(into, at)
}

func TestProgramsAreKnownByHowTheyBegin(t *testing.T) {
	for begins, want := range map[string]bool{"MZ\x90": true, "\x7fELF": true, "#!/bin/sh": true, "PK": false, "%PDF": false, "": false, "M": false,
		"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46": true} {
		if got, err := IsProgram(strings.NewReader(begins), int64(len(begins))); err != nil || got != want {
			t.Errorf("%q: %v, %v", begins, got, err)
		}
	}
}

// FuzzRead looks for a file that panics, or that makes a document longer than documents are.
func FuzzRead(f *testing.F) {
	f.Add(word(f))
	f.Add([]byte("%PDF-1.4 /Title (a\\053\\\n) <</Type/ObjStm/Filter/FlateDecode>> stream\n" + deflated("/Author<41>") + packet))
	f.Add(pack(f, "META-INF/manifest.xml", "", "content.xml", "<p>a</p>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Text) > maxText || len(got.Properties) > maxText || len(fmt.Sprint(got.Title, got.Subject, got.Author, got.Keywords)) > 5000 {
			t.Errorf("%d bytes of text, %d of properties", len(got.Text), len(got.Properties))
		}
	})
}
