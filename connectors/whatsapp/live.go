package whatsapp

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// A live location is one message. Its first position comes as a message; further ones that come as messages, too, are shown
// as edits of it. (Phones spread most of them in stanzas of their own, encrypted with a fast ratchet, which whatsmeow does not
// read: then the first one stays.) WhatsApp does not tell linked devices of the end, but knows no longer share than eight
// hours.

// longestLive is how long somebody's position can be followed at most.
const longestLive = 8 * time.Hour

// live is what is kept with the message of a live location.
type live struct {
	Sequence int64 `json:"sequence"` // of the newest position
	Ended    bool  `json:"ended,omitempty"`
}

// liveOf returns the position that a message tells of somebody on the way; nil: none.
func liveOf(m *waE2E.Message) *waE2E.LiveLocationMessage {
	return unwrapFutureProof(m).GetLiveLocationMessage()
}

// share names the live location of somebody in a chat: there is one at a time.
func (d *delivery) share() string {
	return "live/" + string(d.id.chat) + "/" + string(d.id.sender)
}

// position returns the event that a position is: a message for the first one, otherwise an edit of that. It is not wanted when
// a newer one is shown.
func (d *delivery) position(ctx context.Context, at *waE2E.LiveLocationMessage) (bridgev2.RemoteEvent, bool, error) {
	known, open := d.account.dueNamed(d.share())
	if at.GetTimeOffset() == 0 || !open { // seconds since the share began
		return nil, true, d.expectEnd(ctx, known, open)
	}
	row, err := d.known(ctx, messageID{chat: d.id.chat, sender: d.id.sender, id: known.Came.Ends})
	if err != nil {
		return nil, false, err
	}
	if row == nil {
		return nil, true, d.expectEnd(ctx, known, false)
	}
	shown := metadataOf(row).Live
	if shown == nil || shown.Ended || shown.Sequence >= at.GetSequenceNumber() {
		return nil, false, nil
	}
	d.Type = bridgev2.RemoteEventEdit
	return &move{edit{change{d, row}}, live{Sequence: at.GetSequenceNumber()}}, true, nil
}

// expectEnd notes when the live location that the message begins ends at the latest, unless it has: the message may come
// twice. Another one of the same person's has ended.
func (d *delivery) expectEnd(ctx context.Context, before due, open bool) error {
	row, err := d.known(ctx, d.id)
	switch {
	case err != nil:
		return err
	case open && before.Came.Ends == d.came.ID, row != nil && metadataOf(row).Live != nil && metadataOf(row).Live.Ended:
		return nil
	case open:
		ended := *before.Came
		ended.At = d.came.At
		if !d.account.storeMessage(&ended) {
			return handover.ErrNotTaken
		}
	}
	end := *d.came
	end.Kind, end.ID, end.Ends, end.Encoded, end.PushName = arrivalLiveEnd, "live-end."+d.came.ID, d.came.ID, nil, ""
	end.At = d.came.At.Add(longestLive)
	return d.account.doLater(ctx, due{Name: d.share(), At: end.At, Came: &end})
}

// liveEnd returns the event that the end of a live location is.
func (d *delivery) liveEnd(ctx context.Context) (bridgev2.RemoteEvent, bool, error) {
	if later, ok := d.account.dueNamed(d.share()); ok && later.Came.Ends == d.came.Ends {
		if err := d.account.doneWith(ctx, later); err != nil {
			return nil, false, err
		}
	}
	row, err := d.known(ctx, messageID{chat: d.id.chat, sender: d.id.sender, id: d.came.Ends})
	if err != nil || row == nil {
		return nil, false, err
	}
	if shown := metadataOf(row).Live; shown == nil || shown.Ended {
		return nil, false, nil
	}
	d.Type = bridgev2.RemoteEventEdit
	return &stop{change{d, row}}, true, nil
}

// move is a further position of a live location.
type move struct {
	edit
	to live
}

// ConvertEdit brings the position across the border (see [bridgev2.RemoteEdit]).
func (m *move) ConvertEdit(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	converted, err := m.edit.ConvertEdit(ctx, room, intent, existing)
	if err == nil && len(converted.ModifiedParts) > 0 {
		metadataOf(converted.ModifiedParts[0].Part).Live = &m.to
	}
	return converted, err
}

// stop is the end of a live location.
type stop struct{ change }

// ConvertEdit says that nobody can be followed any more (see [bridgev2.RemoteEdit]).
func (s *stop) ConvertEdit(ctx context.Context, _ *bridgev2.Portal, _ bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	return s.reword(ctx, existing, s.language().Say(say.LiveEnded), func(kept *MessageMetadata) { kept.Live.Ended = true })
}

var (
	_ bridgev2.RemoteEdit = (*move)(nil)
	_ bridgev2.RemoteEdit = (*stop)(nil)
)
