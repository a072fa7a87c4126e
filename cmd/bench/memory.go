package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// idleFor is how long the process has been idle when its memory is read: Go collects garbage after two minutes at the
	// latest (runtime/proc.go, forcegcperiod), and gives what it does not need back to the system from then on.
	idleFor = 150 * time.Second
	// idleSoon is the same for a quick run.
	idleSoon = 5 * time.Second
	// linkedAtOnce bounds the logins that are made at the same time.
	linkedAtOnce = 4
)

// logins is a world of members of staff who have each linked a phone, and rest.
type logins struct {
	*world
	count int
}

// logins returns the world of idle logins, and makes it, without any, the first time.
func (b *bench) logins(ctx context.Context) (*logins, error) {
	if b.desk != nil {
		return b.desk, nil
	}
	if err := b.closeConversation(); err != nil {
		return nil, err
	}
	b.say("starting another homeserver, simulated WhatsApp and bridge")
	w, err := b.newWorld(ctx, "logins", nil)
	if err != nil {
		return nil, err
	}
	b.desk = &logins{world: w}
	return b.desk, nil
}

// grow links phones until there are as many logins as wanted, each one of a person of its own.
func (l *logins) grow(ctx context.Context, b *bench, wanted int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.say("linking %d phones, each of a member of staff of its own", wanted-l.count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(linkedAtOnce)
	for ; l.count < wanted; l.count++ {
		n := l.count
		group.Go(func() error { return l.add(ctx, n) })
	}
	return group.Wait()
}

// add makes a member of staff who links a phone and closes her client.
func (l *logins) add(ctx context.Context, n int) (err error) {
	staff, err := l.Homeserver.NewStaff(ctx, fmt.Sprintf("staff%d", n))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, staff.Stop()) }()
	phone, err := l.whatsapp.AddPerson(fmt.Sprintf("+33700001%03d", n), fmt.Sprintf("Staff %d", n))
	if err != nil {
		return err
	}
	return l.link(ctx, staff, phone)
}

// restart stops the bridge in order, starts it, and returns how long it took from the start of the process until /readyz
// named all logins as connected.
func (l *logins) restart(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.Bridge.Stop(); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := l.Bridge.Launch(); err != nil {
		return 0, err
	}
	for {
		ready, err := l.Bridge.Readiness(ctx)
		if err == nil && ready.Ready {
			connected := 0
			for _, login := range ready.Networks["whatsapp"].Logins {
				if login.State == "connected" {
					connected++
				}
			}
			if connected == l.count {
				return time.Since(start), nil
			}
		}
		select {
		case <-l.Bridge.Ended():
			return 0, errors.New("the bridge ended instead of starting")
		default:
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return 0, fmt.Errorf("wait for %d logins to be connected: %w", l.count, err)
		}
	}
}

// idleMemory starts the bridge anew and reads its memory after a rest.
func (l *logins) idleMemory(ctx context.Context, b *bench) (memory, error) {
	if _, err := l.restart(ctx); err != nil {
		return memory{}, err
	}
	rest := idleFor
	if b.amounts == quick {
		rest = idleSoon
	}
	b.say("%d logins rest for %s", l.count, rest)
	if err := pause(ctx, rest); err != nil {
		return memory{}, err
	}
	return memoryOf(l.Bridge.PID())
}

// measureMemory compares a freshly started process without logins with one that has many.
func measureMemory(ctx context.Context, b *bench) (value, beside string, err error) {
	l, err := b.logins(ctx)
	if err != nil {
		return "", "", err
	}
	if l.count > 0 {
		return "", "", errors.New("there are logins already")
	}
	none, err := l.idleMemory(ctx, b)
	if err != nil {
		return "", "", err
	}
	if err := l.grow(ctx, b, b.idle); err != nil {
		return "", "", err
	}
	many, err := l.idleMemory(ctx, b)
	if err != nil {
		return "", "", err
	}
	return fmt.Sprintf("%.1f / %.2f MiB", none.anonymous, (many.anonymous-none.anonymous)/float64(l.count)),
		fmt.Sprintf("RSS %.1f MiB idle, %.1f MiB with %d logins of as many people; each read after a rest", none.resident, many.resident, l.count), nil
}
