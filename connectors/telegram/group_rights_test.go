package telegram

import (
	"encoding/json"
	"maps"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
)

func TestWhatMembersMayDoIsInTheRoomsRights(t *testing.T) {
	a := &account{bot: 7}
	for name, c := range map[string]struct {
		chat          string
		writes, looks int
	}{
		"all may":                 {`{"permissions":{"can_send_messages":true,"can_change_info":true}}`, 0, 0},
		"admins write":            {`{"permissions":{"can_send_messages":false,"can_change_info":true}}`, 50, 0},
		"pictures alone":          {`{"permissions":{"can_send_photos":true}}`, 0, 50},
		"of a public group":       {`{"username":"voisins","permissions":{"can_send_messages":true,"can_change_info":true}}`, 0, 50},
		"what nobody knows, also": {`{"permissions":{"can_fly":true}}`, 50, 50},
	} {
		var described chat
		if err := json.Unmarshal([]byte(c.chat), &described); err != nil {
			t.Fatal(err)
		}
		levels := &event.PowerLevelsEventContent{}
		a.levelsOf(described).Apply("", levels)
		if levels.EventsDefault != c.writes || levels.GetEventLevel(event.StateTopic) != c.looks || levels.GetEventLevel(event.EventReaction) != 0 {
			t.Errorf("%s: %+v", name, levels)
		}
	}
	if a.levelsOf(chat{}) != nil {
		t.Error("a channel has rights that nobody told")
	}
}

func TestSilenceGivesBackWhatItTook(t *testing.T) {
	a := &account{bot: 7, login: &bridgev2.UserLogin{UserLogin: &database.UserLogin{Metadata: &LoginMetadata{}}}}
	had := permissions{"can_send_messages": true, "can_send_photos": true, "can_send_polls": false, "can_pin_messages": false, "can_fly": true}
	silent := a.silence(-1, had, true)
	if !silent.isSilent() || !silent["can_fly"] || silent["can_pin_messages"] {
		t.Errorf("silent is %v", silent)
	}
	if again := a.silence(-1, silent, false); again.isSilent() || !again["can_send_polls"] {
		t.Errorf("without a memory all is given: %v", again)
	}
	a.login.Metadata.(*LoginMetadata).Silenced = map[int64]permissions{-1: had}
	again := a.silence(-1, silent, false)
	for name, may := range had {
		if again[name] != may {
			t.Errorf("%s is %t, and was %t", name, again[name], may)
		}
	}
}

func TestWhoIsMuted(t *testing.T) {
	a := &account{bot: 7}
	for name, c := range map[string]struct {
		member string
		level  int
	}{
		"a member":                     {`{"status":"member","user":{"id":8}}`, 0},
		"muted":                        {`{"status":"restricted","is_member":true,"can_pin_messages":true,"user":{"id":8}}`, -1},
		"who may send pictures":        {`{"status":"restricted","is_member":true,"can_send_photos":true,"user":{"id":8}}`, 0},
		"an admin":                     {`{"status":"administrator","can_promote_members":true,"user":{"id":8}}`, 50},
		"the bot, which appoints":      {`{"status":"administrator","can_promote_members":true,"user":{"id":7}}`, 60},
		"the bot, which does not":      {`{"status":"administrator","user":{"id":7}}`, 50},
		"the bot, which may not write": {`{"status":"restricted","user":{"id":7}}`, -1},
	} {
		var m member
		if err := json.Unmarshal([]byte(c.member), &m); err != nil {
			t.Fatal(err)
		}
		if got := a.levelOf(m); got != c.level {
			t.Errorf("%s has %d, want %d", name, got, c.level)
		}
	}
}

func TestWhatAnAnswerAnswers(t *testing.T) {
	room := &bridgev2.Portal{Portal: &database.Portal{PortalKey: networkid.PortalKey{ID: "7:-1001000000000001"}}}
	to, err := parsePortalID(room.ID)
	if err != nil {
		t.Fatal(err)
	}
	for id, reply := range map[networkid.MessageID]string{
		"7:-1001000000000001/5":  `{"message_id":5,"allow_sending_without_reply":true}`,
		"7:-12/5":                `{"chat_id":-12,"message_id":5,"allow_sending_without_reply":true}`, // before it was a supergroup
		"7:-1001000000000001/-5": "",
		"7:-12/-5":               "",
		"nonsense":               "",
	} {
		if got := sendingTo(to, answerOf(room, id))["reply_parameters"]; got != reply {
			t.Errorf("%s: %q, want %q", id, got, reply)
		}
	}
}

func TestTypingEndsWithTheLastWhoTypes(t *testing.T) {
	var typing typists
	in := chatID{bot: 7, chat: 8}
	ended, first := typing.begin(in)
	if _, second := typing.begin(in); !first || second {
		t.Error("it begins twice")
	}
	typing.end(in, false)
	select {
	case <-ended:
		t.Error("it ends with the first one")
	default:
	}
	typing.end(in, false)
	<-ended
	typing.end(in, false) // whose beginning nobody told
	if _, first := typing.begin(in); !first {
		t.Error("it does not begin again")
	}
}

func TestWhatIsKeptOfAGroupMovesWithIt(t *testing.T) {
	before := map[int64]int{-1: 5, -2: 6}
	if got := renumbered(before, -1, -1001); !maps.Equal(got, map[int64]int{-1001: 5, -2: 6}) || len(before) != 2 || before[-1] != 5 {
		t.Errorf("%v became %v", before, got)
	}
}
