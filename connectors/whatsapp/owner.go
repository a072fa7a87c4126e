package whatsapp

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// tellOwner says something in the chat of the account's owner with the bot, beside what goes on. While the homeserver is away it
// tries again.
func (a *account) tellOwner(text string) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 500*time.Millisecond, time.Minute
	a.spawn(func(ctx context.Context) {
		_, err := backoff.Retry(ctx, func() (*mautrix.RespSendEvent, error) {
			room, err := a.login.User.GetManagementRoom(ctx)
			if err != nil {
				return nil, err
			}
			return a.connector.bridge.Bot.SendMessage(ctx, room, event.EventMessage, &event.Content{Parsed: &event.MessageEventContent{
				MsgType: event.MsgNotice, Body: text, Mentions: &event.Mentions{UserIDs: []id.UserID{a.login.UserMXID}},
			}}, nil)
		}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(24*time.Hour))
		if err != nil && ctx.Err() == nil {
			a.log.Err(err).Msg("The owner of an account could not be told something")
		}
	})
}
