package database_test

import (
	"slices"
	"testing"

	"passerelle/database"
	"passerelle/portal"
)

func held(lane, id string) portal.Arrival {
	return portal.Arrival{Login: "alice", Lane: lane, ID: id, Payload: []byte("payload of " + id), At: noon, Past: true}
}

func TestWhatIsHeldIsDeliveredOnceItIsReleased(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		hold := func(arrivals ...portal.Arrival) {
			t.Helper()
			if err := store.HoldArrivals(t.Context(), "whatsapp", arrivals); err != nil {
				t.Fatal(err)
			}
		}
		put(t, store, "live", "is there")
		hold(held("chat", "m3"), held("chat", "m2"), held("chat", "live"))
		hold(held("other", "n1"))
		hold(held("chat", "m1"), held("chat", "m2")) // the second one again
		store.Close()

		store = open(t, place, sealer(t, "a"))
		if list, err := store.Arrivals(t.Context(), "whatsapp"); err != nil || len(list) != 1 || list[0].ID != "live" {
			t.Errorf("to be delivered are %v, %v", list, err)
		}
		if lanes, err := store.HeldLanes(t.Context(), "whatsapp", "alice"); err != nil || !slices.Equal(lanes, []string{"chat", "other"}) {
			t.Errorf("held are %v, %v", lanes, err)
		}
		if lanes, err := store.HeldLanes(t.Context(), "whatsapp", "bob"); err != nil || len(lanes) != 0 {
			t.Errorf("of another login are held %v, %v", lanes, err)
		}
		released, err := store.ReleaseArrivals(t.Context(), "whatsapp", "alice", "chat", func(list []portal.Arrival) []portal.Arrival {
			slices.Reverse(list)
			return list[:len(list)-1] // without m3, which is not wanted
		})
		if err != nil || len(released) != 2 || released[0].ID != "m1" || string(released[1].Payload) != "payload of m2" || released[0].Seq >= released[1].Seq {
			t.Errorf("released are %+v, %v", released, err)
		}
		store.Close()

		store = open(t, place, sealer(t, "a"))
		var ids []string
		list, err := store.Arrivals(t.Context(), "whatsapp")
		for _, a := range list {
			ids = append(ids, a.ID)
		}
		if err != nil || !slices.Equal(ids, []string{"m1", "m2", "live"}) {
			t.Errorf("to be delivered are %v, %v", ids, err)
		}
		if lanes, err := store.HeldLanes(t.Context(), "whatsapp", "alice"); err != nil || !slices.Equal(lanes, []string{"other"}) {
			t.Errorf("held are %v, %v", lanes, err)
		}
	})
}

func TestWhatIsHeldAndWasChangedStaysWhereItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, place database.Place) {
		store := open(t, place, sealer(t, "a"))
		if err := store.HoldArrivals(t.Context(), "whatsapp", []portal.Arrival{held("chat", "m1"), held("chat", "m2")}); err != nil {
			t.Fatal(err)
		}
		store.Close()
		execute(t, place, `UPDATE inbox SET login = 'alice', id = 'm9' WHERE id = 'm1'`)
		store = open(t, place, sealer(t, "a"))
		released, err := store.ReleaseArrivals(t.Context(), "whatsapp", "alice", "chat", func(list []portal.Arrival) []portal.Arrival { return list })
		if err != nil || len(released) != 1 || released[0].ID != "m2" {
			t.Errorf("released are %+v, %v", released, err)
		}
	})
}
