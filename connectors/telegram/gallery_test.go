package telegram

import (
	"encoding/json"
	"testing"

	"maunium.net/go/mautrix/event"
)

// asSent decodes a message as bridgev2 hands it over.
func asSent(t testing.TB, text []byte) (*event.MessageEventContent, map[string]any) {
	t.Helper()
	content, raw := &event.MessageEventContent{}, map[string]any{}
	if json.Unmarshal(text, content) != nil || json.Unmarshal(text, &raw) != nil {
		return nil, nil
	}
	return content, raw
}

func TestAGalleryGoesAsAnAlbum(t *testing.T) {
	for _, kind := range []string{"m.gallery", "dm.filament.gallery"} {
		content, raw := asSent(t, []byte(`{"msgtype":"`+kind+`","body":"Le chantier","itemtypes":[
			{"itemtype":"m.image","body":"a.jpg","file":{"url":"mxc://x/a"},"info":{"w":40,"h":30,"mimetype":"image/jpeg","size":9}},
			{"itemtype":"org.example.hologram","body":"h"}, 7,
			{"itemtype":"m.video","body":"le pont","filename":"b.mp4","url":"mxc://x/b","info":{"mimetype":"video/mp4"}}]}`))
		out := convertOut(content, occasion{raw: raw, by: signed()})
		if out == nil || len(out.parts) != 1 || len(out.parts[0].files) != 2 {
			t.Fatalf("%s: %+v", kind, out)
		}
		files := out.parts[0].files
		if files[0].kind != kindPhoto || files[1].kind != kindVideo || files[1].name != "b.mp4" || files[0].from.File == nil || files[1].from.URL != "mxc://x/b" {
			t.Errorf("%s: %+v, %+v", kind, files[0], files[1])
		}
		if files[0].caption.text != "Karim 🎈: Le chantier" || files[1].caption.text != "le pont" {
			t.Errorf("%s: %q, %q", kind, files[0].caption.text, files[1].caption.text)
		}
	}
	content, raw := asSent(t, []byte(`{"msgtype":"m.gallery","body":"vide","itemtypes":[]}`))
	if convertOut(content, occasion{raw: raw}) != nil {
		t.Error("an empty gallery is something")
	}
}

func FuzzGallery(f *testing.F) {
	f.Add([]byte(`{"msgtype":"m.gallery","itemtypes":[{"itemtype":"m.file","info":null}]}`))
	f.Add([]byte(`{"msgtype":"dm.filament.gallery","itemtypes":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		content, raw := asSent(t, text)
		if content == nil {
			return
		}
		if gallery := galleryOut(content, raw); gallery != nil {
			albumOut(gallery, occasion{raw: raw})
		}
	})
}
