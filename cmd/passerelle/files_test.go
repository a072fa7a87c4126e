package main

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

const (
	// large is the size of a file that must not be held in memory, in bytes.
	large = 100 << 20
	// mayGrow is by how much the bridge may grow while such files cross, in KiB.
	mayGrow = 60 << 10
)

// resident returns a figure of a process's memory, in KiB: VmRSS is what it is now, VmHWM the most that it was.
func resident(t *testing.T, pid int, figure string) (kib int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	_, line, found := strings.Cut(string(status), "\n"+figure+":")
	if _, err := fmt.Sscan(line, &kib); !found || err != nil {
		t.Fatalf("the process's status says nothing of %s: %v", figure, err)
	}
	return kib
}

// A spoolWatch looks at the files that the bridge holds open, those without a name among them.
type spoolWatch struct {
	pid     int
	pieces  [][]byte     // of what must not be readable
	largest atomic.Int64 // in bytes
	read    atomic.Int64 // how many pieces were found
}

// keepsLooking looks until the returned function is called: at sizes often, and at contents as often as that goes.
func (w *spoolWatch) keepsLooking(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	again := func(look func(path string)) {
		looking.Go(func() {
			for ctx.Err() == nil {
				open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", w.pid))
				for _, path := range open {
					if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
						look(path)
					}
				}
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	again(func(path string) {
		if info, err := os.Stat(path); err == nil {
			w.largest.Store(max(w.largest.Load(), info.Size()))
		}
	})
	again(func(path string) {
		if data, err := os.ReadFile(path); err == nil {
			w.read.Add(int64(w.found(data)))
		}
	})
	return func() { cancel(); looking.Wait() }
}

// found counts the pieces that can be read in data.
func (w *spoolWatch) found(data []byte) (count int) {
	for _, piece := range w.pieces {
		if bytes.Contains(data, piece) {
			count++
		}
	}
	return count
}

// TestALargeFileCrossesWithoutBeingHeld sends 100 MiB each way, and looks at the bridge's memory and at its temporary files.
func TestALargeFileCrossesWithoutBeingHeld(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not tell a process's memory")
	}
	temporary := t.TempDir()
	s := newStage(t)
	must(t, s.bridge.Stop())
	t.Setenv("TMPDIR", temporary) // for the bridge alone: all else runs already
	must(t, s.bridge.Start(t.Context()))
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, phone)
	if _, err := amina.SendImage(bounded(t), phone.Number(), whatsapptest.Image{Data: picture(t, 40), Caption: "a small one"}); err != nil {
		t.Fatal(err)
	}
	room := claire.Waits("the small picture", func(h bridgetest.Heard) bool { return h.Text == "a small one" }).Room
	claire.SendsImage(room, picture(t, 90), "another small one")
	reads(t, amina, "another small one")

	in, out := make([]byte, large), make([]byte, large)
	crand.Read(in)
	crand.Read(out)
	w := &spoolWatch{pid: s.bridge.PID()}
	for at := large / 5; at < large; at += large / 5 {
		w.pieces = append(w.pieces, in[at:at+32], out[at:at+32])
	}
	if w.found(in) == 0 || w.found(out) == 0 {
		t.Fatal("the watch sees nothing")
	}
	before := resident(t, w.pid, "VmRSS")
	must(t, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", w.pid), []byte("5"), 0)) // proc(5): VmHWM starts anew
	enough := w.keepsLooking(t)
	defer enough()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()

	_, err := amina.SendImage(ctx, phone.Number(), whatsapptest.Image{Data: in, Caption: "the plans"})
	must(t, err)
	plans, err := claire.Staff.Waits(ctx, "the plans", func(h bridgetest.Heard) bool { return h.Text == "the plans" })
	must(t, err)
	got, err := claire.Staff.Downloads(ctx, plans)
	must(t, err)
	if !bytes.Equal(got, in) || plans.Message().Info.Size != large {
		t.Error("the file from WhatsApp arrived changed")
	}
	onlyIn := w.largest.Swap(0)

	_, err = claire.Staff.Attaches(ctx, room, bridgetest.Attachment{Name: "plans.bin", Data: out})
	must(t, err)
	entry, err := amina.WaitFor(ctx, func(e whatsapptest.Entry) bool { return e.Media != nil && e.Media.Name == "plans.bin" })
	must(t, err)
	if !bytes.Equal(entry.Media.Data(), out) {
		t.Error("the file from Matrix arrived changed")
	}
	enough()
	peak := resident(t, w.pid, "VmHWM")
	t.Logf("the bridge took %d KiB before, and %d KiB at most", before, peak)
	if peak-before > mayGrow {
		t.Errorf("the bridge grew by %d KiB", peak-before)
	}
	if onlyIn < large || w.largest.Load() < large {
		t.Errorf("on the disk were seen %d bytes on the way in, %d on the way out", onlyIn, w.largest.Load())
	}
	if read := w.read.Load(); read > 0 {
		t.Errorf("%d pieces could be read on the disk", read)
	}
	for _, pattern := range []string{temporary + "/*", filepath.Dir(s.bridge.Config()) + "/*/passerelle-spool-*"} {
		if left, err := filepath.Glob(pattern); err != nil || len(left) > 0 {
			t.Errorf("files are left: %q, %v", left, err)
		}
	}
}

// TestAFileThatWasExchangedIsNotSentOn: the homeserver gives out another file than the one that Claire sent.
func TestAFileThatWasExchangedIsNotSentOn(t *testing.T) {
	s := newStage(t)
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, phone)
	says(t, amina, phone.Number(), "Bonjour")
	room := claire.Waits("the message", func(h bridgetest.Heard) bool { return h.Text == "Bonjour" }).Room
	key := attachment.NewEncryptedFile()
	data := bytes.Repeat([]byte("plan "), 500_000)
	key.EncryptInPlace(data)
	data[len(data)-1] ^= 1
	uploaded, err := claire.Client().UploadBytes(bounded(t), data, "application/octet-stream")
	must(t, err)
	tried := claire.Sends(room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgFile, Body: "plan.txt",
		Info: &event.FileInfo{MimeType: "text/plain", Size: len(data)},
		File: &event.EncryptedFileInfo{EncryptedFile: *key, URL: uploaded.ContentURI.CUString()}})
	claire.Waits("the word that it was not sent", func(h bridgetest.Heard) bool {
		return h.RepliesTo == tried && h.Text == say.English.Say(say.FileDamaged, "WhatsApp") && h.WasEncrypted
	})
	claire.Says(room, "C’est tout.")
	reads(t, amina, "C’est tout.")
	for _, entry := range amina.Inbox() {
		if entry.Media != nil {
			t.Errorf("Amina’s phone shows %+v", entry.Media)
		}
	}
}

