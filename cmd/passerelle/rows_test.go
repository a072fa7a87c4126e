package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// TestRowsOfWhatsApp plays the rows of docs/features.md: those that networks share, and those that only WhatsApp has.
func TestRowsOfWhatsApp(t *testing.T) {
	s := newStage(t)
	network := &whatsappRows{server: s.whatsapp, bridge: s.bridge}
	hall := rowtest.Open(t, network, s.World, s.bridge)
	hall.Run(t, rowtest.Rows())
	hall.Run(t, network.rows())
}

// rows are those that only WhatsApp has.
func (n *whatsappRows) rows() []rowtest.Row {
	return []rowtest.Row{
		{Area: "messages", Holds: "an answer to a forgotten message brings its words", Play: answerToForgotten},
		{Area: "messages", Holds: "what cannot be decrypted is asked for again and follows", Play: n.undecryptable},
		{Area: "media", Holds: "a file that WhatsApp has lost comes from the phone", Play: n.lostFile},
		{Area: "media", Holds: "what is to be viewed once is on the phone", Play: viewOnce},
		{Area: "kinds", Holds: "somebody on the way comes in", Play: livePlace},
		{Area: "kinds", Holds: "what has no kind in Matrix is told", Play: toldKinds},
		{Area: "kinds", Holds: "a kind from the future is on the phone", Play: unknownKind},
		{Area: "groups", Holds: "Claire joins by link", Play: n.joinsByLink},
		{Area: "groups", Holds: "people ask to be let in", Play: n.letsIn},
		{Area: "groups", Holds: "who lets nobody add them is sent a link", Play: n.addsNobody},
		{Area: "groups", Holds: "what only admins may do is said and undone", Play: n.refuses},
		{Area: "groups", Holds: "a community is a space", Play: n.community},
		{Area: "people", Holds: "Claire starts a chat by number", Play: startsByNumber},
		{Area: "people", Holds: "which room is this number and who is this room", Play: whichRoom},
		{Area: "people", Holds: "Claire blocks and unblocks", Play: blocks},
		{Area: "people", Holds: "one person is not two by number and by LID", Play: numberAndLID},
		{Area: "people", Holds: "a change of number keeps ghost and room", Play: n.changesNumber},
		{Area: "people", Holds: "an address book's names stay its owner's", Play: addressBook},
	}
}

// phoneOf is the simulator's phone of somebody in a row.
func phoneOf(who rowtest.Person) *whatsapptest.Phone { return who.(rowPhone).Phone }

// sends sends what only WhatsApp has.
func sends(s *rowtest.Scene, from rowtest.Person, to rowtest.Address, m *waE2E.Message) {
	s.Helper()
	if _, err := phoneOf(from).SendMessage(s.Context(), string(to), m); err != nil {
		s.Fatal(err)
	}
}

// hears waits for words in a room that came encrypted.
func hears(s *rowtest.Scene, room id.RoomID, what string, match func(text string) bool) bridgetest.Heard {
	s.Helper()
	return s.Encrypted(s.Claire.Waits(what, func(h bridgetest.Heard) bool { return h.Room == room && h.IsMessage() && match(h.Text) }))
}

func answerToForgotten(s *rowtest.Scene) {
	c := s.Meets("Amina")
	sends(s, c.Contact, c.Claire, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("Toujours vrai"),
		ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("3EB0LONGAGO"), Participant: proto.String(phoneOf(c.Contact).LID().String()),
			QuotedMessage: &waE2E.Message{Conversation: proto.String("Le guichet est fermé")}}}})
	s.Encrypted(s.Claire.Hears(c.Room, "> Amina: Le guichet est fermé\n\nToujours vrai"))
}

