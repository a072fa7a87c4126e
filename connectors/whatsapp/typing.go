package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/simplevent"
)

// typingLasts is how long a contact is shown as typing when no word comes of the end. WhatsApp's apps say again that
// somebody types while they do.
const typingLasts = 20 * time.Second

var _ bridgev2.TypingHandlingNetworkAPI = (*account)(nil)

// typed passes on that a contact types or records a voice note, or has stopped.
func (a *account) typed(event *events.ChatPresence) {
	chat, sender, err := a.parties(event.MessageSource)
	if err != nil || chat.IsEmpty() || sender.IsEmpty() || event.IsFromMe {
		return
	}
	typing := &simplevent.Typing{EventMeta: simplevent.EventMeta{
		Type: bridgev2.RemoteEventTyping, PortalKey: portalKey(chat, a.login.ID), Sender: a.sender(sender),
	}}
	if event.State == types.ChatPresenceComposing {
		typing.Timeout = typingLasts
		if event.Media == types.ChatPresenceMediaAudio {
			typing.Type = bridgev2.TypingTypeRecordingMedia
		}
	}
	a.signal(typing)
}

// HandleMatrixTyping shows contacts that the account's owner types (see [bridgev2.TypingHandlingNetworkAPI]). While the
// connection is down nothing is shown: it would come too late.
func (a *account) HandleMatrixTyping(ctx context.Context, typing *bridgev2.MatrixTyping) error {
	client := a.current()
	if client == nil || !client.IsLoggedIn() {
		return nil
	}
	metadata, _ := typing.Portal.Metadata.(*PortalMetadata)
	chat, err := chatOf(typing.Portal.ID, metadata)
	if err != nil || isPosts(chat) {
		return err
	}
	state, media := types.ChatPresencePaused, types.ChatPresenceMediaText
	if typing.IsTyping {
		state = types.ChatPresenceComposing
		a.appear(ctx, client)
	}
	if typing.Type == bridgev2.TypingTypeRecordingMedia {
		media = types.ChatPresenceMediaAudio
	}
	if err := client.SendChatPresence(ctx, chat, state, media); err != nil {
		return fmt.Errorf("show who types: %w", err)
	}
	return nil
}
