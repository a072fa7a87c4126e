package whatsapp

import (
	"context"
	"fmt"

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
	client := whatsmeow.NewClient(device, discreetLog{log: log.With().Str("part", "whatsmeow").Logger()})
	c.transport.equip(client)
	client.BackgroundEventCtx = ctx
	client.SynchronousAck = true // WhatsApp is told that a message arrived when the handler has returned
	client.EnableDecryptedEventBuffer = true
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
		device.EventBuffer = sealedBuffer{EventBuffer: device.EventBuffer, sealer: c.sealer}
	}
	return device, nil
}
