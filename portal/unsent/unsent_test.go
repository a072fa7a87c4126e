package unsent

import (
	"errors"
	"testing"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

func TestWhatTheSenderIsTold(t *testing.T) {
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		err     error
		status  event.MessageStatus
		certain bool
	}{
		"refused": {Refused(cause, "Non."), event.MessageStatusFail, true},
		"failed":  {Failed(cause, "Non."), event.MessageStatusRetriable, true},
		"perhaps": {Perhaps(cause, "Non."), event.MessageStatusRetriable, false},
	} {
		var told bridgev2.MessageStatus
		if !errors.As(c.err, &told) || !errors.Is(c.err, cause) {
			t.Fatalf("%s: %v", name, c.err)
		}
		if told.Status != c.status || told.IsCertain != c.certain || told.Message != "Non." || !told.SendNotice {
			t.Errorf("%s: %+v", name, told)
		}
	}
}
