package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestABotForgetsAContactAndNobodyElse(t *testing.T) {
	const amina, bilal, group = 84512345678, 84512345679, -1001234567890
	kept := &LoginMetadata{
		Links:  []startLink{{Number: 1, Uses: 2, UsedBy: []int64{bilal, amina}}, {Number: 2, UsedBy: []int64{bilal}}},
		Asking: map[int64][]int64{group: {amina, bilal}, group - 1: {amina}},
		Pins:   map[int64][]int64{amina: {4}, bilal: {5}, group: {6}},
	}
	before := *kept
	read, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"once", "again"} {
		kept.forget(amina)
		got, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(got), "84512345678") {
			t.Errorf("%s: %s", when, got)
		}
		want := LoginMetadata{Links: []startLink{{Number: 1, Uses: 2, UsedBy: []int64{bilal, somebody}}, {Number: 2, UsedBy: []int64{bilal}}},
			Asking: map[int64][]int64{group: {bilal}}, Pins: map[int64][]int64{bilal: {5}, group: {6}}}
		if text, err := json.Marshal(want); err != nil || string(text) != string(got) {
			t.Errorf("%s: it keeps %s, want %s", when, got, text)
		}
	}
	if after, err := json.Marshal(before); err != nil || string(after) != string(read) {
		t.Errorf("what others read was changed: %s", after)
	}
	if kept.Links[0].fate(84512345680, time.Time{}) != linkUsedUp {
		t.Error("a link that is used up is good again")
	}
}
