package telegram

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Who reads a sentence decides about its language: who wrote a message reads the answer; the owner reads what is said of the bot; a
// room may have several readers.

// say returns a sentence for several readers, in the configured language.
func (c *Connector) say(s say.Sentence, args ...any) string { return c.sayTo("", s, args...) }

// moment says when something is, for several readers.
func (c *Connector) moment(at time.Time) string { return c.border.Languages.Of("").Moment(at, c.now()) }

// sayTo returns a sentence in the language of its reader.
func (c *Connector) sayTo(reader id.UserID, s say.Sentence, args ...any) string {
	return c.border.Languages.Of(reader).Say(s, args...)
}

// say returns a sentence in the language of the bot's owner.
func (a *account) say(s say.Sentence, args ...any) string {
	return a.connector.sayTo(a.login.UserMXID, s, args...)
}

// sayToWriter returns a sentence in the language of the person whose message ctx is of.
func (a *account) sayToWriter(ctx context.Context, s say.Sentence, args ...any) string {
	return a.writersLanguage(ctx).Say(s, args...)
}

// writersLanguage is the language of the person whose message ctx is of: the bot's owner, or somebody who writes through the bot.
func (a *account) writersLanguage(ctx context.Context) say.Language {
	if writer, ok := relay.Of(ctx); ok {
		return a.connector.border.Languages.Of(writer.ID)
	}
	return a.connector.border.Languages.Of(a.login.UserMXID)
}
