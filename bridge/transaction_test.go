package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"passerelle/bridge/bridgetest"
)

// send sends a transaction in the homeserver's place, and returns the status of the answer.
func (h *house) send(t *testing.T, network, token, txn, body string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, h.options.Address+"/"+network+"/_matrix/app/v1/transactions/"+txn, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestATransactionThatIsNonsenseHarmsNothing(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	for i, test := range []struct {
		token, body string
		want        int
	}{
		{"another token", `{"events":[]}`, http.StatusUnauthorized},
		{hsToken + "red", ``, http.StatusBadRequest},
		{hsToken + "red", `no JSON`, http.StatusBadRequest},
		{hsToken + "red", `{"events":{}}`, http.StatusBadRequest},
		{hsToken + "red", `{"events":[{"type":1,"event_id":[],"sender":{},"content":"x"}]}`, http.StatusOK},
		{hsToken + "red", `{"events":[{"type":"m.room.encrypted","event_id":"$x","room_id":"!x:y","sender":"@a:b","content":{"algorithm":7}}]}`, http.StatusOK},
		{hsToken + "red", `{"events":[{"type":"m.reaction","event_id":"$y","room_id":"!x:y","sender":"nobody","content":{}}]}`, http.StatusOK},
		{hsToken + "red", `{"events":[{"type":"m.room.member","event_id":"$z","room_id":"!x:y","sender":"@a:b","state_key":"@c:d","content":{"membership":[]}}]}`, http.StatusOK},
	} {
		if got := h.send(t, "red", test.token, fmt.Sprintf("nonsense%d", i), test.body); got != test.want {
			t.Errorf("%s gave %d, want %d", test.body, got, test.want)
		}
	}
	if err := h.parrot("red").contactSays(t.Context(), "alice", "chat", "m1", "still here"); err != nil {
		t.Fatal(err)
	}
	alice.Waits("a message after the nonsense", func(m bridgetest.Heard) bool { return m.Text == "still here" })
}

func TestATransactionThatIsTooLargeIsAnsweredAsSuch(t *testing.T) {
	h := newHouse(t, "", "red")
	alice := h.Staff(t, "alice")
	h.logIn(t, alice, "red")
	huge := `{"events":[],"padding":"` + strings.Repeat("x", 64<<20) + `"}`
	if got := h.send(t, "red", hsToken+"red", "huge", huge); got != http.StatusRequestEntityTooLarge {
		t.Errorf("it gave %d, want 413", got)
	}
	h.says(t, "chat", "m1", "still here")
	room := alice.Waits("a message", func(m bridgetest.Heard) bool { return m.Text == "still here" }).Room
	alice.Says(room, "so are we")
	if err := h.parrot("red").hears(bounded(t), "so are we"); err != nil {
		t.Error(err)
	}
}
