package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// roomKeys is the library's encryption with a sync loop of our own, by which the bot's device gets its room keys.
//
// The library's loop saves the sync token before the answer is handled (mautrix client.go, SyncWithContext), so that a crash
// in between loses keys; and it ends the process when the homeserver forgets the device (bridgev2/matrix/crypto.go, Start).
// This one saves the token afterwards, and ends the network's bridge, which is started again.
type roomKeys struct {
	matrix.Crypto
	log   zerolog.Logger
	mode  EncryptionMode
	fatal chan<- error

	withheld withheldKeys
	founders founders
	filter   string // the ID of what /sync leaves out; of the loop's own

	mu      sync.Mutex
	cancel  context.CancelFunc // ends the loop
	ended   chan struct{}      // closed when the loop has ended
	stopped bool
	ready   bool          // Init has ended
	hearing bool          // the last /sync was answered
	due     time.Time     // when the /sync that is under way ought to be answered
	endWait func()        // ends the /sync that the homeserver may hold; nil: there is none
	hurried bool          // the next /sync is to be answered at once
	nonce   string        // of the proof that is awaited
	proof   chan struct{} // closed when it has come
}

// isReady tells whether Init has ended.
func (k *roomKeys) isReady() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready
}

// expect returns a channel that is closed when the proof with the nonce comes.
func (k *roomKeys) expect(nonce string) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.nonce, k.proof = nonce, make(chan struct{})
	return k.proof
}

// proven notes that a proof has come.
func (k *roomKeys) proven(nonce any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.nonce != "" && nonce == k.nonce {
		k.nonce = ""
		close(k.proof)
	}
}

// hears tells whether new room keys can come. While they cannot, nobody's patience with a late one may run out.
func (k *roomKeys) hears() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mode == ModeTransactions {
		return true // they come the way that messages come
	}
	return k.hearing && time.Now().Before(k.due)
}

// hurry asks the homeserver at once for what it has, in the place of a /sync that it holds: one that was killed may forget
// to answer that when a key comes.
func (k *roomKeys) hurry() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hurried = true
	if k.endWait != nil {
		k.endWait()
		k.endWait = nil
	}
}

// wait bounds a /sync that the homeserver may hold as long as patience says, and returns for how long it may be held now.
func (k *roomKeys) wait(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hurried || !k.hearing {
		patience = 0 // to know soon what is there, and that the homeserver answers
	}
	k.hurried = false
	k.due = time.Now().Add(patience + syncDelay)
	ctx, cancel := context.WithTimeout(ctx, syncPatience+syncSlack)
	if patience > 0 {
		k.endWait = cancel
	}
	return ctx, cancel, patience
}

// answered notes that a /sync has ended, and tells whether that is since somebody was in a hurry.
func (k *roomKeys) answered(err error) (hurried bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.endWait = nil
	if hurried = k.hurried && errors.Is(err, context.Canceled); !hurried {
		k.hearing = err == nil
	}
	return hurried
}

const (
	syncPatience = 30 * time.Second // how long the homeserver may hold a /sync that has nothing to tell
	syncSlack    = 15 * time.Second // how much longer an answer may take
	syncDelay    = 5 * time.Second  // how much longer it takes when all is well
)

