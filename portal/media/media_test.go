package media

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
)

func photo(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestNamesAndTypesThatStrangersState(t *testing.T) {
	for stated, want := range map[string]string{"a.pdf": "a.pdf", "../../etc/passwd": "passwd", `C:\\temp\\plan.png`: "plan.png", "..": "", "/": "", "": ""} {
		if got := FileName(stated); got != want {
			t.Errorf("%q is called %q, want %q", stated, got, want)
		}
	}
	for stated, want := range map[string]string{"audio/ogg; codecs=opus": ".ogg", "image/jpeg": ".jpg", "": "", "nonsense": "", "video/3gpp": ".3gp"} {
		if got := Extension(stated); got != want {
			t.Errorf("%q ends in %q, want %q", stated, got, want)
		}
	}
}

func TestAPictureThatSwellsIsNotRead(t *testing.T) {
	if _, err := Decode(bytes.NewReader(photo(t, 100, 100)), 99*100); err != ErrPictureTooLarge {
		t.Errorf("it is read, with %v", err)
	}
	small, size, err := Shrink(bytes.NewReader(photo(t, 300, 150)), 72)
	if err != nil || size != image.Pt(300, 150) {
		t.Fatalf("shrink gave %v, %v", size, err)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(small))
	if err != nil || config.Width != 72 || config.Height != 36 {
		t.Errorf("the small picture is %+v, %v", config, err)
	}
	if _, _, err := Shrink(bytes.NewReader(photo(t, 1, 300)), 72); err != nil {
		t.Errorf("a thin picture: %v", err)
	}
}

func FuzzWhatStrangersState(f *testing.F) {
	f.Add("a/../b", "image/jpeg; x", []byte("\xff\xd8\xff"))
	f.Add(`..\\..`, "", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Add("", ";;", []byte("GIF89a"))
	f.Fuzz(func(t *testing.T, name, kind string, data []byte) {
		if got := FileName(name); strings.ContainsAny(got, `/\`) || got == ".." || got == "." {
			t.Errorf("%q is called %q", name, got)
		}
		if got := Extension(kind); got != "" && got[0] != '.' {
			t.Errorf("%q ends in %q", kind, got)
		}
		picture, err := Decode(bytes.NewReader(data), 1<<16)
		if err != nil {
			return
		}
		if size := picture.Bounds().Size(); size.X*size.Y > 1<<16 || Blurhash(picture) == "" {
			t.Errorf("it is %v", size)
		}
	})
}
