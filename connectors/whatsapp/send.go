package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
	"passerelle/portal/transfer"
	"passerelle/portal/unsent"
)

const (
	// connectionPatience is how long a message waits for a connection that is down.
	connectionPatience = 45 * time.Second
	// answerPatience is how long WhatsApp may take to confirm a message.
	answerPatience = 30 * time.Second
	// sendAttempts is how often a message is sent while WhatsApp does not confirm it, and sendPatience how long: the room's
	// other messages wait for it.
	sendAttempts = 6
	sendPatience = 2 * time.Minute
)

// GetBridgeInfoVersion is raised when what rooms say about themselves changes (see [bridgev2.NetworkConnector]).
func (c *Connector) GetBridgeInfoVersion() (info, capabilities int) { return 1, 3 }

// GetCapabilities says what the network can do (see [bridgev2.NetworkConnector]).
func (c *Connector) GetCapabilities() *bridgev2.NetworkGeneralCapabilities {
	return &bridgev2.NetworkGeneralCapabilities{DisappearingMessages: true, Provisioning: bridgev2.ProvisioningCapabilities{
		ResolveIdentifier: bridgev2.ResolveIdentifierCapabilities{CreateDM: true, LookupPhone: true, ContactList: true, Search: true},
		GroupCreation:     groupCreation(),
	}}
}

// GetCapabilities says what a room can do (see [bridgev2.NetworkAPI]).
func (a *account) GetCapabilities(context.Context, *bridgev2.Portal) *event.RoomFeatures {
	return roomFeatures(a.connector.maxFile.Load())
}

// HandleMatrixMessage brings a Matrix message across the border: convert, fetch, gate, send (see [bridgev2.NetworkAPI]). Its
// errors carry the sentence that the sender reads.
func (a *account) HandleMatrixMessage(ctx context.Context, message *bridgev2.MatrixMessage) (*bridgev2.MatrixMessageResponse, error) {
	if message.Content.URL != "" || message.Content.File != nil {
		if err := a.connector.border.Gate.ScannerReady(ctx); err != nil {
			return nil, a.notSent(err, say.FileUnscannedOut)
		}
	}
	out, err := a.outgoingOf(ctx, message)
	if err != nil {
		return nil, err
	}
	defer out.file.close()
	if isPostsRoom(message.Portal.ID) {
		return a.postOut(ctx, message, out)
	}
	once, err := a.asOnce(ctx, message, out)
	if err != nil {
		return nil, err
	}
	sent, err := a.crossOut(ctx, message, out)
	if err == nil && once {
		sent.DB.Metadata = &MessageMetadata{Once: true}
		a.onceSent(ctx, message)
	}
	return sent, err
}

// outgoingOf says a Matrix message in WhatsApp's words, its file fetched. The caller closes the file.
func (a *account) outgoingOf(ctx context.Context, message *bridgev2.MatrixMessage) (*outgoing, error) {
	on := a.occasion(ctx, message)
	out := convertOut(message.Content, on)
	if out == nil {
		return nil, a.refused(fmt.Errorf("no way to send %s", message.Content.MsgType), a.sayToWriter(ctx, say.UnknownKindOut, networkName))
	}
	if f := out.file; f != nil {
		f.hashed = message.Content.File != nil
		f.fetch = func(ctx context.Context) (*transfer.File, error) { return a.fetchFromMatrix(ctx, message.Content) }
		var err error
		if f.content, err = f.fetch(ctx); err != nil {
			return nil, err
		}
		if f.look != nil {
			f.look(io.NewSectionReader(f.content, 0, f.content.Size()))
		}
		if err := a.sealAppointment(message.Event.ID, out); err != nil {
			return nil, err
		}
	}
	a.fetchThumbnail(ctx, out)
	out.introduce(on)
	return out, nil
}

// crossOut asks the gate for a message that is ready, and sends it. Its errors carry the sentence that the sender reads.
func (a *account) crossOut(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing) (*bridgev2.MatrixMessageResponse, error) {
	metadata, _ := message.Portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(message.Portal.ID, metadata)
	switch {
	case err != nil:
		return nil, a.notSent(err, say.NotSent)
	case isPosts(chat):
		return nil, a.refused(errors.New("no kind of status post"), a.say(say.PostKinds, networkName))
	}
	return a.crossTo(ctx, message, out, chat)
}

// crossTo is crossOut to a chat that may be another than the room's.
func (a *account) crossTo(ctx context.Context, message *bridgev2.MatrixMessage, out *outgoing, chat types.JID) (*bridgev2.MatrixMessageResponse, error) {
	crossing := a.crossingOut(message, out, portalKey(chat, a.login.ID))
	admitted, err := passOut(ctx, a, crossing, out, say.NotSent)
	if err != nil {
		return nil, err
	}
	if err := a.sendPreface(ctx, chat, message, admitted); err != nil {
		return nil, err
	}
	id := outgoingID(message.Event.ID)
	sent, err := a.send(ctx, chat, id, admitted)
	if err != nil {
		return nil, err
	}
	a.willDisappear(ctx, message, sent)
	return &bridgev2.MatrixMessageResponse{
		DB: &database.Message{
			ID:       messageID{chat: message.Portal.ID, sender: userID(a.lid), id: id}.networkID(),
			SenderID: userID(a.lid), Timestamp: sent,
		},
		StreamOrder: sent.Unix(),
	}, nil
}

