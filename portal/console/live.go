package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// live sends the parts of the first page that change, as server-sent events (HTML, "server-sent events"): "counts" and "approvals"
// with the part as the page has it, "waiting" with a sentence, and "over" to whoever is not in, or no longer. It ends with the
// session, the person's role, or the server.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep it back
	v := &visit{c: c, w: w, r: r}
	stream := liveStream{visit: v, control: http.NewResponseController(w), sent: map[string][]byte{}}
	ticker := time.NewTicker(c.livePace)
	defer ticker.Stop()
	for {
		in := v.sits()
		v.language = v.reads()
		if !in {
			_ = stream.event("over", []byte(v.t("over"))) // the reader may have gone, too
			return
		}
		if err := stream.send(r.Context()); err != nil {
			return // the reader has gone, or will ask again
		}
		select {
		case <-r.Context().Done():
			return
		case <-c.options.Stopping:
			return
		case <-ticker.C:
		}
	}
}

// liveStream is what one reader has got.
type liveStream struct {
	*visit
	control *http.ResponseController
	sent    map[string][]byte
	waited  int
	began   bool
}

// send sends what is new. An error means that nobody reads.
func (s *liveStream) send(ctx context.Context) error {
	state, err := s.seat.Overview(ctx, 1)
	if err != nil {
		return s.event("", nil)
	}
	waiting, err := s.waiting()
	if err != nil {
		return s.event("", nil)
	}
	for _, part := range []struct {
		name string
		data any
	}{{"counts", countsOf(state)}, {"approvals", waiting}} {
		body, err := s.fill("overview", part.name, part.data)
		if err != nil {
			return err
		}
		if bytes.Equal(body, s.sent[part.name]) {
			continue
		}
		s.sent[part.name] = body
		if err := s.event(part.name, body); err != nil {
			return err
		}
	}
	if s.began && len(waiting.Approvals) != s.waited {
		if err := s.event("waiting", []byte(s.t("waiting-now", len(waiting.Approvals)))); err != nil {
			return err
		}
	}
	s.began, s.waited = true, len(waiting.Approvals)
	return s.event("", nil)
}

// event sends one event; without a name a comment, which tells whether somebody still reads.
func (s *liveStream) event(name string, data []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(livePatience)); err != nil {
		return err
	}
	if name == "" {
		fmt.Fprint(s.w, ":\n\n")
		return s.control.Flush()
	}
	fmt.Fprintf(s.w, "event: %s\n", name)
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		fmt.Fprintf(s.w, "data: %s\n", line)
	}
	fmt.Fprint(s.w, "\n")
	return s.control.Flush()
}
