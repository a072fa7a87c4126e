package bridge

import (
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

func TestNewsOfDevicesIsFollowedAtOnceAndThenTogether(t *testing.T) {
	const claire, dan = id.UserID("@claire:example.org"), id.UserID("@dan:example.org")
	news := func(users ...id.UserID) *mautrix.RespSync {
		return &mautrix.RespSync{DeviceLists: mautrix.DeviceLists{Changed: users}}
	}
	var lists deviceLists
	if lists.add(news()); lists.rest() || lists.patience() != syncPatience {
		t.Error("no news rests")
	}
	if lists.add(news(claire)); lists.rest() {
		t.Error("the first news rests")
	}
	lists.taken(time.Millisecond)
	lists.add(news(claire))
	lists.add(news(dan, claire))
	if !lists.rest() || lists.patience() <= 0 || lists.patience() > listsEvery {
		t.Errorf("the next news rests: %v, for %s", lists.rest(), lists.patience())
	}
	if want := []id.UserID{claire, dan}; !slices.Equal(lists.changed, want) {
		t.Errorf("it is of %v, want %v", lists.changed, want)
	}
	lists.due = time.Now()
	if lists.rest() || lists.patience() != 0 {
		t.Error("the next news rests for ever")
	}
	if lists.taken(time.Minute); !lists.empty() {
		t.Error("news is left that was followed")
	}
	if lists.add(news(dan)); lists.patience() <= listsEvery || lists.patience() > listsEveryBusy {
		t.Errorf("a homeserver that is busy is asked again in %s", lists.patience())
	}
}
