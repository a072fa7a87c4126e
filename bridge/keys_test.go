package bridge

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// forgetful stores devices as the library does: in a transaction, and it keeps to itself that the database failed.
type forgetful struct {
	*mautrix.DefaultSyncer
	db   *dbutil.Database
	away bool
}

func (f *forgetful) ProcessSyncResponse(ctx context.Context, _ *mautrix.RespSync, _ string) bool {
	_ = f.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if f.away { // until the end of this
			if _, err := f.db.Exec(ctx, "PRAGMA query_only = ON"); err != nil {
				return err
			}
			defer f.db.Exec(ctx, "PRAGMA query_only = OFF")
		}
		_, err := f.db.Exec(ctx, "CREATE TABLE IF NOT EXISTS devices (a INTEGER)")
		return err
	})
	return true
}

// TestNewsAreAskedForAgainWhenTheDatabaseWasAwayForAMoment: it is back when the token would be saved.
func TestNewsAreAskedForAgainWhenTheDatabaseWasAwayForAMoment(t *testing.T) {
	db, err := database.Place(t.TempDir()).OpenNetwork(t.Context(), "red", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	syncer := &forgetful{DefaultSyncer: mautrix.NewDefaultSyncer(), db: db, away: true}
	client := &mautrix.Client{Syncer: syncer, Store: mautrix.NewMemorySyncStore()}
	var keys roomKeys
	answer := &mautrix.RespSync{NextBatch: "after"}
	if err := keys.take(t.Context(), client, answer, "before"); err == nil {
		t.Error("news that could not be stored are taken")
	}
	if token, err := client.Store.LoadNextBatch(t.Context(), client.UserID); err != nil || token != "before" {
		t.Errorf("the token is %q, %v", token, err)
	}
	syncer.away = false
	if err := keys.take(t.Context(), client, answer, "before"); err != nil {
		t.Error(err)
	}
	if token, err := client.Store.LoadNextBatch(t.Context(), client.UserID); err != nil || token != "after" {
		t.Errorf("the token is %q, %v", token, err)
	}
}

// taken is the library's encryption of a room whose key is taken away a number of times between its sharing and its use.
type taken struct {
	matrix.Crypto
	times, asked int
}

func (t *taken) Encrypt(context.Context, id.RoomID, event.Type, *event.Content) error {
	if t.asked++; t.asked <= t.times {
		return fmt.Errorf("failed to encrypt event after re-sharing group session: %w", crypto.ErrNoGroupSession)
	}
	return nil
}

func TestAKeyThatMembersTakeAwayIsSharedAnew(t *testing.T) {
	for times, want := range map[int]error{0: nil, 2: nil, 100: crypto.ErrNoGroupSession} {
		library := &taken{times: times}
		keys := &roomKeys{Crypto: library, ready: true}
		if err := keys.Encrypt(t.Context(), "!room", event.EventMessage, &event.Content{}); !errors.Is(err, want) {
			t.Errorf("taken away %d times: %v, want %v", times, err, want)
		}
		if most := min(times+1, encryptAttempts); library.asked != most {
			t.Errorf("taken away %d times: asked %d times, want %d", times, library.asked, most)
		}
	}
}
