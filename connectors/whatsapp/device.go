package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// newClient returns a whatsmeow client of a device, linked or about to be. The context is the one of everything that the
// client does by itself.
func (c *Connector) newClient(ctx context.Context, device *store.Device, log zerolog.Logger) *whatsmeow.Client {
	client := whatsmeow.NewClient(device, discreetLog{ctx: ctx, log: log.With().Str("part", "whatsmeow").Logger()})
	c.transport.equip(client)
	client.BackgroundEventCtx = ctx
	client.SynchronousAck = true // WhatsApp is told that a message arrived when the handler has returned
	client.EnableDecryptedEventBuffer = true
	client.ManualHistorySyncDownload, client.DisableManualHistorySyncReceipt = true, true // see history.go
	client.DisableLoginAutoReconnect = true                                               // see account.comeBack and linking.finish
	client.SetMaxParallelRetryReceiptHandling(1)                                          // two at once would break a device's session; see again.go
	client.SetForceActiveDeliveryReceipts(true)                                           // what is stored has been delivered, whether its reader is online or not
	client.GetClientPayload = func() *waWa6.ClientPayload { return named(device.GetClientPayload(), c.options.DeviceName) }
	return client
}

// named puts the device's name, which the phone shows, into a registration. whatsmeow would take it from a variable of the
// whole process (whatsmeow/store/clientpayload.go, DeviceProps).
func named(payload *waWa6.ClientPayload, name string) *waWa6.ClientPayload {
	registration := payload.GetDevicePairingData()
	if registration == nil {
		return payload // a login: the phone knows the name since the registration
	}
	var props waCompanionReg.DeviceProps
	if err := proto.Unmarshal(registration.DeviceProps, &props); err != nil {
		return payload
	}
	props.Os = proto.String(name)
	if encoded, err := proto.Marshal(&props); err == nil {
		registration.DeviceProps = encoded
	}
	return payload
}

// device loads a linked device. It is nil when whatsmeow does not know it, which is so once the phone has removed the link.
func (c *Connector) device(ctx context.Context, jid types.JID) (*store.Device, error) {
	if jid.IsEmpty() {
		return nil, nil
	}
	device, err := c.devices.GetDevice(ctx, jid)
	if err != nil {
		return nil, fmt.Errorf("load the linked device: %w", err)
	}
	if device != nil {
		device.LIDs = c.lids
		device.Container = &keyring{DeviceContainer: device.Container}
	}
	return device, nil
}

// keyring destroys a device's keys in the database and leaves the device in memory as it is. whatsmeow would take the device
// apart under the goroutines that still use it (whatsmeow/store/store.go, Device.Delete); it does not when the database says
// that it could not delete.
type keyring struct {
	store.DeviceContainer
	mu        sync.Mutex
	destroyed bool // guarded by mu
}

// errDestroyed is what a keyring answers when it has destroyed the keys.
var errDestroyed = errors.New("the keys are destroyed (which is no failure)")

func (k *keyring) DeleteDevice(ctx context.Context, device *store.Device) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.DeviceContainer.DeleteDevice(ctx, device); err != nil {
		return err
	}
	k.destroyed = true
	return errDestroyed
}

// PutDevice stores a device, unless its keys are destroyed: a straggler must not bring them back.
func (k *keyring) PutDevice(ctx context.Context, device *store.Device) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.destroyed {
		return store.ErrDeviceDeleted
	}
	return k.DeviceContainer.PutDevice(ctx, device)
}

// logoutPatience is how long WhatsApp may take to confirm that a link is removed.
const logoutPatience = 15 * time.Second

// unlink removes the link of a client's device, destroys the device's keys and disconnects. An error means that the phone was
// not told, or that the keys are still there.
func unlink(ctx context.Context, client *whatsmeow.Client) error {
	patience, cancel := context.WithTimeout(ctx, logoutPatience)
	defer cancel()
	err := client.Logout(patience)
	if err == nil || errors.Is(err, errDestroyed) {
		return nil
	}
	client.Disconnect()
	err = fmt.Errorf("remove the link: %w", err)
	if destroyed := client.Store.Delete(ctx); !errors.Is(destroyed, errDestroyed) {
		err = errors.Join(err, destroyed)
	}
	return err
}
