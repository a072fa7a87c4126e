package say

import "testing"

func TestAPhraseIsSaidOnceItIsKnownWhoReadsIt(t *testing.T) {
	p := CheckToDo.With(CheckListen.With("bridge.listen"))
	for l, want := range map[Language]string{
		English: "What to do: Check bridge.listen: the address has to be this machine's, and free.",
		French:  "Que faire : Vérifiez bridge.listen : l’adresse doit être celle de cette machine, et libre.",
	} {
		if got := p.In(l); got != want {
			t.Errorf("in %s it is %q", l, got)
		}
	}
	if got := (Phrase{}).In(French); got != "" {
		t.Errorf("the zero phrase says %q", got)
	}
}
