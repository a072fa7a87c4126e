package whatsapptest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"
)

// remote speaks to the control of a server.
type remote struct {
	t    *testing.T
	base string
}

func newRemote(t *testing.T, s *Server) *remote {
	t.Helper()
	web := httptest.NewServer(s.Control())
	t.Cleanup(web.Close)
	return &remote{t, web.URL}
}

// call sends a request and returns status and answer; no input makes it a GET.
func (r *remote) call(path string, input any) (int, map[string]any) {
	r.t.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if input != nil {
		raw, err := json.Marshal(input)
		must(r.t, err)
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, body)
	must(r.t, err)
	response, err := http.DefaultClient.Do(request)
	must(r.t, err)
	defer response.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		r.t.Fatalf("%s %s answers no JSON: %v", method, path, err)
	}
	return response.StatusCode, answer
}

// ok is call for what has to work.
func (r *remote) ok(path string, input any) map[string]any {
	r.t.Helper()
	status, answer := r.call(path, input)
	if status != http.StatusOK {
		r.t.Fatalf("%s gives %d %v", path, status, answer)
	}
	return answer
}

func messagesOf(answer map[string]any) []map[string]any {
	var messages []map[string]any
	for _, m := range answer["messages"].([]any) {
		messages = append(messages, m.(map[string]any))
	}
	return messages
}

func TestADriverPlaysAConversation(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	person := r.ok("/people", object{"phone": "+33 6 12 34 50 01", "name": "Alice"})
	if person["phone"] != aliceNumber || person["lid"] == aliceNumber {
		t.Errorf("person is %v", person)
	}
	r.ok("/people", object{"phone": bobNumber, "name": "Bob"})
	client := newCompanion(t, s, "alice's client")
	device := r.ok("/people/"+aliceNumber+"/scan", object{"qr": client.showsQR()})
	if device["device"] != 1.0 {
		t.Errorf("device is %v", device)
	}
	hears[*events.Connected](client, nil)
	if devices := r.ok("/people/"+aliceNumber+"/devices", nil)["devices"].([]any); len(devices) != 1 {
		t.Errorf("devices are %v", devices)
	}

	id := r.ok("/people/"+bobNumber+"/send", object{"to": aliceNumber, "text": "hello"})["id"].(string)
	client.hearsText("hello")
	first := r.ok("/people/"+aliceNumber+"/inbox?wait=10s", nil)
	if m := messagesOf(first)[0]; m["id"] != id || m["from"] != bobNumber || m["text"] != "hello" || m["kind"] != "text" {
		t.Errorf("inbox is %v", first)
	}
	polled := make(chan map[string]any)
	go func() {
		_, answer := r.call("/people/"+bobNumber+"/inbox?wait=20s&after=1", nil)
		polled <- answer
	}()
	client.says(phoneOf(t, s, bobNumber).LID(), "hello Bob")
	if m := messagesOf(<-polled); len(m) != 1 || m[0]["text"] != "hello Bob" {
		t.Errorf("long poll gave %v", m)
	}

	r.ok("/people/"+bobNumber+"/send-image", object{"to": aliceNumber, "caption": "look"})
	heard := hears(client, func(e *events.Message) bool { return e.Message.GetImageMessage().GetCaption() == "look" })
	data, err := client.Download(waiting(t), heard.Message.GetImageMessage())
	must(t, err)
	image := sees(t, phoneOf(t, s, aliceNumber), "look")
	response, err := http.Get(r.base + "/people/" + aliceNumber + "/inbox/" + image.ID + "/media")
	must(t, err)
	defer response.Body.Close()
	if file, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(file, data) || response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("file is %d bytes of %s, %v", len(file), response.Header.Get("Content-Type"), err)
	}
}

