package bridge

import (
	"context"
	"sync"

	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/id"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/say"
)

// languages knows the language that each person chose. All networks share it.
type languages struct {
	standard say.Language // of those who chose none
	store    *database.Store

	mu     sync.RWMutex
	chosen map[id.UserID]say.Language // guarded by mu
}

var _ portal.Languages = (*languages)(nil)

func newLanguages(ctx context.Context, standard say.Language, store *database.Store) (*languages, error) {
	chosen, err := store.Languages(ctx)
	if err != nil {
		return nil, err
	}
	return &languages{standard: standard, store: store, chosen: chosen}, nil
}

// Of returns the language that a person is addressed in (see [portal.Languages]).
func (l *languages) Of(person id.UserID) say.Language {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if language := l.chosen[person]; language.Known() { // a newer version of the bridge may know more
		return language
	}
	return l.standard
}

// choose keeps a person's choice, and follows it once it is kept.
func (l *languages) choose(ctx context.Context, person id.UserID, language say.Language) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.SetLanguage(ctx, person, language); err != nil {
		return err
	}
	l.chosen[person] = language
	return nil
}

// say returns a sentence for a room that several people read, in the configured language.
func (n *network) say(s say.Sentence, args ...any) string { return n.sayTo("", s, args...) }

// sayTo returns a sentence in the language of the person who reads it.
func (n *network) sayTo(reader id.UserID, s say.Sentence, args ...any) string {
	return n.host.languages.Of(reader).Say(s, args...)
}

// answer answers a command. The words are said as they are: what people and rooms are called is no markup.
func (n *network) answer(ce *commands.Event, s say.Sentence, args ...any) {
	ce.ReplyAdvanced(n.sayTo(ce.User.MXID, s, args...), false, false)
}
