package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
)

var _ bridgev2.TypingHandlingNetworkAPI = (*account)(nil)

// HandleMatrixTyping shows contacts that somebody types (see [bridgev2.TypingHandlingNetworkAPI]). Telegram shows it for some seconds,
// and has no word for its end. Nobody tells bots who types.
func (a *account) HandleMatrixTyping(ctx context.Context, typing *bridgev2.MatrixTyping) error {
	if !typing.IsTyping || !a.IsLoggedIn() {
		return nil
	}
	in, err := parsePortalID(typing.Portal.ID)
	if err != nil {
		return err
	}
	action := "typing"
	if typing.Type == bridgev2.TypingTypeRecordingMedia {
		action = "record_voice"
	}
	if err := a.api.sendChatAction(ctx, in, action); err != nil {
		return fmt.Errorf("show who types: %w", err)
	}
	return nil
}
