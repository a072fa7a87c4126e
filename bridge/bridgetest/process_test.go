package bridgetest

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFailedServerShowsTheEndOfItsLog(t *testing.T) {
	p, err := startProcess(exec.Command("sh", "-c", "seq 5000; echo no such table; exit 3"), filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	failure := p.failure(errors.New("starting the server"))
	text := failure.Error()
	for _, want := range []string{"starting the server", "exit status 3", "\n4999\n5000\nno such table\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the failure does not say %q:\n%s", want, text)
		}
	}
	if len(text) > 5000 {
		t.Errorf("the failure is %d bytes long", len(text))
	}
}

func TestStoppingAndKillingEndTheWholeGroup(t *testing.T) {
	for name, end := range map[string]func(*process) error{
		"stop": func(p *process) error { return p.stop(syscall.SIGTERM) },
		"kill": (*process).kill,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := startProcess(exec.Command("sh", "-c", "sleep 600 & sleep 600"), filepath.Join(t.TempDir(), "server.log"))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time there is nothing to do
				if err := end(p); err != nil {
					t.Fatal(err)
				}
			}
			if !p.ended() {
				t.Error("the server runs on")
			}
		})
	}
}

func TestOneBuildsAndTheOthersWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockFile(t.Context(), path, newReporter(nil))
	if err != nil {
		t.Fatal(err)
	}

	impatient, cancel := context.WithCancel(t.Context())
	waits := &signalWriter{written: make(chan struct{})}
	second := make(chan error, 1)
	go func() {
		_, err := lockFile(impatient, path, waits)
		second <- err
	}()
	<-waits.written
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("one who gives up waiting: %v, want the context's error", err)
	}

	third := make(chan error, 1)
	waits = &signalWriter{written: make(chan struct{})}
	go func() {
		unlock, err := lockFile(t.Context(), path, waits)
		if err == nil {
			unlock()
		}
		third <- err
	}()
	<-waits.written
	if !strings.Contains(waits.text.String(), "another process") {
		t.Errorf("told %q, want to hear of the other process", waits.text.String())
	}
	first()
	if err := <-third; err != nil {
		t.Errorf("one who waits: %v", err)
	}
}

// A signalWriter closes a channel at the first line.
type signalWriter struct {
	written chan struct{}
	text    bytes.Buffer
}

func (w *signalWriter) Write(line []byte) (int, error) {
	defer close(w.written)
	return w.text.Write(line)
}