func (n *whatsappRows) undecryptable(s *rowtest.Scene) {
	c := s.Meets("Amina")
	phone := phoneOf(s.Phone)
	phone.SwitchOff() // who could send it again
	if _, err := phoneOf(c.Contact).SendToPhonesOnly(s.Context(), string(c.Claire), &waE2E.Message{Conversation: proto.String("Pour vous")}); err != nil {
		s.Fatal(err)
	}
	notice := hears(s, c.Room, "the word that it will follow", func(text string) bool {
		return text == say.English.Say(say.OpenYourPhone, "WhatsApp") || strings.Contains(text, "will follow")
	})
	phone.SwitchOn()
	hears(s, c.Room, "the message itself", func(text string) bool { return text == "Pour vous" })
	s.Claire.SeesDeletion(c.Room, notice.ID)
}

func (n *whatsappRows) lostFile(s *rowtest.Scene) {
	c := s.Meets("Amina")
	data := bytes.Repeat([]byte("acte "), 1000)
	must(s.T, n.bridge.Stop())
	if _, err := phoneOf(c.Contact).SendFile(s.Context(), string(c.Claire), whatsapptest.File{Kind: whatsapptest.KindDocument, Name: "acte.txt", Data: data}); err != nil {
		s.Fatal(err)
	}
	s.Phone.Shows("the file", func(m rowtest.Shown) bool { return m.File != nil && m.File.Name == "acte.txt" && m.File.Problem == "" })
	n.server.DropMedia()
	must(s.T, n.bridge.Start(s.Context()))
	heard := hears(s, c.Room, "the file", func(text string) bool { return text == "acte.txt" })
	if !bytes.Equal(s.Claire.Downloads(heard), data) {
		s.Error("it came changed")
	}
}

func viewOnce(s *rowtest.Scene) {
	c := s.Meets("Amina")
	if _, err := phoneOf(c.Contact).SendFile(s.Context(), string(c.Claire), whatsapptest.File{Data: picture(s.T, 7), ViewOnce: true}); err != nil {
		s.Fatal(err)
	}
	s.Encrypted(s.Claire.Hears(c.Room, "This message can only be read on the phone. Open WhatsApp there."))
}

func livePlace(s *rowtest.Scene) {
	c := s.Meets("Amina")
	if _, err := phoneOf(c.Contact).SendLocation(s.Context(), string(c.Claire), whatsapptest.Location{Latitude: 1, Longitude: 2, Name: "J’arrive", Live: true}); err != nil {
		s.Fatal(err)
	}
	hears(s, c.Room, "that she is on the way", func(text string) bool {
		return strings.HasPrefix(text, say.English.Say(say.LiveLocation, "WhatsApp")+"\nJ’arrive\ngeo:1,2")
	})
}

func toldKinds(s *rowtest.Scene) {
	c := s.Meets("Amina")
	text := proto.String
	for _, told := range []struct {
		words   string
		message *waE2E.Message
	}{
		{"Appointment: Réunion", &waE2E.Message{EventMessage: &waE2E.EventMessage{Name: text("Réunion"), StartTime: proto.Int64(1_900_000_000)}}},
		{"Invitation to the group “Voisins”", &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{
			GroupJID: text("120363000000000000@g.us"), GroupName: text("Voisins"), InviteCode: text("abc")}}},
		{"Choisissez", &waE2E.Message{ListMessage: &waE2E.ListMessage{Title: text("Choisissez"), Description: text("un guichet")}}},
		{"Missed voice call", &waE2E.Message{CallLogMesssage: &waE2E.CallLogMessage{CallOutcome: waE2E.CallLogMessage_MISSED.Enum()}}},
		{say.English.Say(say.PaymentSent, "WhatsApp"), &waE2E.Message{SendPaymentMessage: &waE2E.SendPaymentMessage{}}},
	} {
		sends(s, c.Contact, c.Claire, told.message)
		hears(s, c.Room, told.words, func(text string) bool { return strings.Contains(text, told.words) })
	}
}

