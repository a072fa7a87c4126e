package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/matrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/govern"
)

// intent acts as one Matrix user: the bot, a ghost or a double puppet.
type intent struct {
	*matrix.ASIntent
	connector *matrixConnector
}

var (
	_ bridgev2.MatrixAPI         = (*intent)(nil)
	_ bridgev2.MarkAsDMMatrixAPI = (*intent)(nil)
)

func (c *matrixConnector) wrap(api bridgev2.MatrixAPI) bridgev2.MatrixAPI {
	return &intent{ASIntent: api.(*matrix.ASIntent), connector: c}
}

// ErrNotAdmitted is the error of a ghost's message that no gate has admitted: a defect of a connector, never of a person.
var ErrNotAdmitted = errors.New("no gate has admitted this message")

// Errors of a reaction in a portal that administrators have closed, or paused a moment ago: it is tried again, and waits then.
var (
	errNothingCrosses = errors.New("nothing crosses in this portal")
	errPaused         = errors.New("this portal is paused")
)

// carriesContent tells whether events of a type are what the gate decides about.
func carriesContent(t event.Type) bool {
	switch t {
	case event.EventMessage, event.EventSticker, event.EventUnstablePollStart, event.EventUnstablePollResponse:
		return true
	}
	return false
}

// SendMessage encrypts and sends an event. What stands for a foreign message is sent once, however often it is tried. What
// fails is noted in the passage that ctx belongs to (see [portal.NoteFailure]).
func (i *intent) SendMessage(ctx context.Context, room id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	answer, err := i.send(ctx, room, t, content, extra)
	var refusal mautrix.HTTPError
	if errors.As(err, &refusal) && !isAway(err) || errors.Is(err, errNothingCrosses) {
		portal.NoteFailure(ctx, portal.Permanent(err))
	} else {
		portal.NoteFailure(ctx, err)
	}
	return answer, err
}

func (i *intent) send(ctx context.Context, room id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	switch {
	case t == event.EventRedaction:
		return i.redact(ctx, room, content)
	case t == event.EventReaction && extra != nil && extra.ReactionMeta != nil:
		return i.react(ctx, room, content, extra)
	case !carriesContent(t) && !isPollEnd(t):
		return i.ASIntent.SendMessage(ctx, room, t, content, extra)
	}
	network := i.connector.network
	i.inOurWords(ctx, room, content)
	if i.GetMXID() != i.connector.Bot.UserID && !portal.MayPass(ctx) {
		if isLibrarys(content, extra) {
			return nil, ErrNotAdmitted
		}
		network.host.metrics.refusals.WithLabelValues(network.Name).Inc()
		zerolog.Ctx(ctx).Error().Stringer("event_type", &t).Msg("Not sending a ghost's message: no gate has admitted it")
		return nil, ErrNotAdmitted
	}
	if extra == nil || extra.MessageMeta == nil {
		return i.ASIntent.SendMessage(ctx, room, t, content, extra)
	}
	start := time.Now()
	answer, err := i.sendOnce(ctx, room, t, content, extra)
	network.health.setAway(network.outage.observe(err))
	if err == nil {
		network.observe(legSend, start)
	}
	return answer, err
}

// react sends a reaction, once: clear, as the protocol has it (Matrix Client-Server API, "Event annotations and reactions").
func (i *intent) react(ctx context.Context, room id.RoomID, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	if err := i.Matrix.EnsureJoined(ctx, room); err != nil {
		return nil, fmt.Errorf("join the room as the sender: %w", err)
	}
	switch i.connector.network.standsIn(room) {
	case govern.Closed:
		return nil, errNothingCrosses
	case govern.Paused:
		return nil, errPaused
	}
	if i.Matrix.IsCustomPuppet {
		i.Matrix.AddDoublePuppetValueWithTS(content, extra.Timestamp.UnixMilli())
	}
	m := extra.ReactionMeta
	return i.Matrix.SendMessageEvent(ctx, room, event.EventReaction, content, mautrix.ReqSendEvent{
		Timestamp: extra.Timestamp.UnixMilli(),
		TransactionID: deriveTransaction("reaction", string(room), string(m.MessageID), string(m.MessagePartID), string(m.SenderID),
			string(m.EmojiID), m.Emoji, extra.Timestamp.UTC().String()),
	})
}

// transactionKey is the field of an encrypted event, readable for the homeserver, that holds its transaction ID: a hash, by
// which the event is found again.
const transactionKey = "org.passerelle.transaction"

// sendOnce sends what stands for a part of a foreign message, under a transaction ID derived from it, so that a second
// attempt gives no second event (Matrix Client-Server API, "Transaction identifiers"). Homeservers forget transaction IDs
// after a while, and when they restart: an attempt that may not be the first looks for the event beforehand.
func (i *intent) sendOnce(ctx context.Context, room id.RoomID, t event.Type, content *event.Content, extra *bridgev2.MatrixSendExtra) (*mautrix.RespSendEvent, error) {
	transaction, err := transactionID(room, content, extra)
	if err != nil {
		return nil, err
	}
	ctx = mautrix.WithMaxRetries(ctx, 0) // the inbox tries again, and looks before
	if err := i.Matrix.EnsureJoined(ctx, room); err != nil {
		return nil, fmt.Errorf("join the room as the sender: %w", err)
	}
	if last := portal.Attempted(ctx); !last.IsZero() {
		sent, err := lookTwice(ctx, last, func() (id.EventID, error) { return i.find(ctx, room, transaction) })
		if err != nil || sent != "" {
			return &mautrix.RespSendEvent{EventID: sent}, err
		}
	}
	if i.Matrix.IsCustomPuppet {
		i.Matrix.AddDoublePuppetValueWithTS(content, extra.Timestamp.UnixMilli())
	}
	if err := i.connector.Crypto.Encrypt(ctx, room, t, content); err != nil {
		return nil, fmt.Errorf("encrypt for the room: %w", err)
	}
	content.Raw = map[string]any{transactionKey: transaction}
	return i.Matrix.SendMessageEvent(ctx, room, event.EventEncrypted, content, mautrix.ReqSendEvent{
		Timestamp: extra.Timestamp.UnixMilli(), TransactionID: transaction,
	})
}

