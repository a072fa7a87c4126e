package telegram

import (
	"context"
	"time"

	"passerelle/portal/say"
)

const (
	// updatesLast is how long Telegram keeps updates for a bot that does not fetch them (Bot API, "Getting updates").
	updatesLast = 24 * time.Hour
	// seenEvery is how often it is stored that the bot is connected.
	seenEvery = 10 * time.Minute
)

// seen notes that the bot is connected. When it was not for longer than Telegram keeps updates, its owner is told.
func (a *account) seen(ctx context.Context) {
	before, now := a.kept().SeenAt, a.connector.now()
	if !before.IsZero() && now.Sub(before) < seenEvery {
		return
	}
	if !before.IsZero() && now.Sub(before) > updatesLast {
		in := a.connector.border.Languages.Of(a.login.UserMXID)
		a.log.Warn().Time("since", before).Msg("The bot was away for longer than Telegram keeps updates")
		a.tellOwner(ctx, a.say(say.BotWasAway, networkName, in.Moment(before, now), in.Moment(now, now)))
	}
	if err := a.keep(ctx, func(kept *LoginMetadata) { kept.SeenAt = now }); err != nil && ctx.Err() == nil {
		a.log.Err(err).Msg("When the bot was connected could not be stored")
	}
}
