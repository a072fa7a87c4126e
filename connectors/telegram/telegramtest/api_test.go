package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
	"time"
)

// reply is what the Bot API answers.
type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

type params = map[string]any

// calls calls a method as a bot does, with JSON.
func calls(t *testing.T, b *Bot, method string, with params) reply {
	t.Helper()
	body, err := json.Marshal(with)
	if err != nil {
		t.Fatal(err)
	}
	return posts(t, b.server.URL()+"/bot"+b.Token()+"/"+method, "application/json", bytes.NewReader(body))
}

func posts(t *testing.T, url, kind string, body io.Reader) (r reply) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return r
}

// does calls a method that has to succeed.
func does(t *testing.T, b *Bot, method string, with params) json.RawMessage {
	t.Helper()
	r := calls(t, b, method, with)
	if !r.OK {
		t.Fatalf("%s: %d %s", method, r.Code, r.Description)
	}
	return r.Result
}

// sends calls a method that sends a message.
func sends(t *testing.T, b *Bot, method string, with params) (m Message) {
	t.Helper()
	decode(t, does(t, b, method, with), &m)
	return m
}

// refuses calls a method that must fail with an error.
func refuses(t *testing.T, b *Bot, code int, description, method string, with params) reply {
	t.Helper()
	r := calls(t, b, method, with)
	if r.OK || r.Code != code || r.Description != description {
		t.Errorf("%s answers %t %d %q, want %d %q", method, r.OK, r.Code, r.Description, code, description)
	}
	return r
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

// news is an update, as far as the tests look.
type news struct {
	ID        int64                        `json:"update_id"`
	Message   *Message                     `json:"message"`
	Edited    *Message                     `json:"edited_message"`
	Post      *Message                     `json:"channel_post"`
	Business  *Message                     `json:"business_message"`
	Deleted   *struct{ Message_ids []int } `json:"deleted_business_messages"`
	Connected *BusinessConnection          `json:"business_connection"`
	Mine      *MemberUpdate                `json:"my_chat_member"`
	Theirs    *MemberUpdate                `json:"chat_member"`
	Reaction  *struct {
		New []Reaction `json:"new_reaction"`
	} `json:"message_reaction"`
	PollAnswer *struct {
		User    User  `json:"user"`
		Options []int `json:"option_ids"`
	} `json:"poll_answer"`
	Poll     *Poll `json:"poll"`
	Callback *struct {
		ID   string `json:"id"`
		Data string `json:"data"`
	} `json:"callback_query"`
	Request *struct {
		From User `json:"from"`
	} `json:"chat_join_request"`
}

// hears fetches what waits for a bot, and confirms it.
func hears(t *testing.T, b *Bot) (all []news) {
	t.Helper()
	decode(t, does(t, b, "getUpdates", nil), &all)
	if len(all) > 0 {
		does(t, b, "getUpdates", params{"offset": all[len(all)-1].ID + 1, "limit": 1})
	}
	return all
}

// hearsOne fetches the one thing that waits for a bot.
func hearsOne(t *testing.T, b *Bot) news {
	t.Helper()
	all := hears(t, b)
	if len(all) != 1 {
		t.Fatalf("the bot hears %d things, want one: %+v", len(all), all)
	}
	return all[0]
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	check(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))))
	return out.Bytes()
}

// uploads calls a method with files, as multipart.
func uploads(t *testing.T, b *Bot, method string, with map[string]string, files map[string][]byte) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range with {
		check(t, form.WriteField(name, value))
	}
	for name, data := range files {
		part := must[io.Writer](t)(form.CreateFormFile(name, name+".bin"))
		must[int](t)(part.Write(data))
	}
	check(t, form.Close())
	return posts(t, b.server.URL()+"/bot"+b.Token()+"/"+method, form.FormDataContentType(), &body)
}

func number(id int64) string { return fmt.Sprint(id) }
