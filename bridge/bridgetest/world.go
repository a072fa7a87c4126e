package bridgetest

import (
	"os"
	"testing"
)

// A World is a homeserver and its people, for the length of one test. It has
// what tests of a conversation need, and fails the test when something cannot
// be had.
type World struct {
	*Homeserver
}

// NewWorld starts a homeserver that ends with the test. When the test fails,
// the end of the homeserver's log is shown.
func NewWorld(t testing.TB, options HomeserverOptions) *World {
	t.Helper()
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	if options.Progress == nil {
		options.Progress = os.Stderr // at once: a first build takes long
	}
	hs, err := StartHomeserver(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hs.Stop(); err != nil {
			t.Errorf("stopping the homeserver: %v", err)
		}
		if t.Failed() {
			t.Logf("the end of the homeserver's log:\n%s", tail(hs.LogPath(), 4096))
		}
	})
	return &World{Homeserver: hs}
}

// Staff makes a person who speaks and listens in this test; see NewStaff.
func (w *World) Staff(t testing.TB, name string, options ...StaffOption) *Actor {
	t.Helper()
	staff, err := w.NewStaff(t.Context(), name, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := staff.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &Actor{Staff: staff, t: t}
}

// NewPostgres starts a PostgreSQL server that ends with the test. Without one
// on the machine the test fails, or is skipped where the environment variable
// PASSERELLE_NO_POSTGRES is 1.
func NewPostgres(t testing.TB) *Postgres {
	t.Helper()
	if os.Getenv(noPostgres) == "1" {
		t.Skipf("%s=1: not testing on PostgreSQL", noPostgres)
	}
	pg, err := StartPostgres(t.Context(), PostgresOptions{})
	if err != nil {
		t.Fatalf("%v (%s=1 skips this)", err, noPostgres)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Errorf("stopping PostgreSQL: %v", err)
		}
	})
	return pg
}

// NewProxy starts a proxy in front of target that ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	proxy, err := StartProxy(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Errorf("stopping the proxy: %v", err)
		}
	})
	return proxy
}
