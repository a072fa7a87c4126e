package whatsapp

import (
	"strings"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// commands makes the bot's commands as the bridge does.
func (w *world) commands(br *bridgev2.Bridge) bridgev2.CommandProcessor {
	processor := commands.NewProcessor(br).(*commands.Processor)
	processor.AddHandlers(w.connector.Commands(say.English)...)
	return processor
}

// botRoom returns the room of a member of staff with the bot, which it makes.
func (w *world) botRoom(staff id.UserID) *room {
	w.t.Helper()
	made := id.RoomID("!bot-of-" + staff.Localpart() + ":" + domain)
	w.matrix.change(func() {
		if w.matrix.rooms[made] == nil {
			w.matrix.rooms[made] = &room{id: made, members: map[id.UserID]event.Membership{botMXID: event.MembershipJoin, staff: event.MembershipJoin}}
		}
	})
	user := must[*bridgev2.User](w.t)(w.bridge.GetUserByMXID(w.t.Context(), staff))
	user.ManagementRoom = made
	return w.matrix.rooms[made]
}

// asks writes a command into a room and returns the bot's answer.
func (w *world) asks(in *room, staff id.UserID, command string) string {
	w.t.Helper()
	before := 0
	w.matrix.change(func() { before = len(in.said) })
	w.says(in, staff, text("!wa "+command))
	var answer string
	w.matrix.wait(w.t, "the answer to "+command, func() bool {
		for _, s := range in.said[before:] {
			if s.by == botMXID {
				answer = s.content.Body
				return true
			}
		}
		return false
	})
	return answer
}

// answers checks what the bot answers to a command.
func (w *world) answers(in *room, staff id.UserID, command string, want ...string) string {
	w.t.Helper()
	answer := w.asks(in, staff, command)
	for _, words := range want {
		if !strings.Contains(answer, words) {
			w.t.Errorf("%q is answered with %q, want %q in it", command, answer, words)
		}
	}
	return answer
}

// only returns the one room of a contact's ghost.
func (w *world) only(with *whatsapptest.Phone) *room {
	w.t.Helper()
	var found []*room
	w.matrix.change(func() {
		for _, r := range w.matrix.rooms {
			if r.members[ghostOf(with)] != "" {
				found = append(found, r)
			}
		}
	})
	if len(found) != 1 {
		w.t.Fatalf("%s has %d rooms, want 1", with.Number(), len(found))
	}
	return found[0]
}
