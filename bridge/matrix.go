package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
)

// matrixConnector is our Matrix connector: the library's, with what it leaves open closed. Everything that a ghost puts
// into Matrix goes through its intents.
type matrixConnector struct {
	*matrix.Connector
	network *network
	fatal   chan<- error // ends the bridge
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
	c.Crypto = &roomKeys{Crypto: c.Crypto, log: c.network.log, mode: c.network.host.options.Encryption.Mode, fatal: c.fatal}
	// What the library sends as the bot by itself, error notices above all, is encrypted too.
	c.Bot.Client.Crypto = &botCrypto{crypto: c.Crypto}
	addCommands(c, br)
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

func (c *matrixConnector) wrap(api bridgev2.MatrixAPI) bridgev2.MatrixAPI {
	return &intent{ASIntent: api.(*matrix.ASIntent), connector: c}
}

// intent acts as one Matrix user: the bot, a ghost or a double puppet.
type intent struct {
	*matrix.ASIntent
	connector *matrixConnector
}

// ErrNotAdmitted is the error of a ghost's message that no gate has admitted: a defect of a connector, never of a person.
var ErrNotAdmitted = errors.New("no gate has admitted this message")

// carriesContent tells whether events of a type are what the gate decides about.
func carriesContent(t event.Type) bool {
	switch t {
	case event.EventMessage, event.EventSticker, event.EventUnstablePollStart, event.EventUnstablePollResponse:
		return true
	}
	return false
}

// SendMessage encrypts and sends an event. What stands for a foreign message is sent under a transaction ID derived from
// that message, so that a second attempt gives no second event (Matrix Client-Server API, "Transaction identifiers").
func (i *intent) SendMessage(ctx context.Context, room id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	if t == event.EventRedaction {
		return i.redact(ctx, room, content)
	}
	if !carriesContent(t) {
		return i.ASIntent.SendMessage(ctx, room, t, content, extra)
	}
	if i.GetMXID() != i.connector.Bot.UserID && !portal.MayPass(ctx) {
		i.connector.network.host.metrics.refusals.WithLabelValues(i.connector.network.Name).Inc()
		zerolog.Ctx(ctx).Error().Stringer("event_type", &t).Msg("Not sending a ghost's message: no gate has admitted it")
		return nil, ErrNotAdmitted
	}
	if extra == nil || extra.MessageMeta == nil {
		return i.ASIntent.SendMessage(ctx, room, t, content, extra)
	}
	start := time.Now()
	answer, err := i.sendForeign(ctx, room, t, content, extra)
	if err == nil {
		i.connector.network.observe(legSend, start)
	}
	return answer, err
}

// sendForeign encrypts and sends what stands for a part of a foreign message.
func (i *intent) sendForeign(ctx context.Context, room id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	if err := i.Matrix.EnsureJoined(ctx, room); err != nil {
		return nil, fmt.Errorf("join the room as the sender: %w", err)
	}
	if i.Matrix.IsCustomPuppet {
		i.Matrix.AddDoublePuppetValueWithTS(content, extra.Timestamp.UnixMilli())
	}
	if err := i.connector.Crypto.Encrypt(ctx, room, t, content); err != nil {
		return nil, fmt.Errorf("encrypt for the room: %w", err)
	}
	return i.Matrix.SendMessageEvent(ctx, room, event.EventEncrypted, content, mautrix.ReqSendEvent{
		Timestamp: extra.Timestamp.UnixMilli(), TransactionID: transactionID(room, extra.MessageMeta),
	})
}

// transactionID derives the transaction ID of a foreign message's part in a room.
func transactionID(room id.RoomID, m *database.Message) string {
	hash := sha256.New()
	for _, name := range []string{string(room), string(m.Room.ID), string(m.Room.Receiver), string(m.ID), string(m.PartID)} {
		fmt.Fprintf(hash, "%d:%s", len(name), name)
	}
	return "passerelle-" + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
}

// redact sends a redaction through the endpoint made for it: as a message event it would be encrypted, and do nothing.
func (i *intent) redact(ctx context.Context, room id.RoomID, content *event.Content) (*mautrix.RespSendEvent, error) {
	redaction, ok := content.Parsed.(*event.RedactionEventContent)
	if !ok {
		return nil, fmt.Errorf("redact: unexpected content %T", content.Parsed)
	}
	i.Matrix.AddDoublePuppetValue(content)
	return i.Matrix.RedactEvent(ctx, room, redaction.Redacts, mautrix.ReqRedact{Reason: redaction.Reason, Extra: content.Raw})
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

// isOurs tells whether a Matrix user is the network's bot or one of its ghosts.
func (c *matrixConnector) isOurs(user id.UserID) bool {
	_, ghost := c.ParseGhostMXID(user)
	return ghost || user == c.Bot.UserID
}

// newContext returns ctx with the network's logger.
func (n *network) newContext(ctx context.Context) context.Context { return n.log.WithContext(ctx) }
