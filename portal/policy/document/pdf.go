package document

import (
	"bytes"
	"compress/zlib"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// PDF libraries follow a file's own tables wherever these lead, and allocate what the file says. This one looks through the bytes
// instead, which a broken or hostile file cannot lengthen: properties stand as strings behind their names (ISO 32000-1, 14.3.3), in
// the file or in streams of objects that are unpacked within limits (7.5.7); XMP stands in the clear (14.3.2), or in a stream, too.

const (
	maxStream  = 1 << 20 // bytes that are unpacked of one stream
	maxStreams = 512     // streams that are unpacked
	window     = 1 << 20 // bytes that are looked at at a time, and how many of the next ones with them
	overlap    = 64 << 10
	maxHead    = 8 * window  // of a larger file the beginning and the end are looked at: there properties stand
	maxTail    = 12 * window //
)

// encrypted is what names the encryption of a file (ISO 32000-1, 7.5.5, table 15).
var encrypted = regexp.MustCompile(`/Encrypt\s*(\d+\s+\d+\s+R|<<)`)

// pdfNames are keys of the Info dictionary (ISO 32000-1, table 317), and those that programs add to it. Bookmarks have a Title, too.
var pdfNames = []string{"Title", "Subject", "Author", "Keywords", "Creator", "Producer", "Company", "Category", "Comments", "Classification"}

// maxValues is how many properties are looked at, the same one again included.
const maxValues = 2000

// values are the properties that were looked at.
type values struct {
	known map[string]bool
	count int
}

// readPDF reads what a PDF file says about itself.
func (g *gathered) readPDF(file *budget, size int64) {
	g.Kind = PDF
	seen := &values{known: map[string]bool{}}
	streams := 0
	for at := int64(0); at < size; at += window {
		if at == maxHead && size-at > maxTail {
			at = size - maxTail
		}
		part := make([]byte, min(size-at, window+overlap))
		n, err := file.ReadAt(part, at)
		part = part[:n]
		g.Unreadable = g.Unreadable || encrypted.Match(part)
		g.infoIn(part, seen)
		g.packetsIn(part, seen)
		g.streamsIn(part, &streams, seen)
		if err != nil && !errors.Is(err, io.EOF) {
			break
		}
	}
	if g.Unreadable { // what stands there is encrypted
		g.Title, g.Subject, g.Author, g.Keywords = "", "", "", ""
		g.properties.Reset()
	}
}

// infoIn finds strings behind the names of properties.
func (g *gathered) infoIn(part []byte, seen *values) {
	for _, name := range pdfNames {
		for rest := part; ; {
			at := bytes.Index(rest, []byte("/"+name))
			if at < 0 {
				break
			}
			rest = rest[at+1+len(name):]
			if seen.count++; seen.count > maxValues {
				return
			}
			if value, ok := pdfString(rest); ok {
				g.once(name, value, seen)
			}
		}
	}
}

// once notes a property that was not noted yet: windows overlap, and files hold earlier versions of themselves.
func (g *gathered) once(name, value string, seen *values) {
	if key := name + "\x00" + value; !seen.known[key] && len(seen.known) < maxValues {
		seen.known[key] = true
		if name == "Creator" || name == "Producer" { // the program; the author is the Author
			name = ""
		}
		g.property(name, value)
	}
}

// streamsIn unpacks the streams that begin in the first bytes of a part, and may hold properties.
func (g *gathered) streamsIn(part []byte, streams *int, seen *values) {
	for from := 0; ; {
		at := bytes.Index(part[from:], []byte("stream"))
		if at < 0 || from+at >= window {
			return
		}
		at += from
		from = at + len("stream")
		head := part[max(0, at-512):at]
		if begin := bytes.LastIndex(head, []byte("obj")); begin >= 0 {
			head = head[begin:]
		}
		isObjects, isXMP := bytes.Contains(head, []byte("/ObjStm")), bytes.Contains(head, []byte("/Metadata"))
		if !isObjects && !isXMP || !bytes.Contains(head, []byte("/FlateDecode")) && !bytes.Contains(head, []byte("/Fl ")) {
			continue
		}
		if *streams++; *streams > maxStreams || g.unpacked >= maxUnpacked {
			return
		}
		unpacked := inflate(bytes.TrimLeft(part[from:], "\r\n"), min(maxStream, maxUnpacked-g.unpacked))
		g.unpacked += int64(len(unpacked))
		if isObjects {
			g.infoIn(unpacked, seen)
		} else {
			g.packetsIn(unpacked, seen)
		}
	}
}

// inflate unpacks at most limit bytes, and returns what it could.
func inflate(packed []byte, limit int64) []byte {
	reader, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	io.Copy(&out, io.LimitReader(reader, limit)) // a stream that breaks off holds what came before
	return out.Bytes()
}

// packetsIn finds XMP packets (XMP specification part 1, 7).
func (g *gathered) packetsIn(part []byte, seen *values) {
	for {
		at := bytes.Index(part, []byte("<x:xmpmeta"))
		if at < 0 {
			at = bytes.Index(part, []byte("<rdf:RDF"))
		}
		if at < 0 {
			return
		}
		part = part[at:]
		end := bytes.Index(part, []byte("</rdf:RDF>"))
		if end < 0 {
			end = len(part)
		}
		g.packet(part[:end], seen)
		part = part[min(len(part), end+1):]
	}
}

// packet reads an XMP packet: a property is an element, in which lists may stand (7.5), or an attribute of rdf:Description.
func (g *gathered) packet(text []byte, seen *values) {
	// The packet breaks off where its RDF ends: an error says nothing.
	_ = eachText(bytes.NewReader(text), func(path []xml.Name, attributes []xml.Attr, value string, _ bool) bool {
		if len(path) == 0 {
			return true
		}
		if value == "" {
			for _, a := range attributes {
				if !slices.Contains([]string{"xmlns", "xml", "rdf", ""}, a.Name.Space) {
					g.once(xmpName(a.Name), a.Value, seen)
				}
			}
			return true
		}
		at := len(path) - 1
		for at > 0 && path[at].Space == "rdf" {
			at--
		}
		if strings.TrimSpace(value) != "" {
			g.once(xmpName(path[at]), strings.TrimSpace(value), seen)
		}
		return g.properties.Len() < maxText-1
	})
}

// xmpName is a property's name as the Info dictionary has it.
func xmpName(name xml.Name) string {
	switch name.Local {
	case "creator":
		return "Author"
	case "description":
		return "Subject"
	case "subject":
		return "Keywords"
	case "title", "Keywords":
		return name.Local
	}
	return ""
}

// pdfString reads the string that a value begins with (ISO 32000-1, 7.3.4).
func pdfString(value []byte) (text string, ok bool) {
	value = bytes.TrimLeft(value, " \t\r\n\f\x00")
	switch {
	case len(value) == 0:
		return "", false
	case value[0] == '(':
		return pdfText(literal(value[1:])), true
	case value[0] == '<' && !bytes.HasPrefix(value, []byte("<<")):
		return pdfText(hexadecimal(value[1:])), true
	}
	return "", false
}

// maxString is how long a property may be, in bytes.
const maxString = 16 << 10

// literal reads a string in parentheses (7.3.4.2).
func literal(value []byte) (out []byte) {
	depth := 1
	for i := 0; i < len(value) && len(out) < maxString; i++ {
		c := value[i]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return out
			}
		case '\\':
			if i++; i == len(value) {
				return out
			}
			stands, used := escaped(value[i:])
			out = append(out, stands...)
			i += used - 1
			continue
		}
		out = append(out, c)
	}
	return out
}

