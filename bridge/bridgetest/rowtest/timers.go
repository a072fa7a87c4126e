package rowtest

import (
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// timerRows are about messages that disappear.
func timerRows() []Row {
	return []Row{
		{Holds: "a contact sets when messages disappear", Play: contactSetsTimer},
		{Holds: "staff set when messages disappear", Play: staffSetTimer},
		{Holds: "messages disappear on both sides", Play: messagesDisappear},
	}
}

func contactSetsTimer(s *Scene) {
	c := s.Meets("Amina")
	timekeeper := can[Timekeeper](s, c.Contact)
	timekeeper.SetsTimer(c.Claire, 24*time.Hour)
	s.Claire.Waits("the word that it is so", func(h bridgetest.Heard) bool {
		return h.Room == c.Room && h.WasEncrypted && h.MsgType == event.MsgNotice && strings.Contains(h.Text, "disappear")
	})
	s.Claire.SeesState(c.Room, event.StateBeeperDisappearingTimer, "", isTimer(24*time.Hour))
	if _, shown := s.Says(c, "Jusqu’à demain"); shown.Expires != 24*time.Hour {
		s.Errorf("Amina's device keeps it for %s", shown.Expires)
	}
}

func isTimer(want time.Duration) func(*event.Event) bool {
	return func(e *event.Event) bool {
		if e == nil {
			return false
		}
		content, ok := e.Content.Parsed.(*event.BeeperDisappearingTimer)
		return ok && content.Timer.Duration == want
	}
}

func staffSetTimer(s *Scene) {
	c := s.Meets("Amina")
	timekeeper := can[Timekeeper](s, c.Contact)
	s.Commands(c.Room, "timer", "new messages do not disappear")
	s.Commands(c.Room, "timer 7d", "new messages disappear 7 days after they are sent")
	timekeeper.LearnsTimer(c.Claire, 7*24*time.Hour)
	s.Claire.SeesState(c.Room, event.StateBeeperDisappearingTimer, "", isTimer(7*24*time.Hour))
	if _, shown := s.Says(c, "À bientôt"); shown.Expires != 7*24*time.Hour {
		s.Errorf("Amina's device keeps it for %s", shown.Expires)
	}
	s.Commands(c.Room, "timer off", "no longer disappear")
	timekeeper.LearnsTimer(c.Claire, 0)
}

func messagesDisappear(s *Scene) {
	c := s.Meets("Amina")
	can[Timekeeper](s, c.Contact).SetsTimer(c.Claire, 2*time.Second)
	s.Claire.SeesState(c.Room, event.StateBeeperDisappearingTimer, "", isTimer(2*time.Second))
	c.Contact.Writes(c.Claire, "Brûle ceci")
	hers := s.Claire.Hears(c.Room, "Brûle ceci")
	mine, shown := s.Says(c, "C’est brûlé")
	if shown.Expires != 2*time.Second {
		s.Errorf("Amina's device keeps it for %s", shown.Expires)
	}
	for _, message := range []id.EventID{hers.ID, mine} {
		s.Claire.SeesDeletion(c.Room, message)
	}
	for _, h := range s.Claire.Log(c.Room) {
		if h.ID == c.Opened && h.Err != nil {
			s.Error("what came before the timer is gone")
		}
	}
}