func TestADriverPlaysTheRest(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	s.MustAddPerson(carolNumber, "Carol")
	must(t, alice.SaveContact(bobNumber, "Bob")) // of what a client has read, it hears the changes
	client := newCompanion(t, s, "alice's client")
	code := client.asksForCode(aliceNumber)
	r.ok("/people/"+aliceNumber+"/code", object{"code": code})
	client.readsAppState(alice)

	question := client.says(bob.LID(), "tea?")
	sees(t, bob, "tea?")
	person := "/people/" + bobNumber
	answer := r.ok(person+"/send", object{"to": aliceNumber, "text": "yess", "quoted": question})["id"]
	client.hearsText("yess")
	r.ok(person+"/edit", object{"chat": aliceNumber, "id": answer, "text": "yes"})
	r.ok(person+"/react", object{"chat": aliceNumber, "id": question, "emoji": "👍"})
	r.ok(person+"/read", object{"chat": aliceNumber, "ids": []string{question}})
	hears(client, func(e *events.Receipt) bool { return e.Type == "read" })
	r.ok(person+"/delete", object{"chat": aliceNumber, "id": answer})
	waitEntry(t, alice, func(e Entry) bool { return e.ID == answer && e.Deleted && e.Edited && e.Quoted == question })
	since := r.ok("/people/"+aliceNumber+"/inbox?wait=10s&since=2", nil) // it is the third change that came after it
	if m := messagesOf(since); len(m) == 0 || since["version"].(float64) < 3 {
		t.Errorf("inbox is %v", since)
	}
	waitEntry(t, alice, func(e Entry) bool { return e.ID == question && e.Reactions[bobNumber] == "👍" })
	client.isThereFor(bob)
	r.ok(person+"/typing", object{"to": aliceNumber, "typing": true})
	hears[*events.ChatPresence](client, nil)
	r.ok(person+"/picture", object{})
	hears[*events.Picture](client, nil)
	r.ok(person+"/name", object{"name": "Bobby"})
	r.ok("/people/"+aliceNumber+"/contacts", object{"phone": bobNumber, "name": "Bob from work"})
	hears(client, func(e *events.Contact) bool { return e.Action.GetFullName() == "Bob from work" })
	if notices := r.ok("/people/"+aliceNumber+"/notices", nil)["notices"].([]any); len(notices) == 0 {
		t.Error("Alice noticed nothing")
	}

	group := r.ok("/groups", object{"subject": "Team", "members": []string{bobNumber, aliceNumber}})["id"].(string)
	hears[*events.JoinedGroup](client, nil)
	r.ok("/groups/"+group+"/members", object{"by": bobNumber, "change": "add", "members": []string{carolNumber}})
	r.ok("/groups/"+group+"/subject", object{"by": bobNumber, "subject": "The team"})
	hears(client, func(e *events.GroupInfo) bool { return e.Name != nil && e.Name.Name == "The team" })
	r.ok("/people/"+carolNumber+"/send", object{"to": group, "text": "hi all"})
	client.hearsText("hi all")
	if groups := r.ok("/groups", nil)["groups"].([]any); len(groups) != 1 {
		t.Errorf("groups are %v", groups)
	}
	if people := r.ok("/people", nil)["people"].([]any); len(people) != 3 {
		t.Errorf("people are %v", people)
	}
	if server := r.ok("/server", nil); server["address"] != s.Address() || server["root_key"] != s.RootKey().Hex() {
		t.Errorf("server is %v", server)
	}
	if unknown := r.ok("/unknown", nil)["unknown"].([]any); len(unknown) != 0 {
		t.Errorf("unknown are %v", unknown)
	}
	r.ok("/people/"+aliceNumber+"/unlink", object{})
	hears[*events.LoggedOut](client, nil)
}

