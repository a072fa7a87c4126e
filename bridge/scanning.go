package bridge

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// countScans counts what a scanner says, and logs when it goes away and comes back.
func (m *metrics) countScans(scanner portal.Scanner, log zerolog.Logger) portal.Scanner {
	return &countingScanner{Scanner: scanner, metrics: m, log: log}
}

type countingScanner struct {
	portal.Scanner
	metrics *metrics
	log     zerolog.Logger

	mu   sync.Mutex
	away bool // guarded by mu
}

var _ portal.ReadyScanner = (*countingScanner)(nil)

// Scan looks into a file, and counts how that ended.
func (c *countingScanner) Scan(ctx context.Context, file *portal.File) (portal.Finding, error) {
	found, err := c.Scanner.Scan(ctx, file)
	outcome := "clean"
	switch {
	case ctx.Err() != nil:
		return found, err
	case errors.Is(err, portal.ErrScannerAway), found.Unscanned == portal.RuleScanAway:
		outcome = "away"
	case err != nil:
		outcome = "failed"
	case found.Unscanned != "":
		outcome = "too_large"
	case found.Name != "":
		outcome = "found"
	}
	if _, none := c.Scanner.(portal.NoScanner); !none {
		c.metrics.scans.WithLabelValues(outcome).Inc()
	}
	if outcome != "failed" {
		c.note(outcome == "away", err)
	}
	return found, err
}

// Ready asks a scanner that was away whether it is back (see [portal.ReadyScanner]).
func (c *countingScanner) Ready(ctx context.Context) error {
	scanner, ok := c.Scanner.(portal.ReadyScanner)
	if !ok {
		return nil
	}
	err := scanner.Ready(ctx)
	if ctx.Err() == nil {
		c.note(err != nil, err)
	}
	return err
}

// note notes whether the scanner is away.
func (c *countingScanner) note(away bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away == away {
		return
	}
	c.away = away
	if away {
		c.metrics.away.Set(1)
		c.log.Error().Err(err).Msg("The scanner does not answer (docs/operate.md, \"Scan files\")")
		return
	}
	c.metrics.away.Set(0)
	c.log.Info().Msg("The scanner answers again")
}

// scanWaits are the messages whose files wait for the scanner. Each waits in its lane, of the inbox or of the journal, and is tried
// again; its room reads once that it waits, over restarts, too. The notice goes when the message does.
type scanWaits struct {
	out     turns  // those on the way out: who deletes one ends its wait
	notices memory // by name: the room and the notice

	mu    sync.Mutex
	files map[string]*waitingFile // guarded by mu; by name, in this run
}

// waitingFile is a file that waits.
type waitingFile struct {
	since  time.Time
	told   bool // its room reads it, or soon will
	saying sync.WaitGroup
}

// fileWaits notes that a message's file waits for the scanner, and says so once it has for a while.
func (n *network) fileWaits(name string, room id.RoomID, about id.EventID, to id.UserID, text string) {
	s := &n.scans
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.files[name]
	if file == nil {
		file = &waitingFile{since: time.Now(), told: s.notices.get(name) != ""}
		if s.files == nil {
			s.files = map[string]*waitingFile{}
		}
		s.files[name] = file
	}
	if file.told || time.Since(file.since) < n.host.options.TellWaitsAfter {
		return
	}
	file.told = true
	file.saying.Add(1)
	now := n.current.Load()
	now.tasks.Go(func() {
		defer file.saying.Done()
		if notice, err := n.notify(now.ctx, room, about, to, text); err == nil {
			s.notices.set(now.ctx, name, room.String()+" "+notice.String())
		}
	})
}

// fileWaitsIn is fileWaits for a message on its way in.
func (n *network) fileWaitsIn(ctx context.Context, name string, key networkid.PortalKey) {
	room, err := n.bridge().GetExistingPortalByKey(ctx, key)
	if err != nil || !handover.HasRoom(room) {
		return // the next attempt asks again
	}
	var reader id.UserID // of a chat that is one person's
	if login := n.bridge().GetCachedUserLoginByID(key.Receiver); login != nil {
		reader = login.UserMXID
	}
	n.fileWaits(name, room.MXID, "", "", n.sayTo(reader, say.FileWaits, n.title()))
}

// fileGoes notes that a message waits no longer, if it did, and takes the notice back.
func (n *network) fileGoes(name string) {
	s := &n.scans
	s.mu.Lock()
	file := s.files[name]
	delete(s.files, name)
	s.mu.Unlock()
	if file == nil && s.notices.get(name) == "" {
		return
	}
	now := n.current.Load()
	now.tasks.Go(func() {
		if file != nil {
			file.saying.Wait()
		}
		room, notice, ok := strings.Cut(s.notices.get(name), " ")
		if !ok {
			return
		}
		_, err := n.bridge().Bot.SendMessage(now.ctx, id.RoomID(room), event.EventRedaction, &event.Content{
			Parsed: &event.RedactionEventContent{Redacts: id.EventID(notice)},
		}, nil)
		if err != nil {
			n.log.Warn().Err(err).Msg("A notice that a file waits stays, though it does not any more")
		}
		if err == nil || now.ctx.Err() == nil {
			s.notices.set(now.ctx, name, "")
		}
	})
}
