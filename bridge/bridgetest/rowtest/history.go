package rowtest

import (
	"slices"
	"time"

	"passerelle/bridge/bridgetest"
)

// historyRows are about what was said before an account was linked.
func historyRows() []Row {
	return []Row{{Holds: "what was said before the link is shown in order and dated", Play: theyRemember}}
}

func theyRemember(s *Scene) {
	account, amina := s.Join("Denis"), s.Join("Amina")
	remembers := can[Rememberer](s, account)
	start := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	texts := []string{"Bonjour Denis", "Bonjour Amina", "Un dossier ?", "Il est prêt"}
	for i, text := range texts {
		by := amina
		if i%2 == 1 {
			by = account
		}
		remembers.Remembers(amina, by, start.Add(time.Duration(i)*time.Minute), text)
	}
	denis := s.Hall.takesSeat(s.T, "denis", account).staff
	amina.Writes(account.Address(), "Merci")
	room := denis.Waits("what she says now", func(h bridgetest.Heard) bool { return h.Text == "Merci" }).Room
	if got, want := denis.Texts(room), append(texts, "Merci"); !slices.Equal(got, want) {
		s.Fatalf("the room holds %q, want %q", got, want)
	}
	for i, h := range slices.DeleteFunc(denis.Log(room), func(h bridgetest.Heard) bool { return !h.IsMessage() })[:len(texts)] {
		s.Encrypted(h)
		if want := start.Add(time.Duration(i) * time.Minute); !h.At.Equal(want) {
			s.Errorf("%q is dated %s, want %s", h.Text, h.At, want)
		}
		if mine := h.Sender == denis.ID(); mine != (i%2 == 1) {
			s.Errorf("%q comes from %s", h.Text, h.Sender)
		}
	}
}
