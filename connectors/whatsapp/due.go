package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// due is something that an account does by itself when its time has come: an arrival that is put into the inbox then. It is
// kept with the login until the arrival is delivered, whose delivery lets go of it, and holds no content.
type due struct {
	Name string    `json:"name"` // one of a name is kept: a later one takes its place
	At   time.Time `json:"at"`
	Came *arrival  `json:"came"`
}

// mostDue bounds what is kept of a login. What is due first gives way: it is done at once.
const mostDue = 256

// doLater keeps what is to be done later.
func (a *account) doLater(ctx context.Context, later due) error {
	err := a.keep(ctx, func(kept *LoginMetadata) {
		kept.Due = slices.DeleteFunc(kept.Due, func(d due) bool { return d.Name == later.Name })
		kept.Due = append(kept.Due, later)
		slices.SortStableFunc(kept.Due, func(x, y due) int { return x.At.Compare(y.At) })
		for i := range len(kept.Due) - mostDue {
			kept.Due[i].At = time.Time{}
		}
	})
	if err != nil {
		return fmt.Errorf("keep what is to be done later: %w", err)
	}
	select {
	case a.dueChanged <- struct{}{}:
	default:
	}
	return nil
}

// doneWith forgets what was to be done later, if it is still the same.
func (a *account) doneWith(ctx context.Context, done due) error {
	return a.keep(ctx, func(kept *LoginMetadata) {
		kept.Due = slices.DeleteFunc(kept.Due, func(d due) bool { return d.Name == done.Name && d.Came.ID == done.Came.ID })
	})
}

// dueNamed returns what is to be done under a name. It is not ok when there is nothing.
func (a *account) dueNamed(name string) (d due, ok bool) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	all := a.login.Metadata.(*LoginMetadata).Due
	i := slices.IndexFunc(all, func(d due) bool { return d.Name == name })
	if i < 0 {
		return due{}, false
	}
	return all[i], true
}

// nextDue returns what is to be done first, beside what is under way: arrivals by the name of what was due. It is not ok when
// there is nothing.
func (a *account) nextDue(underWay map[string]types.MessageID) (d due, ok bool) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	all := slices.DeleteFunc(slices.Clone(a.login.Metadata.(*LoginMetadata).Due), func(d due) bool { return underWay[d.Name] == d.Came.ID })
	if len(all) == 0 {
		return due{}, false
	}
	return slices.MinFunc(all, func(x, y due) int { return x.At.Compare(y.At) }), true
}

// doDue does what is due, until ctx ends. After a crash it does it again, which changes nothing.
func (a *account) doDue(ctx context.Context) {
	underWay := map[string]types.MessageID{}
	for {
		next, ok := a.nextDue(underWay)
		wait := time.Hour // that somebody changes what is due is told; clocks that are set are not
		if ok {
			wait = min(wait, time.Until(next.At))
		}
		if ok && wait <= 0 {
			came := *next.Came
			if came.At.After(time.Now()) { // it gave way
				came.At = time.Now()
			}
			if !a.storeMessage(&came) {
				return // the account is stopping
			}
			underWay[next.Name] = next.Came.ID
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-a.dueChanged:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