// transactionID derives the transaction ID of a foreign message's part in a room. What its chat is called is not in it: that may change
// between two attempts (Telegram's groups become supergroups), and the room does not. An edit has one of its own, derived from
// what it says, too.
func transactionID(room id.RoomID, content *event.Content, extra *bridgev2.MatrixSendExtra) (string, error) {
	m := extra.MessageMeta
	names := []string{string(room), string(m.ID), string(m.PartID)}
	if message, ok := content.Parsed.(*event.MessageEventContent); ok && message.RelatesTo.GetReplaceID() != "" {
		said, err := json.Marshal(message.NewContent)
		if err != nil {
			return "", fmt.Errorf("derive a transaction ID: %w", err)
		}
		names = append(names, extra.Timestamp.UTC().String(), string(said))
	}
	return deriveTransaction(names...), nil
}

func deriveTransaction(names ...string) string {
	hash := sha256.New()
	for _, name := range names {
		fmt.Fprintf(hash, "%d:%s", len(name), name)
	}
	return "passerelle-" + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
}

// settling is how long a homeserver may take to show what it was asked for by a client that has died since. (Dendrite's
// /messages follows its rooms with a delay, and a request that is under way is not deduplicated by its transaction ID.)
const settling = 2 * time.Second

// lookTwice looks for what an earlier attempt may have made, the last of which may have been under way at a given time. If it
// is not there, it looks again when the homeserver has had its time. It returns "" when it is not there then.
func lookTwice[T ~string](ctx context.Context, last time.Time, look func() (T, error)) (T, error) {
	if found, err := look(); err != nil || found != "" {
		return found, err
	}
	settled := time.Until(last.Add(settling))
	if settled <= 0 {
		return "", nil
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(settled):
	}
	return look()
}

// find looks for an event of this user by its transaction ID: a room's messages come one after another, so it is among the
// newest. It returns "" when it is not there.
func (i *intent) find(ctx context.Context, room id.RoomID, transaction string) (id.EventID, error) {
	filter := &mautrix.FilterPart{Senders: []id.UserID{i.GetMXID()}, Types: []event.Type{event.EventEncrypted}}
	evt, err := i.search(ctx, room, filter, findPages, func(evt *event.Event) bool { return evt.Content.Raw[transactionKey] == transaction })
	if err != nil || evt == nil {
		return "", err
	}
	return evt.ID, nil
}

// redact sends a redaction through the endpoint made for it: as a message event it would be encrypted, and do nothing. While
// the homeserver is away it tries again: bridgev2 forgets what it redacts, whether that succeeded or not.
func (i *intent) redact(ctx context.Context, room id.RoomID, content *event.Content) (*mautrix.RespSendEvent, error) {
	redaction, ok := content.Parsed.(*event.RedactionEventContent)
	if !ok {
		return nil, fmt.Errorf("redact: unexpected content %T", content.Parsed)
	}
	if i.disappears(redaction) {
		return i.disappear(ctx, room, redaction.Redacts)
	}
	i.Matrix.AddDoublePuppetValue(content)
	return untilItAnswers(ctx, redaction.Redacts, func() (*mautrix.RespSendEvent, error) {
		return i.Matrix.RedactEvent(mautrix.WithMaxRetries(ctx, 0), room, redaction.Redacts, mautrix.ReqRedact{
			Reason: redaction.Reason, Extra: content.Raw,
			TxnID: deriveTransaction("redaction", string(room), string(redaction.Redacts), string(i.GetMXID())),
		})
	})
}

// untilItAnswers repeats a redaction while the homeserver is away.
func untilItAnswers(ctx context.Context, message id.EventID, redact func() (*mautrix.RespSendEvent, error)) (*mautrix.RespSendEvent, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, 15*time.Second
	return backoff.Retry(ctx, func() (*mautrix.RespSendEvent, error) {
		done, err := redact()
		if err != nil && !isAway(err) {
			err = backoff.Permanent(err)
		}
		return done, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		zerolog.Ctx(ctx).Warn().Err(err).Stringer("next", next).Stringer("event", message).
			Msg("What is deleted is still shown; trying again")
	}))
}

// SetDisplayName sets the user's name. Unlike the library's it does not read the old one first: bridgev2 knows it.
func (i *intent) SetDisplayName(ctx context.Context, name string) error {
	if err := i.Matrix.EnsureRegistered(ctx); err != nil {
		return err
	}
	return i.Matrix.Client.SetDisplayName(ctx, name)
}

// SetAvatarURL sets the user's picture, without reading the old one.
func (i *intent) SetAvatarURL(ctx context.Context, picture id.ContentURIString) error {
	parsed, err := picture.Parse()
	if err != nil {
		return err
	}
	if err := i.Matrix.EnsureRegistered(ctx); err != nil {
		return err
	}
	return i.Matrix.Client.SetAvatarURL(ctx, parsed)
}