func unknownKind(s *rowtest.Scene) {
	c := s.Meets("Amina")
	sends(s, c.Contact, c.Claire, &waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}}) // what linked devices get for some messages
	s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.OpenYourPhone, "WhatsApp")))
	mark := s.Claire.Mark()
	future := &waE2E.Message{}
	future.ProtoReflect().SetUnknown([]byte{0xc2, 0x3e, 0x02, 0x08, 0x01}) // field 1000, as a later version may have it
	sends(s, c.Contact, c.Claire, future)
	heard := s.Encrypted(s.Claire.Hears(c.Room, say.English.Say(say.OpenYourPhone, "WhatsApp"), mark))
	if heard.MsgType != event.MsgNotice {
		s.Errorf("it is %v", heard)
	}
}

func (n *whatsappRows) joinsByLink(s *rowtest.Scene) {
	amina, bilal := s.Join("Amina"), s.Join("Bilal")
	group := amina.(rowPhone).Founds("Chorale", bilal)
	s.Commands(s.Desk, "join "+n.group(s, group).InviteLink, "You are in the group “Chorale”.")
	amina.Writes(group, "La la de "+s.Name())
	room := s.Claire.Waits("the song", func(h bridgetest.Heard) bool { return h.Text == "La la de "+s.Name() }).Room
	s.Claire.Says(room, "La !")
	bilal.Shows("Claire's song", func(m rowtest.Shown) bool { return m.Text == "La !" })
}

func (n *whatsappRows) group(s *rowtest.Scene, group rowtest.Address) whatsapptest.GroupInfo {
	s.Helper()
	info, err := n.server.Group(string(group))
	must(s.T, err)
	return info
}

// team is a group that Claire made on her phone, with its room.
func team(s *rowtest.Scene, members ...rowtest.Person) (rowtest.Address, id.RoomID) {
	s.Helper()
	group := s.Phone.(rowPhone).Founds("Équipe", members...)
	members[0].Writes(group, "Bonjour, "+s.Name())
	return group, s.Claire.Waits("the first words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour, "+s.Name() }).Room
}

func (n *whatsappRows) letsIn(s *rowtest.Scene) {
	dora := s.Meets("Dora")
	group, room := team(s, s.Join("Amina"))
	must(s.T, phoneOf(s.Phone).SetApproval(string(group), true))
	s.Commands(room, "requests", "Nobody")
	if in, err := phoneOf(dora.Contact).JoinByLink(n.group(s, group).InviteLink); err != nil || in {
		s.Fatalf("Dora is in at once: %v", err)
	}
	s.Told(s.Claire, room, "Dora asks to join this group")
	s.Commands(room, "approve Dora", "Let in: Dora")
	s.Claire.SeesMember(room, dora.Ghost, event.MembershipJoin)
}

func (n *whatsappRows) addsNobody(s *rowtest.Scene) {
	dora := s.Meets("Dora")
	must(s.T, phoneOf(dora.Contact).SetPrivacy(types.PrivacySettingTypeGroupAdd, types.PrivacySettingNone))
	group, room := team(s, s.Join("Amina"))
	mark := s.Claire.Mark()
	s.Claire.Invites(room, dora.Ghost)
	s.Told(s.Claire, room, "invite-link", mark)
	s.Claire.SeesMember(room, dora.Ghost, event.MembershipLeave)
	if info := n.group(s, group); slices.Contains(info.Members, string(dora.Contact.Address())) {
		s.Errorf("in the group are %v", info.Members)
	}
	s.Commands(room, "invite-link", n.group(s, group).InviteLink)
}

