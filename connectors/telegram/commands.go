package telegram

import (
	"maunium.net/go/mautrix/bridgev2/commands"

	"passerelle/portal/say"
)

// Commands lists the connector's commands for its bot, described in a language (see bridge.Commander).
func (c *Connector) Commands(in say.Language) []commands.CommandHandler {
	return c.startCommands(in)
}

// answer answers a command. The words are said as they are: names are no markup.
func (c *Connector) answer(ce *commands.Event, sentence say.Sentence, args ...any) {
	ce.ReplyAdvanced(c.sayTo(ce.User.MXID, sentence, args...), false, false)
}
