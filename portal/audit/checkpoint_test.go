package audit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func newSigner(t testing.TB, origin string) (*Signer, *Verifier) {
	t.Helper()
	key, err := NewSigningKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ParseSigner(key + "\n")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewVerifier(signer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func sign(t testing.TB, s *Signer, size int64, root tlog.Hash) []byte {
	t.Helper()
	signed, err := s.Sign(size, root)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestACheckpointIsANoteThatOthersRead(t *testing.T) {
	signer, verifier := newSigner(t, "example.org/passerelle")
	root := tlog.RecordHash([]byte("x"))
	signed := sign(t, signer, 42, root)
	want := "example.org/passerelle\n42\n" + root.String() + "\n\n— example.org/passerelle "
	if !strings.HasPrefix(string(signed), want) || strings.Count(string(signed), "\n") != 5 {
		t.Errorf("the checkpoint is\n%s\nwant\n%s…", signed, want)
	}
	if c, err := verifier.Open(signed); err != nil || c != (Checkpoint{"example.org/passerelle", 42, root}) {
		t.Errorf("read it is %+v, %v", c, err)
	}
}

func TestWhatNobodySignedIsNoCheckpoint(t *testing.T) {
	signer, verifier := newSigner(t, "example.org/passerelle")
	stranger, _ := newSigner(t, "example.org/passerelle")
	elsewhere, _ := newSigner(t, "example.org/other")
	root := tlog.RecordHash([]byte("x"))
	signed := string(sign(t, signer, 42, root))
	mixed, err := NewVerifier(signer.PublicKey(), elsewhere.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mixed.Open(sign(t, elsewhere, 42, root)); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("another log's checkpoint gave %v", err)
	}
	renewed, err := NewVerifier(stranger.PublicKey(), signer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := renewed.Open([]byte(signed)); err != nil {
		t.Errorf("what the older key signed gave %v", err)
	}
	other, err := note.Sign(&note.Note{Text: "example.org/passerelle\n042\n" + root.String() + "\n"}, signer.signer)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a stranger's": string(sign(t, stranger, 42, root)), "nothing": "", "a changed size": strings.Replace(signed, "42", "41", 1),
		"without a signature": strings.SplitN(signed, "—", 2)[0], "a size in another form": string(other),
	} {
		if c, err := verifier.Open([]byte(text)); !errors.Is(err, ErrNoCheckpoint) {
			t.Errorf("%s gave %+v, %v", name, c, err)
		}
	}
	for _, key := range []string{"", "PRIVATE+KEY+x", signer.PublicKey()} {
		if _, err := ParseSigner(key); err == nil {
			t.Errorf("the key %q was taken", key)
		}
	}
	if _, err := NewVerifier("x"); err == nil {
		t.Error("a public key that is none was taken")
	}
	if _, err := NewSigningKey("two words"); err == nil {
		t.Error("an origin with a space was taken")
	}
}

func TestACheckpointTakesItsFilesPlaceAllAtOnce(t *testing.T) {
	signer, verifier := newSigner(t, "example.org/passerelle")
	file := filepath.Join(t.TempDir(), "checkpoint")
	for size := range int64(3) {
		if err := WriteCheckpoint(file, sign(t, signer, size, tlog.Hash{})); err != nil {
			t.Fatal(err)
		}
		if c, err := verifier.ReadCheckpoint(file); err != nil || c.Size != size {
			t.Errorf("the file holds %+v, %v", c, err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside it lies %v, %v", left, err)
	}
	if err := WriteCheckpoint(filepath.Join(file, "below"), nil); err == nil {
		t.Error("it was written below a file")
	}
}

// FuzzCheckProof looks for a proof that panics, or proves what was not signed.
func FuzzCheckProof(f *testing.F) {
	signer, verifier := newSigner(f, "example.org/passerelle")
	entry := (&Entry{}).Encode()
	tree := &tree{}
	if _, err := tree.add(entry); err != nil {
		f.Fatal(err)
	}
	root, err := tree.root()
	if err != nil {
		f.Fatal(err)
	}
	signed := string(sign(f, signer, 1, root))
	f.Add(recordProofHeader + "\nextra cGFzc2VyZWxsZQ==\nindex 0\n\n" + signed)
	f.Add(treeProofHeader + "\n\n" + signed + "\n" + signed)
	f.Add(recordProofHeader + "\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		proved, err := CheckProof([]byte(text), verifier)
		if err == nil && (proved.Checkpoint.Size != 1 || proved.Checkpoint.Root != root || proved.Entry != nil && *proved.Entry != Entry{}) {
			t.Errorf("%q proves %+v", text, proved)
		}
	})
}
