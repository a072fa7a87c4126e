package bridge

import (
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// What is gathered before the homeserver is asked, so that it is asked once: the next time comes after a while, which is longer
// with a homeserver that is busy. It spends a twentieth of its time on it at most, up to a limit. What comes alone is not kept
// waiting.
const gatherShare = 20

// gathering returns how long to gather after a time that took as long as given.
func gathering(took, least, most time.Duration) time.Duration {
	return min(max(least, gatherShare*took), most)
}

// How long the news of devices is gathered: a message that is sent meanwhile is not for a device that is new.
const (
	listsEvery     = 2 * time.Second
	listsEveryBusy = 15 * time.Second
)

// deviceLists gathers the news of whose devices have changed. Homeservers tell it of everybody who comes into a room with the
// bot, too, new devices or not: while an account's rooms are made, of its owner at every room. The news of a while is followed
// together; the sync token is not saved before, so that a crash forgets none.
type deviceLists struct {
	changed []id.UserID
	due     time.Time // when the next news is followed
}

// add takes in an answer's news.
func (l *deviceLists) add(answer *mautrix.RespSync) {
	for _, user := range answer.DeviceLists.Changed {
		if !slices.Contains(l.changed, user) {
			l.changed = append(l.changed, user)
		}
	}
}

func (l *deviceLists) empty() bool { return len(l.changed) == 0 }

// rest tells whether there is news that may wait for more.
func (l *deviceLists) rest() bool { return !l.empty() && time.Now().Before(l.due) }

// patience is how long a /sync may take, so that the news is not left waiting.
func (l *deviceLists) patience() time.Duration {
	if l.empty() {
		return syncPatience
	}
	return max(0, time.Until(l.due))
}

// taken notes that the news was followed, and how long that took.
func (l *deviceLists) taken(took time.Duration) {
	if !l.empty() {
		l.changed, l.due = nil, time.Now().Add(gathering(took, listsEvery, listsEveryBusy))
	}
}
