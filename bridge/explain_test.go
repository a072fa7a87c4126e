package bridge

import (
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
