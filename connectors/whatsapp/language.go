package whatsapp

import (
	"context"

	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/relay"
	"passerelle/portal/say"
)

// Who reads a sentence decides about its language: who wrote a command or a message, reads the answer; the owner reads what is
// said in a direct chat; a group's room has several readers.

// say returns a sentence for several readers, in the configured language.
func (c *Connector) say(s say.Sentence, args ...any) string { return c.sayTo("", s, args...) }

// sayTo returns a sentence in the language of its reader.
func (c *Connector) sayTo(reader id.UserID, s say.Sentence, args ...any) string {
	return c.border.Languages.Of(reader).Say(s, args...)
}

// languageIn returns the language of what is said in a chat's room.
func (c *Connector) languageIn(chat networkid.PortalKey) say.Language {
	var reader id.UserID
	if chat.Receiver != "" {
		if login := c.bridge.GetCachedUserLoginByID(chat.Receiver); login != nil {
			reader = login.UserMXID
		}
	}
	return c.border.Languages.Of(reader)
}

// say returns a sentence in the language of the account's owner.
func (a *account) say(s say.Sentence, args ...any) string {
	return a.connector.sayTo(a.login.UserMXID, s, args...)
}

// sayToWriter returns a sentence in the language of the person whose message ctx is of.
func (a *account) sayToWriter(ctx context.Context, s say.Sentence, args ...any) string {
	return a.writersLanguage(ctx).Say(s, args...)
}

// writersLanguage is the language of the person whose message ctx is of: the account's owner, or somebody who writes through the account.
func (a *account) writersLanguage(ctx context.Context) say.Language {
	if writer, ok := relay.Of(ctx); ok {
		return a.connector.border.Languages.Of(writer.ID)
	}
	return a.connector.border.Languages.Of(a.login.UserMXID)
}

// say returns a sentence in the language of the person who logs in.
func (l *linking) say(s say.Sentence, args ...any) string {
	return l.connector.sayTo(l.user.MXID, s, args...)
}
