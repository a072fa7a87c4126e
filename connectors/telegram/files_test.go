package telegram

import (
	"testing"

	"passerelle/portal"
	"passerelle/portal/transfer"
)

func TestFilesAreAsLargeAsAllOnTheirWayTake(t *testing.T) {
	const mb = 1 << 20
	for _, test := range []struct {
		what              string
		folder            string
		space, homeserver int64
		in, out           int64
	}{
		{"Telegram's own servers", "", 1024 * mb, 0, 20 * mb, 50 * mb},
		{"a server of one's own, with the usual space", "/srv", 1024 * mb, 0, 256 * mb, 256 * mb},
		{"with space for the largest files", "/srv", 8000 * mb, 0, 2000 * mb, 2000 * mb},
		{"a homeserver that takes less", "/srv", 8000 * mb, 100 * mb, 100 * mb, 2000 * mb},
		{"little space", "", 128 * mb, 0, 20 * mb, 32 * mb},
	} {
		t.Run(test.what, func(t *testing.T) {
			pool, err := transfer.NewPool(t.TempDir(), test.space)
			if err != nil {
				t.Fatal(err)
			}
			c := &Connector{options: Options{LocalFolder: test.folder}, border: portal.Border{Spool: pool}}
			c.SetMaxFileSize(test.homeserver)
			if in, out := c.limits(); in != test.in || out != test.out {
				t.Errorf("%d come and %d go, want %d and %d", in, out, test.in, test.out)
			}
			if said := fileFeatures(test.out)["m.file"].MaxSize; said != test.out {
				t.Errorf("rooms announce %d", said)
			}
		})
	}
}
