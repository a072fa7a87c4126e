package whatsapptest

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestAKeyUnderAPairingCode(t *testing.T) {
	t.Parallel()
	key := randomBytes(32)
	wrapped, err := wrapKey("ABCD1234", key)
	must(t, err)
	if plain, err := unwrapKey("ABCD1234", wrapped); err != nil || !bytes.Equal(plain, key) {
		t.Errorf("unwraps to %x, %v", plain, err)
	}
	if plain, err := unwrapKey("ABCD1235", wrapped); err != nil || bytes.Equal(plain, key) {
		t.Errorf("another code unwraps to %x, %v", plain, err)
	}
}

func FuzzQRCodes(f *testing.F) {
	key := strings.Repeat("A", 43) + "="
	f.Add("https://wa.me/settings/linked_devices#2@ref," + key + "," + key + "," + key + ",1")
	f.Add("2@ref," + key + "," + key + "," + key)
	f.Add(",,,")
	f.Fuzz(func(t *testing.T, code string) {
		qr, err := parseQR(code)
		if err != nil {
			if !errors.Is(err, ErrBadQR) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if qr.reference == "" || len(qr.noise) != 32 || len(qr.identity) != 32 || len(qr.auth) != 32 {
			t.Fatalf("code is %+v", qr)
		}
	})
}

func FuzzPairingCodes(f *testing.F) {
	f.Add("ABCD-1234")
	f.Add("abcd 1234")
	f.Fuzz(func(t *testing.T, code string) {
		clean, err := normalizePairingCode(code)
		if err == nil && len(clean) != 8 {
			t.Fatalf("%q becomes %q", code, clean)
		}
	})
}

func FuzzKeyBundles(f *testing.F) {
	phone := bytes.Repeat([]byte{7}, 32)
	f.Add(make([]byte, 32), make([]byte, 44), make([]byte, 32))
	f.Add(make([]byte, 32), make([]byte, 200), []byte{})
	f.Fuzz(func(t *testing.T, shared, bundle, identity []byte) {
		if _, err := openKeyBundle(shared, pairingAnswer{bundle: bundle, identity: identity}, phone); err == nil {
			t.Fatal("a bundle that nobody sealed opened")
		}
	})
}

func FuzzWrappedKeys(f *testing.F) {
	f.Add(make([]byte, wrappedKeySize))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		key, err := unwrapKey("ABCD1234", wrapped)
		if (err == nil) != (len(wrapped) == wrappedKeySize) || err == nil && len(key) != 32 {
			t.Fatalf("%d bytes unwrap to %d, %v", len(wrapped), len(key), err)
		}
	})
}
