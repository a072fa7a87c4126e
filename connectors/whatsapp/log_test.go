package whatsapp

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestTheLogHoldsNoPhoneNumber(t *testing.T) {
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	log := discreetLog{ctx: ctx, log: zerolog.New(&out)}
	log.Debugf("Emitting QR code %s", "2@secret")
	log.Sub("Recv").Warnf("Error decrypting message %s from %s: old counter", "3EB0AA", "33612345678:12@s.whatsapp.net")
	log.Errorf("No LID found for 33612345678.0:3@s.whatsapp.net in 33612345678-1400000000@g.us (+33612345678)")
	log.Infof("Successfully paired 33612345678:3@s.whatsapp.net")
	for _, secret := range []string{"33612345678", "2@secret"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &out)
		}
	}
	for _, useful := range []string{"3EB0AA", "old counter", "[phone number]"} {
		if !strings.Contains(out.String(), useful) {
			t.Errorf("the log lacks %q:\n%s", useful, &out)
		}
	}
	cancel()
	before := out.String()
	if log.Errorf("everything fails"); out.String() != before {
		t.Error("a client logs after its end")
	}
	if kept := "message 3EB0 from 84512345678901@lid"; withoutPhoneNumbers(kept) != kept {
		t.Errorf("%q became %q", kept, withoutPhoneNumbers(kept))
	}
}
