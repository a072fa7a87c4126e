package bridge

import (
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/commands"
)

// Commander is a connector with commands of its own. They are the bot's beside the library's, and take the place of those with
// the same name.
type Commander interface {
	Commands() []commands.CommandHandler
}

// addCommands replaces the bot's commands that assert the library's own Matrix connector or intents
// (bridgev2/matrix/cmdadmin.go, cmddoublepuppet.go), and adds the connector's.
func addCommands(c *matrixConnector, br *bridgev2.Bridge) {
	processor, ok := br.Commands.(*commands.Processor)
	if !ok {
		return
	}
	processor.AddHandlers(
		timerCommand(c.network),
		&commands.FullHandler{
			Name:    "discard-megolm-session",
			Aliases: []string{"discard-session"},
			Help: commands.HelpMeta{Section: commands.HelpSectionAdmin,
				Description: "Make new room keys for the next message in this room"},
			RequiresAdmin: true,
			Func: func(ce *commands.Event) {
				c.Crypto.ResetSession(ce.Ctx, ce.RoomID)
				ce.Reply("The next message in this room will have new keys.")
			},
		},
		&commands.FullHandler{
			Name:          "set-pl",
			Aliases:       []string{"set-power-level"},
			Help:          commands.HelpMeta{Section: commands.HelpSectionAdmin, Description: "Not available: change the room's settings in your app"},
			RequiresAdmin: true,
			Func:          func(ce *commands.Event) { ce.Reply("Change the power level in the room's settings in your app.") },
		},
	)
	processor.AddHandlers(c.network.plumbing()...)
	processor.AddHandlers(c.network.relayCommands()...)
	processor.AddHandlers(markCommands(c.network, br.Network.GetName().DisplayName)...)
	if commander, ok := br.Network.(Commander); ok {
		processor.AddHandlers(commander.Commands()...)
	}
}