func TestADriverCausesFaults(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	fault := func(f object) { t.Helper(); f["phone"] = aliceNumber; r.ok("/faults", f) }

	fault(object{"kind": "delay", "delay": "200ms"})
	start := time.Now()
	r.ok("/people/"+bobNumber+"/send", object{"to": aliceNumber, "text": "late"})
	client.hearsText("late")
	if time.Since(start) < 200*time.Millisecond {
		t.Error("the message was not late")
	}
	fault(object{"kind": "drop", "times": 3})
	fault(object{"kind": "clear"})
	fault(object{"kind": "lose-prekeys", "times": 50})
	fault(object{"kind": "lose-sessions"})
	for _, end := range []object{{"kind": "cut"}, {"kind": "stream-error", "code": 503}} {
		client.forgets()
		fault(end)
		hears[*events.Connected](client, nil)
	}
	fault(object{"kind": "ack-error", "code": 463})
	if status, answer := r.call("/people/"+bobNumber+"/send", object{"to": aliceNumber, "text": "no"}); status != 422 || !strings.Contains(answer["error"].(string), "463") {
		t.Errorf("a refused message gives %d %v", status, answer)
	}
	fault(object{"kind": "ack-error"})
	fault(object{"kind": "refuse-login", "reason": 402, "code": 102, "expire": "1h"})
	fault(object{"kind": "replaced"})
	hears[*events.StreamReplaced](client, nil)
	for client.IsConnected() {
		pause(waiting(t), tick)
	}
	must(t, client.Connect())
	hears[*events.TemporaryBan](client, nil)
}

func TestTheControlExplainsMistakes(t *testing.T) {
	s := testServer(t)
	r := newRemote(t, s)
	s.MustAddPerson(aliceNumber, "Alice")
	alice := "/people/" + aliceNumber
	for _, mistake := range []struct {
		path   string
		input  any
		status int
	}{
		{"/people", object{"phone": "12", "name": "Nobody"}, 400},
		{"/people", object{"phone": aliceNumber, "name": "Alice again"}, 409},
		{"/people", object{"number": bobNumber}, 400},
		{"/people", []int{1}, 400},
		{"/people/" + bobNumber + "/inbox", nil, 404},
		{"/people/" + bobNumber + "/send", object{"to": aliceNumber, "text": "x"}, 404},
		{alice + "/send", object{"to": bobNumber, "text": "x"}, 404},
		{alice + "/send", object{"to": "120363000000000009@g.us", "text": "x"}, 404},
		{alice + "/send", object{"to": aliceNumber}, 400},
		{alice + "/send", object{"to": aliceNumber, "text": "x", "quoted": "none"}, 404},
		{alice + "/scan", object{"qr": "nonsense"}, 400},
		{alice + "/scan", object{"qr": "2@x,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, 404},
		{alice + "/code", object{"code": "12345678"}, 404},
		{alice + "/code", object{"code": "1234"}, 400},
		{alice + "/unlink", object{"device": 7}, 404},
		{alice + "/inbox?wait=soon", nil, 400},
		{alice + "/inbox?after=-1", nil, 400},
		{alice + "/inbox/none/media", nil, 404},
		{alice + "/picture", object{"image": []byte("not an image")}, 400},
		{"/groups", object{"subject": "nobody's"}, 400},
		{"/groups/120363000000000009@g.us/members", object{"by": aliceNumber, "change": "add", "members": []string{}}, 404},
		{"/groups/120363000000000009@g.us/members", object{"by": aliceNumber, "change": "marry"}, 400},
		{"/faults", object{"kind": "earthquake", "phone": aliceNumber}, 400},
		{"/faults", object{"kind": "cut", "phone": aliceNumber}, 404},
		{"/faults", object{"kind": "delay", "phone": aliceNumber, "delay": "soon"}, 400},
	} {
		status, answer := r.call(mistake.path, mistake.input)
		if text, _ := answer["error"].(string); status != mistake.status || text == "" {
			t.Errorf("%s %v gives %d %v, want %d", mistake.path, mistake.input, status, answer, mistake.status)
		}
	}
}

func phoneOf(t *testing.T, s *Server, number string) *Phone {
	t.Helper()
	phone, err := s.Phone(number)
	must(t, err)
	return phone
}