func (n *whatsappRows) refuses(s *rowtest.Scene) {
	amina, bilal := s.Join("Amina"), s.Join("Bilal")
	group, room := team(s, amina, bilal)
	phone := s.Phone.(rowPhone)
	phone.Promotes(group, amina)
	amina.(rowPhone).Locks(group, true)
	s.Claire.SeesState(room, event.StatePowerLevels, "", func(e *event.Event) bool {
		return e.Content.AsPowerLevels().GetEventLevel(event.StateTopic) > 0
	})
	// The bridge does not hear that Claire is no admin any more, so the homeserver lets her do what WhatsApp does not.
	must(s.T, phone.Tamper(phone.Devices()[0].ID, whatsapptest.Rule{Fault: whatsapptest.Drop, Tag: "notification", Times: 1}))
	amina.(rowPhone).Demotes(group, s.Phone)
	mark := s.Claire.Mark()
	s.Claire.SetsState(room, event.StateRoomName, "", &event.RoomNameEventContent{Name: "À moi"})
	s.Told(s.Claire, room, "only the group’s admins", mark)
	s.Claire.SeesState(room, event.StateRoomName, "", func(e *event.Event) bool { return e.Content.AsRoomName().Name == "Équipe" })
	mark = s.Claire.Mark()
	s.Claire.SetsState(room, event.StateMember, s.Ghost(bilal).String(), &event.MemberEventContent{Membership: event.MembershipLeave})
	s.Told(s.Claire, room, "only the group’s admins", mark)
	s.Claire.SeesMember(room, s.Ghost(bilal), event.MembershipJoin)
	if info := n.group(s, group); info.Subject != "Équipe" || len(info.Members) != 3 {
		s.Errorf("the group is %+v", info)
	}
}

func (n *whatsappRows) community(s *rowtest.Scene) {
	amina := s.Join("Amina")
	school, announcements, err := phoneOf(amina).CreateCommunity("École", string(s.Phone.Address()))
	must(s.T, err)
	says := func(group, text string) id.RoomID {
		amina.Writes(rowtest.Address(group), text)
		return s.Claire.Waits(text, func(h bridgetest.Heard) bool { return h.Text == text }).Room
	}
	news := says(announcements, "La rentrée de "+s.Name())
	var space id.RoomID
	eventually(s.T, "the space", func() bool {
		for _, room := range s.Claire.Rooms() { // the announcements have the same name
			if create := s.Claire.State(room, event.StateCreate, ""); s.Claire.RoomName(room) == "École" && create.Content.Raw["type"] == "m.space" {
				space = room
			}
		}
		return space != ""
	})
	within := func(room id.RoomID, want bool) {
		s.Claire.SeesState(space, event.StateSpaceChild, room.String(), func(e *event.Event) bool {
			linked := e != nil && e.Content.Raw["via"] != nil // without via it is no child (Matrix 1.11, 11.34.2)
			return linked == want
		})
	}
	within(news, true)
	class, err := phoneOf(amina).CreateSubGroup(school, "Classe", string(s.Phone.Address()))
	must(s.T, err)
	within(says(class, "La leçon de "+s.Name()), true)
	parents, err := phoneOf(amina).CreateGroup("Parents", string(s.Phone.Address()))
	must(s.T, err)
	room := says(parents, "Les gâteaux de "+s.Name())
	must(s.T, phoneOf(amina).LinkGroup(school, parents))
	within(room, true)
	must(s.T, phoneOf(amina).UnlinkGroup(school, parents))
	within(room, false)
}

func startsByNumber(s *rowtest.Scene) {
	amina := s.Join("Amina")
	s.Commands(s.Desk, "start-chat 06 12", "with its country code")
	s.Commands(s.Desk, "start-chat +33699999999", "Nobody uses WhatsApp with this number.")
	s.Commands(s.Desk, "resolve-identifier +"+string(amina.Address()), "uses WhatsApp")
	s.Commands(s.Desk, "start-chat +"+string(amina.Address()), "is ready")
	room := s.Claire.SeesRoomWith(s.Ghost(amina))
	s.Claire.Says(room, "Bonjour Amina")
	amina.Shows("Claire's words", func(m rowtest.Shown) bool { return m.Text == "Bonjour Amina" })
	amina.Writes(s.Phone.Address(), "Bonjour")
	s.Encrypted(s.Claire.Hears(room, "Bonjour"))
}

