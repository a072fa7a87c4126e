package bridge

import (
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// listsEvery is the least time between two times that devices are asked for because of news in /sync. News that comes alone
// is followed at once.
const listsEvery = 2 * time.Second

// deviceLists gathers the news of whose devices have changed. Homeservers tell it of everybody who comes into a room with the
// bot, too, new devices or not: while an account's rooms are made, of its owner at every room. The news of a while is followed
// together; the sync token is not saved before, so that a crash forgets none.
type deviceLists struct {
	changed []id.UserID
	asked   time.Time // when the last news was followed
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
func (l *deviceLists) rest() bool { return !l.empty() && time.Since(l.asked) < listsEvery }

// patience is how long a /sync may take, so that the news is not left waiting.
func (l *deviceLists) patience() time.Duration {
	if l.empty() {
		return syncPatience
	}
	return max(0, min(syncPatience, time.Until(l.asked.Add(listsEvery))))
}

// taken notes that the news was followed.
func (l *deviceLists) taken() {
	if !l.empty() {
		l.changed, l.asked = nil, time.Now()
	}
}
