package whatsapp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"passerelle/portal"
)

// receive puts a message into the inbox. It is false when it could not: then WhatsApp is not told that the message arrived,
// and brings it again, and whatsmeow still has it decrypted (see sealedBuffer).
func (a *account) receive(event *events.Message) (stored bool) {
	if chunkNews(event) != nil {
		return a.receiveChunk(event)
	}
	if !a.concerns(&event.Info) || !shows(event.Message) {
		return true
	}
	came, err := arrivalOf(&event.Info, event.RawMessage)
	if err != nil {
		a.log.Err(err).Str("message", event.Info.ID).Msg("A message cannot be kept")
		return true // it came as protobuf and does not go back: it never will
	}
	came.Retried = event.RetryCount > 0 || event.UnavailableRequestID != ""
	return a.storeMessage(came)
}

// receiveUnreadable puts a notice of a message that cannot be read into the inbox.
func (a *account) receiveUnreadable(event *events.UndecryptableMessage) (stored bool) {
	if !a.concerns(&event.Info) || event.DecryptFailMode == events.DecryptFailHide {
		return true
	}
	came, err := arrivalOf(&event.Info, nil)
	if err != nil {
		return true
	}
	came.Unreadable = notYet
	if event.IsUnavailable && event.UnavailableType == events.UnavailableTypeViewOnce {
		came.Unreadable = onPhoneOnly
	}
	return a.storeMessage(came)
}

// concernsUs tells whether a message belongs to a chat that is bridged for everybody: with a person or in a group. Status
// posts (see concerns), channels and WhatsApp's own announcements do not.
func concernsUs(info *types.MessageInfo) bool {
	switch info.Chat.Server {
	case types.GroupServer:
		return true
	case types.BroadcastServer:
		return info.IsIncomingBroadcast() && !info.IsFromMe && isPerson(info.Sender)
	}
	return isPerson(info.Chat)
}

func isPerson(jid types.JID) bool {
	switch jid.Server {
	case types.HiddenUserServer, types.HostedLIDServer, types.DefaultUserServer, types.LegacyUserServer, types.HostedServer:
		return isLIDUser(jid.User) && jid.User != types.PSAJID.User && !jid.IsBot()
	}
	return false
}

func (a *account) storeMessage(came *arrival) (stored bool) {
	lane, id := a.place(a.ctx, came)
	return a.store(came, portal.Arrival{Lane: lane, ID: id})
}

// store puts an arrival into the inbox, at a place, and waits for the database if it has to.
func (a *account) store(came *arrival, at portal.Arrival) (stored bool) {
	payload, err := came.encode()
	if err != nil {
		a.log.Err(err).Str("message", came.ID).Msg("A message cannot be kept")
		return true
	}
	at.Login, at.Payload, at.At = string(a.login.ID), payload, time.Now()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 5*time.Second
	_, err = backoff.Retry(a.ctx, func() (struct{}, error) {
		return struct{}{}, a.connector.border.Inbox.Put(a.ctx, at)
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		a.log.Error().Err(err).Stringer("next", next).Msg("A message cannot be stored; WhatsApp is not told of its arrival")
	}))
	return err == nil
}

// place returns the lane of an arrival, which is its chat, and its ID. Neither holds a phone number. Nobody is asked for a
// LID that is not known: that is done by the delivery, which may take its time.
func (a *account) place(ctx context.Context, came *arrival) (lane, id string) {
	name := func(jid, alt types.JID) string {
		lid, err := a.knownLID(ctx, jid, alt)
		if err != nil || lid.IsEmpty() {
			digest := sha256.Sum256([]byte(jid.User))
			return "unknown-" + hex.EncodeToString(digest[:10])
		}
		return lid.User
	}
	if ofMany(came.Chat) {
		lane = string(portalID(came.Chat))
	} else {
		lane = name(came.Chat, came.ChatAlt) + "@" + types.HiddenUserServer
	}
	id = lane + ":" + name(came.Sender, came.SenderAlt) + ":" + came.ID
	if came.Unreadable != readable {
		id += ":" + string(came.Unreadable)
	}
	return lane, id
}

// knownLID returns the LID of a person who came under jid and perhaps alt, without asking WhatsApp. It is empty when it is
// not known.
func (a *account) knownLID(ctx context.Context, jid, alt types.JID) (types.JID, error) {
	for _, candidate := range []types.JID{jid, alt} {
		switch candidate.Server {
		case types.HiddenUserServer, types.HostedLIDServer:
			return types.NewJID(candidate.User, types.HiddenUserServer), nil
		}
	}
	for _, candidate := range []types.JID{jid, alt} {
		switch candidate.Server {
		case types.DefaultUserServer, types.LegacyUserServer, types.HostedServer:
			lid, err := a.connector.lids.GetLIDForPN(ctx, types.NewJID(candidate.User, types.DefaultUserServer))
			if err != nil || !lid.IsEmpty() {
				return lid.ToNonAD(), err
			}
		}
	}
	return types.EmptyJID, nil
}
