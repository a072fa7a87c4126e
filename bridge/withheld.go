package bridge

import (
	"sync"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// withheldKeys remembers the room keys of which a person's app has said that it does not give them (Matrix Client-Server API,
// "m.room_key.withheld"). The library is not told: it would put that in the key's place, and then not take the key when it
// comes after all, from another device or since the person has allowed it (mautrix crypto/machine.go, storeGroupSessionInner).
type withheldKeys struct {
	mu    sync.Mutex
	codes map[withheldKey]event.RoomKeyWithheldCode // guarded by mu
}

// withheldKey names a room key. Only the person whose message it is for can withhold it: anybody can claim it.
type withheldKey struct {
	sender  id.UserID
	session id.SessionID
}

// maxWithheld bounds what is remembered. It is only needed while a message waits, so that all of it can go at once.
const maxWithheld = 10_000

// take remembers what a to-device event says, and tells whether it is one that says so.
func (w *withheldKeys) take(evt *event.Event) bool {
	if evt.Type.Type != event.ToDeviceRoomKeyWithheld.Type && evt.Type.Type != event.ToDeviceOrgMatrixRoomKeyWithheld.Type {
		return false
	}
	if evt.Content.Parsed == nil && evt.Content.ParseRaw(event.ToDeviceRoomKeyWithheld) != nil {
		return true // nonsense is not for the library either
	}
	content := evt.Content.AsRoomKeyWithheld()
	if content.SessionID == "" {
		return true // of a device with which there is no secure channel yet (m.no_olm)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.codes == nil || len(w.codes) >= maxWithheld {
		w.codes = map[withheldKey]event.RoomKeyWithheldCode{}
	}
	key := withheldKey{evt.Sender, content.SessionID}
	if !isFinal(w.codes[key]) { // another device, which has not got the key, does not take it back
		w.codes[key] = content.Code
	}
	return true
}

// code returns why a person's app does not give a key; "" when it has not said so.
func (w *withheldKeys) code(sender id.UserID, session id.SessionID) event.RoomKeyWithheldCode {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.codes[withheldKey{sender, session}]
}

// isFinal tells whether a key that is withheld for a reason never comes.
func isFinal(code event.RoomKeyWithheldCode) bool {
	return code == event.RoomKeyWithheldBlacklisted || code == event.RoomKeyWithheldUnauthorized
}

// isMeant tells whether a key is withheld since the person, or the person's app, wants it so.
func isMeant(code event.RoomKeyWithheldCode) bool {
	return isFinal(code) || code == event.RoomKeyWithheldUnverified
}
