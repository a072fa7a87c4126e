// Package pace lets what goes out wait for its turn, so that a network does not take an account for a spammer's.
//
// A [Line] is one limit of an account, and those who wait for it: first come, first served. It is a token bucket, with a
// count of the last 24 hours beside it if wanted. Nothing that waits is held in it but a name: what waits is stored where it
// was before, and joins again after a restart. What a line has let pass is handed to its owner to be kept, and handed back when
// the line is made anew, so that a restart is no way around a limit.
//
// A line knows no network. WhatsApp has one for first contacts and one for how many chats are written to; a network that limits
// each chat has a line for each, and one that says when to come back ([Line.Pause]) is obeyed.
package pace

import (
	"errors"
	"time"
)

// Limit says how many may go.
type Limit struct {
	// Burst is how many may go at once after a rest. 0: there is no limit.
	Burst int `yaml:"burst"`
	// Every is how long it takes until one more may go.
	Every time.Duration `yaml:"every"`
	// PerDay is how many may go in any 24 hours; 0: as many as the rest allows.
	PerDay int `yaml:"per_day"`
}

// day is what PerDay counts in.
const day = 24 * time.Hour

// Off tells whether there is no limit.
func (l Limit) Off() bool { return l.Burst == 0 }

// Validate checks the limit. An error says what to do.
func (l Limit) Validate() error {
	switch {
	case l.Burst < 0 || l.Every < 0 || l.PerDay < 0:
		return errors.New("must not be negative; burst: 0 means that there is no limit")
	case !l.Off() && l.Every == 0:
		return errors.New("every: must be a time such as 1m; for no limit write burst: 0")
	case l.PerDay > 0 && l.PerDay < l.Burst:
		return errors.New("per_day: must not be less than burst")
	}
	return nil
}
