package whatsapp

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestADownloadIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/flush" { // the length is not stated
			w.(http.Flusher).Flush()
		}
		io.WriteString(w, strings.Repeat("x", len(r.URL.RawQuery)))
	}))
	defer server.Close()
	client := &http.Client{Transport: &boundedTransport{base: &http.Transport{}, limit: 10}}
	defer client.CloseIdleConnections()
	for path, fits := range map[string]bool{
		"/?123456789a": true, "/flush?123456789a": true, "/?123456789ab": false, "/flush?123456789ab": false, "/": true,
	} {
		response, err := client.Get(server.URL + path)
		var body []byte
		if err == nil {
			body, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if fits && err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !fits && !errors.Is(err, errTooMuch) {
			t.Errorf("%s: read %d bytes, %v; want %v", path, len(body), err, errTooMuch)
		}
	}
}