// TestAKillLeavesNoFile kills the bridge while a file is on its way, and lets it start again.
func TestAKillLeavesNoFile(t *testing.T) {
	var proxy *bridgetest.Proxy
	s := newStage(t, proxied(t, &proxy))
	claire := s.Staff(t, "claire")
	phone := s.whatsapp.MustAddPerson("+33700000001", "Claire")
	amina := s.whatsapp.MustAddPerson("+33612345678", "Amina")
	s.links(t, claire, phone)
	held := proxy.Inject(bridgetest.On("POST", "/v3/upload"), bridgetest.Hold(), 0)
	data := make([]byte, 5<<20)
	crand.Read(data)
	_, err := amina.SendImage(bounded(t), phone.Number(), whatsapptest.Image{Data: data, Caption: "the plans"})
	must(t, err)
	must(t, held.WaitHits(bounded(t), 1))
	must(t, s.bridge.Kill())
	held.Lift()
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(s.bridge.Config()), "*", "passerelle-spool-*")); err != nil || len(left) > 0 {
		t.Errorf("the kill left %q, %v", left, err)
	}
	must(t, s.bridge.Start(t.Context()))
	plans := claire.Waits("the plans", func(h bridgetest.Heard) bool { return h.Text == "the plans" })
	if !bytes.Equal(claire.Downloads(plans), data) {
		t.Error("the file arrived changed")
	}
}
