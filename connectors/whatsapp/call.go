package whatsapp

import (
	"context"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"

	"passerelle/portal/say"
)

// A call rings on the phone, and its room says so: in one notice of the caller's, which is changed when the call ends. Calls
// that the account makes are on the phone, where they were made.

// callStep is how far a call has come.
type callStep string

const (
	callRings callStep = "rings"
	callEnds  callStep = "ends"
)

// Reasons that WhatsApp gives for the end of a call on this device: another one has taken it.
const (
	acceptedElsewhere = "accepted_elsewhere"
	rejectedElsewhere = "rejected_elsewhere"
)

// callNews is a step of a call: what the inbox keeps of it.
type callNews struct {
	ID     string   `json:"id"`
	Step   callStep `json:"step"`
	Video  bool     `json:"video,omitempty"`
	Group  bool     `json:"group,omitempty"`
	Reason string   `json:"reason,omitempty"` // why it ends here, when another device has taken it
}

// call is what the room says of a call: it is kept with the notice.
type call struct {
	Video    bool          `json:"video,omitempty"`
	Group    bool          `json:"group,omitempty"`
	Late     bool          `json:"late,omitempty"` // it came when it had long stopped ringing
	Rang     time.Time     `json:"rang,omitzero"`
	Answered time.Time     `json:"answered,omitzero"` // on the phone
	Lasted   time.Duration `json:"lasted,omitempty"`
	Outcome  callOutcome   `json:"outcome,omitempty"`
}

// callOutcome is how a call ended.
type callOutcome string

const (
	callOpen     callOutcome = "" // it rings, or is going on
	callMissed   callOutcome = "missed"
	callDeclined callOutcome = "declined"
	callOver     callOutcome = "over" // after it was answered
)

// callRingsFor is how long a call rings at most, with room for the clocks and the way.
const callRingsFor = 2 * time.Minute

// longestCallID bounds the names of calls, which strangers choose.
const longestCallID = 128

// callOffered puts a call into the inbox that rings.
func (a *account) callOffered(offer *events.CallOffer) (stored bool) {
	return a.receiveCall(&offer.BasicCallMeta, &callNews{
		Step: callRings, Video: has(offer.Data, "video"), Group: !offer.GroupJID.IsEmpty() || has(offer.Data, "group_info"),
	})
}

// callNoticed puts a call into the inbox that others take part in.
func (a *account) callNoticed(notice *events.CallOfferNotice) (stored bool) {
	return a.receiveCall(&notice.BasicCallMeta, &callNews{
		Step: callRings, Video: notice.Media == "video", Group: notice.Type == "group" || !notice.GroupJID.IsEmpty(),
	})
}

// callAccepted puts into the inbox that another device of the account's has taken a call.
func (a *account) callAccepted(accept *events.CallAccept) (stored bool) {
	return a.receiveCall(&accept.BasicCallMeta, &callNews{Step: callEnds, Reason: acceptedElsewhere})
}

// callEnded puts the end of a call into the inbox.
func (a *account) callEnded(end *events.CallTerminate) (stored bool) {
	news := &callNews{Step: callEnds}
	if end.Reason == acceptedElsewhere || end.Reason == rejectedElsewhere {
		news.Reason = end.Reason
	}
	return a.receiveCall(&end.BasicCallMeta, news)
}

func has(n *waBinary.Node, tag string) bool { return n != nil && len(n.GetChildrenByTag(tag)) > 0 }

// receiveCall stores a step of a call in the lane of its chat. whatsmeow acknowledges calls whatever it returns
// (whatsmeow/call.go), but not before: store waits for a database that is away.
func (a *account) receiveCall(meta *types.BasicCallMeta, news *callNews) (stored bool) {
	caller, alt := meta.CallCreator.ToNonAD(), meta.CallCreatorAlt.ToNonAD()
	if !isPerson(caller) || meta.CallID == "" || len(meta.CallID) > longestCallID {
		return true
	}
	if lid, err := a.knownLID(a.ctx, caller, alt); err == nil && lid.User == a.lid.User {
		return true
	}
	news.ID = meta.CallID
	came := &arrival{
		Version: arrivalVersion, Kind: arrivalCall, Chat: caller, ChatAlt: alt, Sender: caller, SenderAlt: alt,
		ID: callMessage(news.ID) + "." + string(news.Step), At: meta.Timestamp, Call: news,
	}
	if news.Reason != "" {
		came.ID += "." + news.Reason
	}
	if group := a.groupOfCall(meta); !group.IsEmpty() {
		came.Chat, came.ChatAlt = group, types.EmptyJID
	}
	return a.storeMessage(came)
}

// callMessage names the notice of a call. No ID of WhatsApp's messages has a dot.
func callMessage(id string) types.MessageID { return "call." + id }

