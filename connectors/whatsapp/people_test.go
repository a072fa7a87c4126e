package whatsapp

import (
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
)

func TestAFaceGoesWithTheName(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.PhoneNumbersInProfile = true })
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	if err := bob.SetPicture(somePicture(t)); err != nil {
		t.Fatal(err)
	}
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Moin"))
	w.hears("Moin")
	w.matrix.wait(t, "Bob's picture", func() bool { return w.matrix.avatars[ghostOf(bob)] != "" })
	ghost := must[*bridgev2.Ghost](t)(w.bridge.GetGhostByID(t.Context(), userID(bob.LID())))
	if len(ghost.Identifiers) != 1 || ghost.Identifiers[0] != "tel:"+bobNumber {
		t.Errorf("the administrator wants numbers in profiles; published is %v", ghost.Identifiers)
	}
	if err := bob.SetName("Robert"); err != nil {
		t.Fatal(err)
	}
	must[string](t)(bob.Send(t.Context(), aliceNumber, "Call me Robert"))
	w.matrix.wait(t, "the new name", func() bool { return w.matrix.profiles[ghostOf(bob)] == "Robert (WhatsApp)" })
}

func TestAStrangerWithoutANameHasNoNumberEither(t *testing.T) {
	a := &account{connector: must[*Connector](t)(New(DefaultOptions(), portal.Border{Languages: languages{}}))}
	if got := a.neutralName(lidOf(networkid.UserID("84512345678901")), "4917012345678"); got != "Contact 8901" {
		t.Errorf("the stranger is called %q", got)
	}
	a.connector.options.PhoneNumbersInProfile = true
	if got := a.neutralName(lidOf(networkid.UserID("84512345678901")), "4917012345678"); got != "+4917012345678" {
		t.Errorf("with numbers in profiles the stranger is called %q", got)
	}
}
