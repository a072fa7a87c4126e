package bridgetest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A judge is a test that notes its failure instead of failing, and whose waits
// are short.
type judge struct {
	testing.TB
	ctx     context.Context
	verdict string
}

func (j *judge) Context() context.Context { return j.ctx }

func (j *judge) Fatalf(format string, args ...any) {
	j.verdict = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestAFailureShowsWhatWasHeard(t *testing.T) {
	world := NewWorld(t, HomeserverOptions{})
	alice, bob := world.Staff(t, "alice"), world.Staff(t, "bob")
	room := alice.StartsRoom("Planning", bob.ID())
	alice.Says(room, "the first thing")
	alice.SaysInClear(room, "a clear word")
	bob.Hears(room, "a clear word")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	j := &judge{TB: t, ctx: ctx}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		(&Actor{Staff: bob.Staff, t: j}).Hears(room, "the second thing")
	}()
	<-heard
	for _, want := range []string{
		`bob waits for "the second thing"`, "deadline exceeded", `"Planning"`,
		`@alice:passerelle.test m.room.message "the first thing" (encrypted)`,
		`@alice:passerelle.test m.room.message "a clear word" (CLEAR)`,
	} {
		if !strings.Contains(j.verdict, want) {
			t.Errorf("the failure does not show %s:\n%s", want, j.verdict)
		}
	}
}
