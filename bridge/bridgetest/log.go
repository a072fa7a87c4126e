package bridgetest

import (
	"sync"
	"testing"

	"github.com/rs/zerolog"
)

// NewLog returns a log of warnings and errors that goes to the test's output, and nowhere once the test and the cleanups
// that were registered after it have ended: bridgev2 waits for no portal when it stops, and testing panics on what is
// written after the end.
func NewLog(t testing.TB) zerolog.Logger {
	w := &testLog{t: t}
	t.Cleanup(w.end)
	return zerolog.New(w).Level(zerolog.WarnLevel)
}

type testLog struct {
	mu sync.Mutex
	t  testing.TB // nil after the end; guarded by mu
}

func (l *testLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t = nil
}

// Write implements io.Writer for a line of the log.
func (l *testLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t != nil {
		l.t.Logf("%s", line)
	}
	return len(line), nil
}
