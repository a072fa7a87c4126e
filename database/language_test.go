package database_test

import (
	"testing"

	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal/say"
)

func TestAPersonsLanguageIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		const claire, karim = id.UserID("@claire:example.org"), id.UserID("@karim:example.org")
		store := open(t, place, sealer(t, "a"))
		for _, choice := range []struct {
			who id.UserID
			say say.Language
		}{{claire, say.English}, {karim, say.English}, {claire, say.French}} {
			if err := store.SetLanguage(t.Context(), choice.who, choice.say); err != nil {
				t.Fatal(err)
			}
		}
		store.Close()
		kept, err := open(t, place, sealer(t, "a")).Languages(t.Context())
		if err != nil || len(kept) != 2 || kept[claire] != say.French || kept[karim] != say.English {
			t.Errorf("kept are %v, %v", kept, err)
		}
	})
}