// escaped reads what stands behind a backslash, of which there is some, and tells how long it is. A line break stands for nothing.
func escaped(value []byte) (stands []byte, used int) {
	switch value[0] {
	case 'n', 'r', 't', 'b', 'f':
		return []byte{' '}, 1
	case '\r', '\n':
		if bytes.HasPrefix(value, []byte("\r\n")) {
			return nil, 2
		}
		return nil, 1
	}
	for used < 3 && used < len(value) && value[used] >= '0' && value[used] <= '7' {
		used++
	}
	if used == 0 {
		return value[:1], 1
	}
	number, _ := strconv.ParseUint(string(value[:used]), 8, 16) // digits alone
	return []byte{byte(number)}, used
}

// hexadecimal reads a string in angle brackets (7.3.4.3).
func hexadecimal(value []byte) (out []byte) {
	half, has := byte(0), false
	for _, c := range value {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		switch {
		case c == '>' || len(out) == maxString:
			if has {
				out = append(out, half<<4)
			}
			return out
		case digit < 0 || c < '0':
		case has:
			out, has = append(out, half<<4|byte(digit)), false
		default:
			half, has = byte(digit), true
		}
	}
	return out
}

// pdfText decodes a text string: UTF-16 or UTF-8 with their marks, or PDFDocEncoding, of which the letters are those of Windows-1252
// or Latin-1 (7.9.2.2).
func pdfText(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\xfe\xff")), bytes.HasPrefix(raw, []byte("\xff\xfe")):
		units := make([]uint16, 0, len(raw)/2)
		for i := 2; i+1 < len(raw); i += 2 {
			unit := uint16(raw[i])<<8 | uint16(raw[i+1])
			if raw[0] == 0xff {
				unit = unit>>8 | unit<<8
			}
			units = append(units, unit)
		}
		return string(utf16.Decode(units))
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(raw[3:]), "")
	}
	text, _ := charmap.Windows1252.NewDecoder().Bytes(raw) // it has a character for every byte
	return string(text)
}
