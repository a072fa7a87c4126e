package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// due is something that an account does by itself when its time has come: an arrival that is put into the inbox then. It is
// kept with the login, and holds no content.
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
		if len(kept.Due) > mostDue {
			kept.Due[0].At = time.Time{}
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

// nextDue returns what is to be done first. It is not ok when there is nothing.
func (a *account) nextDue() (d due, ok bool) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	all := a.login.Metadata.(*LoginMetadata).Due
	if len(all) == 0 {
		return due{}, false
	}
	return slices.MinFunc(all, func(x, y due) int { return x.At.Compare(y.At) }), true
}

// doDue does what is due, until ctx ends. A crash between two of its steps does it again, which changes nothing.
func (a *account) doDue(ctx context.Context) {
	for {
		next, ok := a.nextDue()
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
			if err := a.doneWith(ctx, next); err == nil {
				continue
			}
			wait = time.Minute
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