// mostCalls bounds how many calls of groups are remembered.
const mostCalls = 64

// groupOfCall returns the group that is called; empty: a person is. The end of a call does not always name the group, so it is
// remembered since the beginning.
func (a *account) groupOfCall(meta *types.BasicCallMeta) types.JID {
	a.mu.Lock()
	defer a.mu.Unlock()
	group := meta.GroupJID.ToNonAD()
	if group.Server != types.GroupServer {
		return a.groupCalls[meta.CallID]
	}
	if a.groupCalls == nil || len(a.groupCalls) >= mostCalls {
		a.groupCalls = map[string]types.JID{}
	}
	a.groupCalls[meta.CallID] = group
	return group
}

// begins is what a room says of a call that it has not heard of. One that is known by its end alone was missed.
func (d *delivery) begins() call {
	news := d.came.Call
	c := call{Video: news.Video, Group: news.Group, Rang: d.came.At, Late: d.stored.At.Sub(d.came.At) > callRingsFor}
	if news.Step == callEnds {
		c.Outcome = callMissed
	}
	return c
}

// after is what a room says of a call after a step at a time. It is the same when the step makes no difference.
func (c call) after(step *callNews, at time.Time) call {
	switch {
	case c.Outcome != callOpen || step.Step != callEnds:
	case step.Reason == acceptedElsewhere:
		if c.Answered.IsZero() {
			c.Answered = at
		}
	case !c.Answered.IsZero():
		c.Outcome, c.Lasted = callOver, max(0, at.Sub(c.Answered))
	case step.Reason == rejectedElsewhere:
		c.Outcome = callDeclined
	default:
		c.Outcome = callMissed
	}
	return c
}

// callState says a call in the words of its room.
func (r reader) callState(c call) string {
	kind, missed := say.VoiceCall, say.MissedCall
	switch {
	case c.Group && c.Video:
		kind, missed = say.GroupVideoCall, say.MissedGroupVideoCall
	case c.Group:
		kind, missed = say.GroupVoiceCall, say.MissedGroupCall
	case c.Video:
		kind, missed = say.VideoCall, say.MissedVideoCall
	}
	late := ""
	if c.Late {
		late = r.told(say.CallCameLate, moment(c.Rang.Unix()))
	}
	switch {
	case c.Outcome == callMissed:
		return joinLines(r.say(missed), late)
	case c.Outcome == callDeclined:
		return joinLines(r.say(kind), r.say(say.CallDeclined), late)
	case !c.Answered.IsZero():
		return joinLines(r.say(kind), r.say(say.CallAnswered), r.told(say.Lasted, lasting(int64(c.Lasted/time.Second))), late)
	case c.Late:
		return joinLines(r.say(kind), late)
	}
	return joinLines(r.say(kind), r.say(say.AnswerOnPhone, networkName))
}

// callChange returns the event that a step of a call is. It is not wanted when it changes nothing.
func (d *delivery) callChange(ctx context.Context) (bridgev2.RemoteEvent, bool, error) {
	notice := messageID{chat: d.id.chat, sender: d.id.sender, id: callMessage(d.came.Call.ID)}
	row, err := d.known(ctx, notice)
	if err != nil {
		return nil, false, err
	}
	if row == nil { // also after an attempt of which no more than the event came to be
		d.id = notice
		return nil, d.came.Call.Reason == "", nil
	}
	before := metadataOf(row).Call
	if before == nil {
		return nil, false, nil
	}
	now := before.after(d.came.Call, d.came.At)
	if now == *before {
		return nil, false, nil
	}
	d.Type = bridgev2.RemoteEventEdit
	return &callEnd{change: change{d, row}, now: now}, true, nil
}

// callNotice shows a call.
func (d *delivery) callNotice(ctx context.Context) (*bridgev2.ConvertedMessage, error) {
	begins := d.begins()
	shown, err := d.noticed(ctx, d.account.reader(ctx, d.PortalKey).callState(begins), "/notice")
	if err == nil {
		shown.Parts[0].DBMetadata = &MessageMetadata{Call: &begins}
	}
	return shown, err
}

// callEnd changes the notice of a call.
type callEnd struct {
	change
	now call
}

var _ bridgev2.RemoteEdit = (*callEnd)(nil)

// ConvertEdit says how the call went (see [bridgev2.RemoteEdit]).
func (e *callEnd) ConvertEdit(ctx context.Context, _ *bridgev2.Portal, _ bridgev2.MatrixAPI, existing []*database.Message) (*bridgev2.ConvertedEdit, error) {
	return e.reword(ctx, existing, e.account.reader(ctx, e.PortalKey).callState(e.now), func(kept *MessageMetadata) { kept.Call = &e.now })
}
