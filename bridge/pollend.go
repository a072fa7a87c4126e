package bridge

import (
	"maps"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/polls"
)

// PollEnding is a connector on whose network polls end. bridgev2 knows no event that ends a poll, so one comes to
// HandleMatrixEdit, as an edit of the poll without words that has the field org.matrix.msc3381.poll.end.
type PollEnding interface {
	// EndsPolls tells whether they do.
	EndsPolls() bool
}

// isPollEnd tells whether events of a type end a poll.
func isPollEnd(t event.Type) bool {
	return t.Type == event.EventUnstablePollEnd.Type || t.Type == "m.poll.end"
}

// fromPollEnd returns the edit that the end of a poll goes on as; nil: it goes no further.
func (n *network) fromPollEnd(evt *event.Event) *event.Event {
	about, _ := evt.Content.Raw["m.relates_to"].(map[string]any)
	poll, _ := about["event_id"].(string)
	if ending, ok := n.bridge().Network.(PollEnding); !ok || !ending.EndsPolls() || poll == "" {
		return nil
	}
	return editOf(evt, id.EventID(poll), &event.MessageEventContent{MsgType: event.MsgText}, map[string]any{polls.KeyEnd: map[string]any{}})
}

// editOf returns an event as an edit of a message, for bridgev2, which knows no others.
func editOf(evt *event.Event, of id.EventID, content *event.MessageEventContent, raw map[string]any) *event.Event {
	edit := *evt
	edit.Type, edit.StateKey = event.EventMessage, nil
	content.SetEdit(of)
	edit.Content = event.Content{Parsed: content, Raw: maps.Clone(raw)}
	return &edit
}
