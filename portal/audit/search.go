package audit

import (
	"time"

	"passerelle/portal"
)

// Search chooses entries. What is empty chooses all; emptied entries are never chosen.
type Search struct {
	Since, Until time.Time   // from, and before
	Kind         portal.Kind // of what crossed
	Action       string      // what was done
	Verdict      portal.Outcome
	Result       Result
	Actors       []string // pseudonyms, any of them
	Portals      []string // pseudonyms, any of them
	Older        *Place   // only entries that come after this one in the list: the older ones
	Newer        *Place   // only entries that come before this one in the list; not with Older
	Limit        int
}

// Place is where an entry stands in the list that [Search] gives: by when it was, then by its place in the log.
type Place struct{ At, Seq int64 }

// PlaceOf returns the place of an entry.
func PlaceOf(e *Entry) Place { return Place{At: e.Millis(), Seq: e.Seq} }
