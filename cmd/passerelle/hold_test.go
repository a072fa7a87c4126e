package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/portal/say"
)

const holdingPolicy = `
policy:
  rules:
    - {name: invoices, when: 'text.contains("invoice")', then: hold, say: {en: Invoices are looked at first.}}
    - {name: numbers, when: 'text.contains("my number")', then: confirm, say: {en: You are about to give away a number.}}
`

func newHoldingOffice(t *testing.T) *office {
	return newOffice(t, func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": holdingPolicy + "\nnetworks:\n"}
	})
}

var waitingNumber = regexp.MustCompile(`(?m)^(\d+)\. `)

// waiting returns the numbers of what waits for Karim.
func (o *office) waiting(t *testing.T) (numbers []string) {
	t.Helper()
	for _, match := range waitingNumber.FindAllStringSubmatch(o.does(t, "waiting"), -1) {
		numbers = append(numbers, match[1])
	}
	return numbers
}

// refusedWith waits until Claire reads why something of hers did not go out.
func (o *office) refusedWith(t *testing.T, written id.EventID, words string) {
	t.Helper()
	o.claire.Waits("the answer "+words, func(h bridgetest.Heard) bool { return h.RepliesTo == written && strings.Contains(h.Text, words) })
}

func TestWhatIsHeldCrossesOnceSomebodyApproves(t *testing.T) {
	o := newHoldingOffice(t)
	says(t, o.amina, o.phone.Number(), "the invoice from outside")
	o.told(t, o.claire, o.room, say.English.Say(say.HeldIn, "WhatsApp"))
	says(t, o.amina, o.phone.Number(), "another matter") // which does not wait behind it
	o.claire.Hears(o.room, "another matter")
	out := o.claire.Says(o.room, "the invoice from inside")
	o.refusedWith(t, out, "Invoices are looked at first.")
	rejected := o.claire.Says(o.room, "a second invoice")
	o.refusedWith(t, rejected, "Invoices are looked at first.")
	must(t, o.bridge.Kill()) // what waits bears that
	must(t, o.bridge.Start(t.Context()))
	numbers := o.waiting(t)
	if len(numbers) != 3 {
		t.Fatalf("there wait %q", numbers)
	}
	o.does(t, "approve "+numbers[0])
	o.claire.Hears(o.room, "the invoice from outside")
	o.does(t, "approve "+numbers[1])
	reads(t, o.amina, "the invoice from inside")
	o.does(t, "reject "+numbers[2])
	o.refusedWith(t, rejected, say.English.Say(say.HeldRejected, "WhatsApp"))
	if answer := o.does(t, "approve "+numbers[2]); answer != say.English.Say(say.AdminDecided) {
		t.Errorf("a second decision is answered with %q", answer)
	}
	o.claire.Says(o.room, "the end")
	reads(t, o.amina, "the end")
	var got []string
	for _, entry := range o.amina.Inbox() {
		if entry.Text != "" && !entry.FromMe {
			got = append(got, entry.Text)
		}
	}
	if want := []string{"the invoice from inside", "the end"}; !slices.Equal(got, want) {
		t.Errorf("Amina read %q, want %q", got, want)
	}
	if rest := o.waiting(t); len(rest) > 0 {
		t.Errorf("there still wait %q", rest)
	}
}

func TestASenderConfirmsWhatTheyWereWarnedOf(t *testing.T) {
	o := newHoldingOffice(t)
	warned := o.claire.Says(o.room, "my number is 0612")
	o.refusedWith(t, warned, "You are about to give away a number.")
	left := o.claire.Says(o.room, "my number is 0613")
	o.refusedWith(t, left, "react to it with")
	if numbers := o.waiting(t); len(numbers) > 0 {
		t.Errorf("what its sender decides about waits for Karim: %q", numbers)
	}
	o.claire.Reacts(o.room, warned, "✅")
	reads(t, o.amina, "my number is 0612")
	o.claire.Reacts(o.room, warned, "👍") // the message is one as any other now
	o.claire.Says(o.room, "the end")
	reads(t, o.amina, "the end")
	for _, entry := range o.amina.Inbox() {
		if entry.Text == "my number is 0613" {
			t.Error("what was not confirmed went out")
		}
	}
}

func TestWhatIsDeletedWhileItWaitsDoesNotGoOut(t *testing.T) {
	o := newHoldingOffice(t)
	out := o.claire.Says(o.room, "an invoice too many")
	o.refusedWith(t, out, "Invoices are looked at first.")
	o.claire.Deletes(o.room, out)
	o.claire.SeesDeletion(o.room, out)
	numbers := o.waiting(t)
	if len(numbers) != 1 {
		t.Fatalf("there wait %q", numbers)
	}
	if answer := o.does(t, "approve "+numbers[0]); answer != say.English.Say(say.AdminTakenBack) {
		t.Errorf("the approval is answered with %q", answer)
	}
	o.claire.Says(o.room, "the end")
	reads(t, o.amina, "the end")
	for _, entry := range o.amina.Inbox() {
		if strings.Contains(entry.Text, "too many") {
			t.Error("what was deleted went out")
		}
	}
}