// Init prepares the encryption. What handles keys that come in transactions is registered here, before the first event is
// dispatched.
func (k *roomKeys) Init(ctx context.Context) error {
	if err := k.Crypto.Init(ctx); err != nil {
		return err
	}
	if k.mode == ModeTransactions {
		k.Crypto.Start() // registers, and returns
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ready = true
	return nil
}

// encryptAttempts is how often one event is encrypted at most.
const encryptAttempts = 5

// Encrypt encrypts content for a room. It fails before Init has ended. A change of the room's members may take the key away that was
// shared for it (mautrix crypto/machine.go, HandleMemberEvent): then another one is.
func (k *roomKeys) Encrypt(ctx context.Context, room id.RoomID, t event.Type, content *event.Content) error {
	if !k.isReady() {
		return errNotListening
	}
	for attempt := 1; ; attempt++ {
		err := k.Crypto.Encrypt(ctx, room, t, content)
		gone := errors.Is(err, crypto.ErrNoGroupSession) || errors.Is(err, crypto.ErrSessionNotShared) || errors.Is(err, crypto.ErrSessionExpired)
		if !gone || attempt == encryptAttempts {
			return err
		}
	}
}

// Start syncs until Stop. With keys that come in transactions there is nothing to sync.
func (k *roomKeys) Start() {
	if k.mode == ModeTransactions {
		return // Init has registered what handles them
	}
	ctx, cancel := context.WithCancel(context.Background()) // the interface gives none (matrix.Crypto)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	k.mu.Lock()
	k.cancel, k.ended = cancel, ended
	stopped := k.stopped
	k.mu.Unlock()
	if stopped { // Start runs in a goroutine of its own, and may come late
		return
	}
	if err := k.sync(ctx); err != nil && ctx.Err() == nil {
		k.fatal <- fmt.Errorf("get room keys: %w", err)
	}
}

// Stop ends the loop and waits for it.
func (k *roomKeys) Stop() {
	k.mu.Lock()
	cancel, ended := k.cancel, k.ended
	k.stopped = true
	ready := k.ready
	k.mu.Unlock()
	if cancel != nil {
		cancel()
		<-ended
	}
	if ready { // the library's Stop needs what Init makes
		k.Crypto.Stop()
	}
}

// sync gets and handles what the homeserver has for the bot's device, for as long as the homeserver knows the device.
func (k *roomKeys) sync(ctx context.Context) error {
	client := k.Client()
	since, err := client.Store.LoadNextBatch(ctx, client.UserID)
	if err != nil {
		return fmt.Errorf("read the sync token: %w", err)
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 10*time.Second
	var saved time.Time // when the sync token was last saved
	var lists deviceLists
	pause := emptyPause
	for ctx.Err() == nil {
		asked := time.Now()
		answer, err := k.ask(ctx, client, since, lists.patience())
		switch hurried := k.answered(err); {
		case forgotten(err):
			return err
		case hurried:
			continue
		case err != nil:
			if ctx.Err() == nil {
				k.log.Warn().Err(err).Msg("The homeserver does not tell of new room keys; asking again")
			}
			select {
			case <-ctx.Done():
			case <-time.After(wait.NextBackOff()):
			}
			continue
		}
		lists.add(answer)
		if isEmpty(answer) && (lists.rest() || lists.empty() && time.Since(saved) < saveAtLeast) {
			since = answer.NextBatch
			if time.Since(asked) > emptyPauseMost {
				pause = emptyPause // nothing happened for a while
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, emptyPauseMost)
			continue
		}
		answer.DeviceLists.Changed = lists.changed
		begun := time.Now()
		if err := k.take(ctx, client, answer, since); err != nil {
			k.log.Warn().Err(err).Msg("Room keys cannot be stored; asking for them again")
			select {
			case <-ctx.Done():
			case <-time.After(wait.NextBackOff()):
			}
			continue
		}
		wait.Reset()
		pause = emptyPause
		lists.taken(time.Since(begun))
		since, saved = answer.NextBatch, time.Now()
	}
	return nil
}

// Homeservers answer a /sync whenever something happens in a room of the bot's, be there anything in the answer or not.
const (
	// emptyPause follows an empty answer, so that a busy bridge does not ask at every message. It doubles with each one that
	// comes soon.
	emptyPause     = 100 * time.Millisecond
	emptyPauseMost = 400 * time.Millisecond
	// saveAtLeast is how old a saved sync token becomes while answers are empty.
	saveAtLeast = time.Minute
)

// isEmpty tells whether an answer holds nothing for the bot's device, but perhaps the news of whose devices have changed.
func isEmpty(answer *mautrix.RespSync) bool { return len(answer.ToDevice.Events) == 0 }

// take handles an answer, and saves the token that tells the homeserver so. The library keeps a failure to store a key to
// itself, when the Olm session in its memory has moved on and cannot decrypt the key again: so the database is tried first, and
// waited for in between. What fails all the same is noted. While the token stays the old one, the homeserver sends the answer
// again.
func (k *roomKeys) take(ctx context.Context, client *mautrix.Client, answer *mautrix.RespSync, since string) error {
	ctx = database.Patiently(ctx)
	if err := client.Store.SaveNextBatch(ctx, client.UserID, since); err != nil {
		return err
	}
	// Not ProcessResponse: after 30 s it returns while it goes on (bridgev2/matrix/crypto.go, cryptoSyncer).
	syncer, ok := client.Syncer.(interface {
		ProcessSyncResponse(context.Context, *mautrix.RespSync, string) bool
	})
	if !ok {
		return fmt.Errorf("handle room keys: unexpected syncer %T", client.Syncer)
	}
	answer.ToDevice.Events = slices.DeleteFunc(answer.ToDevice.Events, k.withheld.take)
	noting, away := database.NotingOutages(ctx)
	syncer.ProcessSyncResponse(noting, answer, since)
	if err := away(); err != nil {
		return fmt.Errorf("handle room keys: %w", err)
	}
	return client.Store.SaveNextBatch(ctx, client.UserID, answer.NextBatch)
}

// forgotten tells whether the homeserver no longer knows the device: its token, or the device that the bridge names with the
// appservice's token (MSC4326).
func forgotten(err error) bool {
	var answer mautrix.HTTPError
	return errors.Is(err, mautrix.MUnknownToken) ||
		errors.As(err, &answer) && answer.RespError != nil && strings.HasSuffix(answer.RespError.ErrCode, "M_UNKNOWN_DEVICE")
}

// ask makes one /sync with the filter that leaves everything but the device's own mail out. patience is how long the homeserver
// may hold it.
func (k *roomKeys) ask(ctx context.Context, client *mautrix.Client, since string, patience time.Duration) (*mautrix.RespSync, error) {
	if k.filter == "" { // the store keeps none (bridgev2/matrix/crypto.go, cryptoClientStore)
		made, err := client.CreateFilter(ctx, client.Syncer.GetFilterJSON(client.UserID))
		if err != nil {
			return nil, err
		}
		k.filter = made.FilterID
	}
	if since != "" { // the first answer of all takes as long as it takes
		bounded, cancel, now := k.wait(ctx, patience)
		defer cancel()
		ctx, patience = bounded, now
	}
	return client.FullSyncRequest(mautrix.WithMaxRetries(ctx, 0), mautrix.ReqSync{
		Timeout: int(patience.Milliseconds()), Since: since, FilterID: k.filter,
	})
}
