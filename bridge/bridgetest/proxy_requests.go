package bridgetest

import (
	"net/url"
	"strings"

	"maunium.net/go/mautrix/id"
)

// Kind names a request of the client-server API by its method and its path,
// without what differs from one such request to the next: rooms, people, events
// and transaction IDs. "PUT rooms/*/send/m.room.encrypted/*" is one.
func (q Request) Kind() string {
	path := strings.TrimPrefix(q.Path, "/_matrix/")
	for _, api := range []string{"client", "media", "app"} {
		path = strings.TrimPrefix(path, api+"/")
	}
	_, path, _ = strings.Cut(path, "/") // the version
	words := strings.Split(path, "/")
	for i, word := range words {
		if text, err := url.PathUnescape(word); err == nil {
			word = text
		}
		words[i] = word
		if word != "" && strings.ContainsRune("!@$#", rune(word[0])) {
			words[i] = "*"
		}
	}
	last := len(words) - 1
	switch {
	case words[0] == "sendToDevice", last == 4 && words[0] == "rooms" && (words[2] == "send" || words[2] == "redact"):
		words[last] = "*" // the transaction ID
	}
	return q.Method + " " + strings.Join(words, "/")
}

// Who returns the user whom an application service makes the request for, and ""
// when it does not say so.
func (q Request) Who() id.UserID { return id.UserID(q.Query.Get("user_id")) }