// passOut asks the gate for something that is to go out. Its errors carry the sentence that the sender reads; unsent is the one
// for when the gate could not be asked.
func passOut[T any](ctx context.Context, a *account, crossing portal.Crossing, content T, unsent say.Sentence) (portal.Admitted[T], error) {
	admitted, err := portal.Pass(ctx, a.connector.border.Gate, crossing, content)
	var refusal *portal.Refusal
	switch {
	case errors.As(err, &refusal):
		sentence := refusal.Explain(a.writersLanguage(ctx), networkName)
		return admitted, a.refused(err, sentence)
	case errors.Is(err, portal.ErrScannerAway):
		return admitted, a.notSent(err, say.FileUnscannedOut)
	case err != nil:
		return admitted, a.notSent(err, unsent)
	}
	return admitted, nil
}

func (a *account) crossingOut(message *bridgev2.MatrixMessage, out *outgoing, chat networkid.PortalKey) portal.Crossing {
	c := a.crossing(portal.Out, chat)
	c.Key, c.Kind, c.Sender = message.Event.ID.String(), out.kind, message.Event.Sender.String()
	c.Room, c.At, c.Text = message.Portal.MXID, time.UnixMilli(message.Event.Timestamp), out.text
	if f := out.file; f != nil {
		c.File = &portal.File{Name: f.name, MIME: f.mime, Size: f.content.Size(), Content: f.content}
	}
	return c
}

// send sends what the gate admitted, under the given ID, and returns when WhatsApp took it. Its errors carry the sentence that
// the sender reads.
func (a *account) send(ctx context.Context, chat types.JID, id types.MessageID, admitted portal.Admitted[*outgoing]) (time.Time, error) {
	out := admitted.Content()
	file := out.file
	if file != nil && file.inMessage {
		file = nil
	}
	return a.transmit(ctx, chat, id, out.message, file)
}

// transmit sends a message under the given ID, after its file, if it has one. When the connection breaks it tries again:
// WhatsApp's clients show one ID once. Its errors carry the sentence that the sender reads. Messages with content come from
// send; reactions and deletions pass the border by their kind, and come from where they are made.
func (a *account) transmit(ctx context.Context, chat types.JID, id types.MessageID, message *waE2E.Message, file *outgoingFile) (time.Time, error) {
	if gone := message.GetProtocolMessage(); gone.GetType() == waE2E.ProtocolMessage_REVOKE && gone != nil {
		a.connector.deleted.add(gone.GetKey().GetID())
	}
	uploaded, perhapsSent := file == nil, false
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 5*time.Second
	sent, err := backoff.Retry(ctx, func() (time.Time, error) {
		client, err := a.connectedClient(ctx)
		if err != nil {
			return time.Time{}, backoff.Permanent(err)
		}
		if !uploaded {
			if err := a.uploadToWhatsApp(ctx, client, file); err != nil {
				return time.Time{}, err
			}
			uploaded = true
		}
		defer a.sendsNow()()
		var sent whatsmeow.SendResponse
		err = a.sessions.sends(ctx, func(ctx context.Context) (err error) {
			sent, err = client.SendMessage(ctx, chat, message, whatsmeow.SendRequestExtra{ID: id, Timeout: answerPatience})
			return err
		})
		if isAnswer(err) {
			perhapsSent = false
			return time.Time{}, backoff.Permanent(fmt.Errorf("send: %w", err))
		}
		perhapsSent = perhapsSent || err != nil && !errors.Is(err, whatsmeow.ErrNotConnected)
		return sent.Timestamp, err
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(sendAttempts), backoff.WithMaxElapsedTime(sendPatience))
	switch {
	case err == nil:
		return sent, nil
	case ackCode(err) == refusedFirstContact:
		return time.Time{}, a.refusedAsFirst(err)
	case perhapsSent:
		return time.Time{}, a.uncertain(err)
	case errors.Is(err, whatsmeow.ErrNotConnected), errors.Is(err, bridgev2.ErrNotLoggedIn):
		return time.Time{}, a.notSent(err, say.NotConnected)
	}
	return time.Time{}, a.notSent(err, say.NotSent)
}

// isAnswer tells whether an error is WhatsApp's word on a message, and not the connection's: trying again would not change it.
func isAnswer(err error) bool {
	var refused *whatsmeow.IQError
	return errors.Is(err, whatsmeow.ErrServerReturnedError) || errors.As(err, &refused) ||
		errors.Is(err, whatsmeow.ErrGroupNotFound) || errors.Is(err, whatsmeow.ErrNotInGroup) ||
		errors.Is(err, whatsmeow.ErrNotLoggedIn) || errors.Is(err, whatsmeow.ErrUnknownServer)
}

// connectedClient returns the client once it is connected, which it waits for.
func (a *account) connectedClient(ctx context.Context) (*whatsmeow.Client, error) {
	client := a.current()
	if client == nil {
		return nil, bridgev2.ErrNotLoggedIn
	}
	if client.WaitForConnection(connectionPatience) {
		return client, ctx.Err()
	}
	return nil, whatsmeow.ErrNotConnected
}

// refused is the error of a message that is not sent, and would not be if it were sent again.
func (a *account) refused(err error, sentence string) error { return unsent.Refused(err, sentence) }

// notSent is the error of a message that did not go out.
func (a *account) notSent(err error, sentence say.Sentence) error {
	return unsent.Failed(err, a.say(sentence, networkName))
}

// uncertain is the error of a message that may or may not have gone out.
func (a *account) uncertain(err error) error {
	return unsent.Perhaps(err, a.say(say.PerhapsNotSent, networkName))
}
