package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/bridgev2"
)

// Each login has a space, which holds its chats but for those that are in a space of the network's own. bridgev2 makes it with
// the first chat, and puts each chat into it once its login is met there (bridgev2/space.go); CreateRoom sees to it that the
// space is made once. What fails then, and the chats from before there were spaces, are put into it here.

const (
	spacesEvery      = 15 * time.Minute
	spacesAfterError = time.Minute
)

// fillSpaces puts chats into their spaces until ctx ends.
func (n *network) fillSpaces(ctx context.Context) {
	for ctx.Err() == nil {
		pause := spacesEvery
		for _, login := range n.bridge().GetAllCachedUserLogins() {
			if err := fillSpace(ctx, login); err != nil && ctx.Err() == nil {
				n.log.Err(err).Str("login", string(login.ID)).Msg("Not all chats are in their space yet; trying again")
				pause = spacesAfterError
			}
		}
		wait(ctx, pause)
	}
}

// fillSpace puts the chats of a login into its space that are not there.
func fillSpace(ctx context.Context, login *bridgev2.UserLogin) error {
	places, err := login.Bridge.DB.UserPortal.GetAllForLogin(ctx, login.UserLogin)
	if err != nil {
		return fmt.Errorf("look up a login's chats: %w", err)
	}
	var failed error
	for _, place := range places {
		if place.InSpace != nil && *place.InSpace || ctx.Err() != nil {
			continue
		}
		at, err := login.Bridge.GetExistingPortalByKey(ctx, place.Portal)
		if err == nil && at != nil {
			err = login.AddPortalToSpace(ctx, at, place.CopyWithoutValues())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}
