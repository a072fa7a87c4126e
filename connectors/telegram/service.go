package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2/database"
)

// startServices makes the logins of the service bots. bridgev2 connects them afterwards with all others.
func (c *Connector) startServices(ctx context.Context) error {
	for number, bot := range c.services {
		known, err := c.bridge.GetExistingUserLoginByID(ctx, number)
		switch {
		case err != nil:
			return fmt.Errorf("look up the service bot %s: %w", number, err)
		case known != nil && known.UserMXID == bot.owner:
			continue
		case known != nil:
			return fmt.Errorf("service_bots: the bot %s is connected by %s; have them write “logout” to the bridge’s bot first, or name them as owner", number, known.UserMXID)
		}
		user, err := c.bridge.GetUserByMXID(ctx, bot.owner)
		if err != nil {
			return fmt.Errorf("look up the owner of the service bot %s: %w", number, err)
		}
		if _, err := user.NewLogin(ctx, &database.UserLogin{ID: number, RemoteName: string(number), Metadata: &LoginMetadata{}}, nil); err != nil {
			return fmt.Errorf("connect the service bot %s: %w", number, err)
		}
	}
	return nil
}