func whichRoom(s *rowtest.Scene) {
	c := s.Meets("Amina")
	number := "+" + string(c.Contact.Address())
	// In Markdown the link is written with marks of its own, so it is looked for by what identifies the room.
	local, _, _ := strings.Cut(strings.TrimPrefix(c.Room.String(), "!"), ":")
	s.Commands(s.Desk, "which-room "+number, local)
	s.Commands(c.Room, "who", number)
	s.Commands(s.Desk, "which-room +"+string(s.Join("Bilal").Address()), "You have no chat with")
	s.Commands(s.Desk, "who", "no WhatsApp chat of yours")
	must(s.T, phoneOf(s.Phone).SaveContact(string(c.Contact.Address()), "Amina du guichet"))
	s.Commands(s.Desk, "search guichet", "Amina du guichet")
}

func blocks(s *rowtest.Scene) {
	c := s.Meets("Amina")
	s.Commands(c.Room, "block", "Amina is blocked")
	if _, err := phoneOf(c.Contact).Send(s.Context(), string(c.Claire), "M’entendez-vous ?"); err != nil {
		s.Logf("WhatsApp refuses it: %v", err)
	}
	s.Commands(s.Desk, "unblock +"+string(c.Contact.Address()), "Amina is not blocked any more")
	c.Contact.Writes(c.Claire, "Pardon")
	s.Claire.Hears(c.Room, "Pardon")
	if slices.Contains(s.Claire.Texts(c.Room), "M’entendez-vous ?") {
		s.Error("Claire hears Amina while she is blocked")
	}
}

func numberAndLID(s *rowtest.Scene) {
	c := s.Meets("Amina")
	for _, how := range []whatsapptest.Addressing{whatsapptest.ByNumberOnly, whatsapptest.ByNumber, whatsapptest.ByLID} {
		must(s.T, phoneOf(c.Contact).SetAddressing(how))
		c.Contact.Writes(c.Claire, "named by "+string(how))
		if heard := s.Claire.Hears(c.Room, "named by "+string(how)); heard.Sender != c.Ghost {
			s.Errorf("named by %s, Amina is %s", how, heard.Sender)
		}
		s.Says(c, "heard by "+string(how))
	}
	if rooms := s.Claire.RoomsWith(c.Ghost); len(rooms) != 1 {
		s.Errorf("Amina is in %d rooms", len(rooms))
	}
}

func (n *whatsappRows) changesNumber(s *rowtest.Scene) {
	c := s.Meets("Amina")
	const number = "+33655555555"
	must(s.T, phoneOf(c.Contact).ChangeNumber(number))
	c.Contact.Writes(c.Claire, "Nouveau numéro")
	if heard := s.Claire.Hears(c.Room, "Nouveau numéro"); heard.Sender != c.Ghost {
		s.Errorf("after the change Amina is %s", heard.Sender)
	}
	s.Says(c, "C’est noté")
	s.Commands(c.Room, "who", number)
}

func addressBook(s *rowtest.Scene) {
	c := s.Meets("Amina")
	must(s.T, phoneOf(s.Phone).SaveContact(string(c.Contact.Address()), "Tante Amina"))
	s.Claire.SeesState(c.Room, event.StateRoomName, "", func(e *event.Event) bool { return e != nil && e.Content.AsRoomName().Name == "Tante Amina" })
	c.Contact.Writes(s.KarimsPhone.Address(), "Bonjour Karim, de "+s.Name())
	karims := s.Karim.Waits("her words", func(h bridgetest.Heard) bool { return h.Text == "Bonjour Karim, de "+s.Name() }).Room
	if name := s.Karim.Members(karims)[c.Ghost].Displayname; name != "Amina (WhatsApp)" || s.Karim.RoomName(karims) == "Tante Amina" {
		s.Errorf("Karim sees %q in %q", name, s.Karim.RoomName(karims))
	}
}
