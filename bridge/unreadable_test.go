package bridge_test

import (
	"path/filepath"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"

	"passerelle/bridge/bridgetest"
	"passerelle/portal"
)

func TestTheBridgeStartsBesideARowThatCannotBeRead(t *testing.T) {
	h, networks := buildHouse(t, "", homeserverMode(t), nil, "red")
	h.build(t, networks) // makes the tables
	for id, text := range map[string]string{"m1": "changed", "m2": "as it was"} {
		a := portal.Arrival{Login: "alice", Lane: "chat", ID: id, Payload: []byte(`"` + text + `"`), At: time.Now()}
		if _, err := h.store.PutArrivals(t.Context(), "red", []portal.Arrival{a}); err != nil {
			t.Fatal(err)
		}
	}
	own, err := dbutil.NewWithDialect("file:"+filepath.Join(string(h.options.Databases), "passerelle.db"), "sqlite3-fk-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if _, err := own.Exec(t.Context(), "UPDATE inbox SET sealed = 'something else' WHERE id = 'm1'"); err != nil {
		t.Fatal(err)
	}
	h.start(t, networks)
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	alice.Waits("the message of the other row", func(m bridgetest.Heard) bool { return m.Text == "as it was" })
	h.shows(t, `passerelle_unreadable_rows{network="red",queue="inbox"} 1`, `passerelle_queue_depth{network="red",queue="inbox"} 1`)
}
