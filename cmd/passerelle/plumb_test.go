package main

import (
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// told waits for the bot's words in a room, which are encrypted.
func (d *dialogue) told(t *testing.T, by *bridgetest.Actor, room id.RoomID, words string) {
	t.Helper()
	answer := by.Waits("the bot's words "+words, func(h bridgetest.Heard) bool {
		return h.Room == room && h.Sender == id.UserID(d.bridge.Bot("whatsapp")) && strings.Contains(h.Text, words)
	})
	if !answer.WasEncrypted {
		t.Errorf("%q is said in the clear", answer.Text)
	}
}

func (d *dialogue) ghost(of *whatsapptest.Phone) id.UserID {
	return id.UserID("@whatsapp_" + of.LID().User + ":" + d.ServerName())
}

func TestAChatIsBroughtIntoARoomThatIsThereAndTakenOut(t *testing.T) {
	d := meet(t)
	if err := d.phone.SaveContact(d.amina.Number(), "Tante Amina"); err != nil {
		t.Fatal(err)
	}
	says(t, d.amina, d.phone.Number(), "0")
	d.room = d.claire.Waits("the first message", func(h bridgetest.Heard) bool { return h.Text == "0" }).Room
	d.claire.WaitsForRoom("Tante Amina")
	bot, karim := id.UserID(d.bridge.Bot("whatsapp")), d.Staff(t, "karim")
	counter := d.claire.StartsRoom("Guichet", bot, karim.ID())

	d.claire.Says(counter, "!whatsapp bridge "+d.amina.Number())
	d.told(t, d.claire, counter, "I need to be a moderator")
	d.claire.SetsState(counter, event.StatePowerLevels, "", &event.PowerLevelsEventContent{
		Users: map[id.UserID]int{d.claire.ID(): 100, bot: 50}})
	karim.SeesState(counter, event.StatePowerLevels, "", func(e *event.Event) bool { return e.Content.AsPowerLevels().GetUserLevel(bot) == 50 })
	karim.Says(counter, "!whatsapp bridge +33612345678")
	d.told(t, karim, counter, "You are not linked")
	d.claire.Says(counter, "!whatsapp bridge 06 12 34 56 78")
	d.told(t, d.claire, counter, "with its country code")
	d.claire.Says(counter, "!whatsapp bridge +33612345678")
	d.told(t, d.claire, counter, "This chat has a room already")

	d.claire.Says(d.room, "!whatsapp unbridge")
	d.told(t, d.claire, d.room, "no longer shows")
	d.claire.SeesMember(d.room, d.ghost(d.amina), event.MembershipLeave)
	d.claire.Says(counter, "!whatsapp bridge +33612345678")
	d.told(t, d.claire, counter, "now shows the WhatsApp chat")
	d.claire.SeesMember(counter, d.ghost(d.amina), event.MembershipJoin)

	says(t, d.amina, d.phone.Number(), "Bonjour au guichet")
	for _, staff := range []*bridgetest.Actor{d.claire, karim} {
		if heard := staff.Hears(counter, "Bonjour au guichet"); !heard.WasEncrypted || heard.Sender != d.ghost(d.amina) {
			t.Errorf("it comes as %v", heard)
		}
	}
	d.claire.Says(counter, "Bonjour Amina")
	reads(t, d.amina, "Bonjour Amina")
	if name := d.claire.RoomName(counter); name != "Guichet" {
		t.Errorf("the room is now called %q", name)
	}
	d.claire.SeesMember(counter, karim.ID(), event.MembershipJoin)
	told := karim.States(counter, event.StateBridge)
	for _, state := range told {
		if raw := fmt.Sprint(state.Content.Raw); strings.Contains(raw, "Tante") {
			t.Errorf("Karim can read what Claire calls her: %s", raw)
		}
	}
	if len(told) == 0 {
		t.Error("the room does not say whose chat it shows")
	}
	d.claire.Says(counter, "!whatsapp who")
	d.told(t, karim, counter, "Others read here")

	karim.Says(counter, "!whatsapp unbridge")
	d.told(t, karim, counter, "Only those who administer")
	d.claire.Says(counter, "!whatsapp unbridge")
	d.told(t, d.claire, counter, "no longer shows")
	d.claire.SeesMember(counter, bot, event.MembershipLeave)
	says(t, d.amina, d.phone.Number(), "Encore là ?")
	again := d.claire.Waits("Amina's new room", func(h bridgetest.Heard) bool { return h.Text == "Encore là ?" })
	if again.Room == counter || again.Room == d.room || !again.WasEncrypted {
		t.Errorf("it comes into %s, encrypted: %t", again.Room, again.WasEncrypted)
	}
}

func TestAnInvitedContactComesIntoTheRoom(t *testing.T) {
	d := meet(t)
	room := d.claire.StartsChatWith(d.ghost(d.amina))
	d.told(t, d.claire, room, "now shows the WhatsApp chat")
	d.claire.Says(room, "Bonjour Amina")
	reads(t, d.amina, "Bonjour Amina")
	says(t, d.amina, d.phone.Number(), "Bonjour")
	if heard := d.claire.Hears(room, "Bonjour"); !heard.WasEncrypted {
		t.Errorf("it comes as %v", heard)
	}
	// Again: the room that is there is named where she asks.
	client := d.claire
	other := client.StartsChatWith(d.ghost(d.amina))
	client.SeesMember(other, d.ghost(d.amina), event.MembershipLeave)
	d.told(t, client, d.desk, "Your chat with Amina is here")
}

func TestAChatWhoseRoomWasLeftIsStartedAgain(t *testing.T) {
	d := newDialogue(t)
	d.claire.Leaves(d.room)
	d.claire.Says(d.desk, "start-chat "+d.amina.Number())
	d.told(t, d.claire, d.desk, "with its country code")
	d.claire.Says(d.desk, "start-chat +33 6 12 34 56 78")
	d.told(t, d.claire, d.desk, "Your chat with Amina is ready")
	says(t, d.amina, d.phone.Number(), "Vous revoilà")
	heard := d.claire.Waits("Amina's message", func(h bridgetest.Heard) bool { return h.Text == "Vous revoilà" })
	if heard.Room == d.room || !heard.WasEncrypted {
		t.Errorf("it comes as %v", heard)
	}
	d.claire.Says(heard.Room, "Bonjour")
	reads(t, d.amina, "Bonjour")
}
