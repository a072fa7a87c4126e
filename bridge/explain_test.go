package bridge

import (
	"fmt"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

func TestARefusedChangeOfARoomIsSaid(t *testing.T) {
	n := &network{}
	about := &bridgev2.MessageStatusEventInfo{EventType: event.StateRoomName}
	const words = "Only the admins may do this."
	if got := n.explain(&bridgev2.MessageStatus{SendNotice: true, Message: words}, about); got != words {
		t.Errorf("a connector's refusal is told as %q", got)
	}
	for _, ours := range []bridgev2.MessageStatus{{Message: words}, {SendNotice: true, Message: words, ErrorAsMessage: true}} {
		if got := n.explain(&ours, about); got != "" {
			t.Errorf("what bridgev2 says by itself is told as %q", got)
		}
	}
}

func TestTheDeletionOfWhatNeverCrossedIsNotSpokenOf(t *testing.T) {
	n := &network{}
	never := &bridgev2.MessageStatus{InternalError: fmt.Errorf("redaction %w", bridgev2.ErrTargetMessageNotFound), SendNotice: true, Message: "x"}
	if got := n.explain(never, &bridgev2.MessageStatusEventInfo{EventType: event.EventRedaction}); got != "" {
		t.Errorf("it is told as %q", got)
	}
	if got := n.explain(never, &bridgev2.MessageStatusEventInfo{EventType: event.EventReaction}); got == "" {
		t.Error("a reaction to it is not told")
	}
}
