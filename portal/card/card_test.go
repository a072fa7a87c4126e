package card

import (
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
)

const roux = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Roux;Dan;;;\r\nORG:Port;Pilots\r\nitem1.TEL:+33 1 99 00 12 34\r\nEND:VCARD"

func TestACardIsRead(t *testing.T) {
	all, err := Read(strings.NewReader(roux + "\r\n" + roux))
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	c := all[0]
	if c.Name != "Dan Roux" || c.Given != "Dan" || c.Family != "Roux" || !slices.Equal(c.Numbers, []string{"+33 1 99 00 12 34"}) || c.Said("") != "Dan Roux\nPort, Pilots\n+33 1 99 00 12 34" {
		t.Errorf("%+v", c)
	}
	if parts := Split(roux + "\r\n" + roux); !slices.Equal(parts, []string{roux, roux}) {
		t.Errorf("%q", parts)
	}
}

func TestAFileOfCardsIsKnown(t *testing.T) {
	for want, contents := range map[bool][]event.MessageEventContent{
		true:  {{Body: "x.VCF"}, {Body: "x", Info: &event.FileInfo{MimeType: "text/x-vcard; charset=utf-8"}}},
		false: {{Body: "vcf"}, {Body: "x.txt", Info: &event.FileInfo{MimeType: "text/plain"}}},
	} {
		for _, content := range contents {
			if IsFile(&content) != want {
				t.Errorf("%+v: want %t", content, want)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(roux)
	f.Add("BEGIN:VCARD\nTEL;A=\"\\x\":1\n folded\nEND:VCARD")
	f.Fuzz(func(t *testing.T, source string) {
		all, err := Read(strings.NewReader(source))
		if err == nil && len(all) > 0 && all[0].Said("Somebody") == "" {
			t.Error("it says nothing")
		}
	})
}
