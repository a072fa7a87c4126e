package bridge

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// matrixConnector is our Matrix connector: the library's, with what it leaves open closed. Everything that a ghost puts
// into Matrix goes through its intents.
type matrixConnector struct {
	*matrix.Connector
	network *network
	keys    *roomKeys

	spaces      spaceChildren
	uploadLimit atomic.Int64 // of the homeserver, in bytes; 0: it has not told yet
}

var (
	_ bridgev2.MatrixConnector                           = (*matrixConnector)(nil)
	_ bridgev2.MatrixConnectorWithArbitraryRoomState     = (*matrixConnector)(nil)
	_ bridgev2.MatrixConnectorWithPostRoomBridgeHandling = (*matrixConnector)(nil)
	_ bridgev2.MatrixConnectorWithNameDisambiguation     = (*matrixConnector)(nil)
)

// Init prepares the connector (bridgev2.NewBridge calls it).
func (c *matrixConnector) Init(br *bridgev2.Bridge) {
	c.Connector.Init(br)
	c.keys.Crypto = c.Crypto
	c.Crypto = c.keys
	// What the library sends as the bot by itself, error notices above all, is encrypted too.
	c.Bot.Client.Crypto = &botCrypto{crypto: c.Crypto}
	br.Commands = newBotCommands(c.network, br)
}

// BotIntent acts as the network's bot.
func (c *matrixConnector) BotIntent() bridgev2.MatrixAPI {
	return c.wrap(c.Connector.BotIntent())
}

// GhostIntent acts as an external contact's ghost. It refuses to send what no gate has admitted.
func (c *matrixConnector) GhostIntent(userID networkid.UserID) bridgev2.MatrixAPI {
	return c.wrap(c.Connector.GhostIntent(userID))
}

// NewUserIntent acts as a member of staff (a double puppet). It refuses to send what no gate has admitted.
func (c *matrixConnector) NewUserIntent(ctx context.Context, userID id.UserID, token string) (bridgev2.MatrixAPI, string, error) {
	inner, newToken, err := c.Connector.NewUserIntent(ctx, userID, token)
	if err != nil || inner == nil {
		return nil, newToken, err
	}
	return c.wrap(inner), newToken, nil
}

// botCrypto lets the bot's own client encrypt (mautrix.CryptoHelper).
type botCrypto struct{ crypto matrix.Crypto }

var _ mautrix.CryptoHelper = (*botCrypto)(nil)

// Encrypt encrypts content for the room.
func (b *botCrypto) Encrypt(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	wrapped, ok := content.(*event.Content)
	if !ok {
		wrapped = &event.Content{Parsed: content}
	}
	if err := b.crypto.Encrypt(ctx, room, t, wrapped); err != nil {
		return nil, err
	}
	encrypted, ok := wrapped.Parsed.(*event.EncryptedEventContent)
	if !ok {
		return nil, fmt.Errorf("encrypt: unexpected content %T", wrapped.Parsed)
	}
	return encrypted, nil
}

// Decrypt decrypts an event.
func (b *botCrypto) Decrypt(ctx context.Context, evt *event.Event) (*event.Event, error) {
	return b.crypto.Decrypt(ctx, evt)
}

// WaitForSession waits for a room key.
func (b *botCrypto) WaitForSession(ctx context.Context, room id.RoomID, sender id.SenderKey, session id.SessionID, timeout time.Duration) bool {
	return b.crypto.WaitForSession(ctx, room, sender, session, timeout)
}

// RequestSession asks a user's devices for a room key.
func (b *botCrypto) RequestSession(ctx context.Context, room id.RoomID, sender id.SenderKey, session id.SessionID, user id.UserID, device id.DeviceID) {
	b.crypto.RequestSession(ctx, room, sender, session, user, device)
}

// Init does nothing: the connector starts its own encryption.
func (b *botCrypto) Init(context.Context) error { return nil }

// GetCapabilities says that members can be named in a room's creation: our CreateRoom lets them join, and bridgev2 spares the
// state of each one (bridgev2/portal.go, createMatrixRoomInLoop).
func (c *matrixConnector) GetCapabilities() *bridgev2.MatrixCapabilities {
	capabilities := *c.Connector.GetCapabilities()
	capabilities.AutoJoinInvites = true
	return &capabilities
}

// isOurs tells whether a Matrix user is the network's bot or one of its ghosts.
func (c *matrixConnector) isOurs(user id.UserID) bool {
	_, ghost := c.ParseGhostMXID(user)
	return ghost || user == c.Bot.UserID
}

// newContext returns ctx with the network's logger.
func (n *network) newContext(ctx context.Context) context.Context { return n.log.WithContext(ctx) }
