package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/random"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
)

// toDeviceFields are the fields of a transaction that hold to-device events: the spec's, and that of MSC2409.
var toDeviceFields = []string{"to_device", "de.sorunome.msc2409.to_device"}

// proofType is a to-device event by which the bridge finds out whether it gets to-device events at all.
var proofType = event.Type{Type: "org.passerelle.proof", Class: event.ToDeviceEventType}

// provePatience is how long the homeserver may take to bring the proof.
const provePatience = 20 * time.Second

// errNotListening is the error of to-device events that come before anybody can take them. The homeserver sends them again.
var errNotListening = errors.New("the bridge is still starting")

// takeKeys handles the to-device events of a transaction before it is answered: they are room keys, and would be lost
// otherwise. It takes them out of the transaction.
func (n *network) takeKeys(ctx context.Context, transaction map[string]json.RawMessage) error {
	if n.host.options.Encryption.Mode != ModeTransactions {
		return nil
	}
	ctx = database.Patiently(ctx) // the library keeps it to itself when a key could not be stored
	now := n.current.Load()
	for _, field := range toDeviceFields {
		var events []json.RawMessage
		if err := json.Unmarshal(transaction[field], &events); err != nil || len(events) == 0 {
			continue
		}
		if !now.keys.isReady() {
			return errNotListening
		}
		delete(transaction, field)
		for _, raw := range events {
			evt := &event.Event{}
			if err := json.Unmarshal(raw, evt); err != nil {
				n.log.Warn().Err(err).Msg("Leaving out a to-device event with fields of the wrong type")
				continue
			}
			evt.Type.Class, evt.Mautrix.EventSource = event.ToDeviceEventType, event.SourceToDevice
			if evt.Type == proofType {
				now.keys.proven(evt.Content.Raw["nonce"])
				continue
			}
			if now.keys.withheld.take(evt) {
				continue
			}
			if err := evt.Content.ParseRaw(evt.Type); err != nil && !errors.Is(err, event.ErrUnsupportedContentType) {
				n.log.Warn().Err(err).Msg("Leaving out a to-device event that cannot be read")
				continue
			}
			now.matrix.EventProcessor.Dispatch(ctx, evt)
		}
	}
	return nil
}

// proveKeys sends a to-device event to the bridge's own device, and waits until it comes with a transaction. Without those
// the bridge would run, and never be able to read anything.
func (n *network) proveKeys(ctx context.Context) error {
	if n.host.options.Encryption.Mode != ModeTransactions {
		return nil
	}
	keys := n.current.Load().keys
	client, nonce := keys.Client(), random.String(16)
	proof := keys.expect(nonce)
	_, err := client.SendToDevice(ctx, proofType, &mautrix.ReqSendToDevice{Messages: map[id.UserID]map[id.DeviceID]*event.Content{
		client.UserID: {client.DeviceID: {Raw: map[string]any{"nonce": nonce}}},
	}})
	if err != nil {
		return fmt.Errorf("send a to-device event to the bridge's own device: %w", err)
	}
	select {
	case <-proof:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(provePatience):
	}
	return errors.New("the homeserver sends no room keys with its transactions: the registration needs " +
		"`org.matrix.msc3202: true` and `receive_ephemeral: true`, and Synapse " +
		"`experimental_features: {msc2409_to_device_messages_enabled: true, msc3202_transaction_extensions: true}`; " +
		"or set encryption.mode to device")
}
