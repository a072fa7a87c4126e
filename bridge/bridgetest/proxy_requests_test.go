package bridgetest

import "testing"

func TestTheKindOfARequest(t *testing.T) {
	for path, want := range map[string]string{
		"/_matrix/client/v3/createRoom":                                            "PUT createRoom",
		"/_matrix/client/v3/rooms/%21a%3Ab/send/m.room.encrypted/txn%2F1":          "PUT rooms/*/send/m.room.encrypted/*",
		"/_matrix/client/v3/rooms/!a:b/redact/$event/txn":                          "PUT rooms/*/redact/*/*",
		"/_matrix/client/v3/rooms/%21a/state/m.room.member/%40claire%3Alocalhost":  "PUT rooms/*/state/m.room.member/*",
		"/_matrix/client/v3/rooms/%21a/state/m.room.name/":                         "PUT rooms/*/state/m.room.name/",
		"/_matrix/client/v3/sendToDevice/m.room.encrypted/17":                      "PUT sendToDevice/m.room.encrypted/*",
		"/_matrix/client/v3/user/@claire:localhost/account_data/m.direct":          "PUT user/*/account_data/m.direct",
		"/_matrix/media/v3/upload":                                                 "PUT upload",
		"/_matrix/client/unstable/org.matrix.msc3916/media/download/localhost/abc": "PUT org.matrix.msc3916/media/download/localhost/abc",
	} {
		if got := (Request{Method: "PUT", Path: path}).Kind(); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}
