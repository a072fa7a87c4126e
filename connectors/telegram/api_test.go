package telegram

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"passerelle/connectors/telegram/telegramtest"
	"passerelle/portal"
)

// aBot returns a bot of a simulated Telegram, and its way there.
func aBot(t *testing.T) (*telegramtest.Server, *telegramtest.Bot, *api) {
	t.Helper()
	server := telegramtest.NewServer(t)
	bot := server.MustAddBot("Guichet", "guichet_bot")
	return server, bot, newAPI(server.URL()+"/", bot.Token())
}

func TestABotAsksWhoItIs(t *testing.T) {
	_, bot, way := aBot(t)
	var me user
	if err := way.call(t.Context(), "getMe", nil, &me); err != nil {
		t.Fatal(err)
	}
	if me.ID != bot.ID() || me.Username != "guichet_bot" || !me.IsBot {
		t.Errorf("it is %+v", me)
	}
}

func TestWhatTelegramAnswersHasAType(t *testing.T) {
	server, bot, way := aBot(t)
	amina := server.MustAddPerson("Amina", "amina")
	if _, err := amina.Send(bot.ID(), "Bonjour"); err != nil {
		t.Fatal(err)
	}
	says := func(way *api) error {
		return way.call(t.Context(), "sendMessage", tgbotapi.Params{"chat_id": number(amina.ID()), "text": "Bonjour"}, nil)
	}
	if err := says(newAPI(server.URL(), "1:wrong")); !isUnauthorized(err) || !portal.IsPermanent(err) {
		t.Errorf("a wrong token: %v", err)
	}
	if err := way.call(t.Context(), "sendMessage", tgbotapi.Params{"chat_id": "1", "text": "x"}, nil); !portal.IsPermanent(err) || !hasCode(err, 400) {
		t.Errorf("a chat that is not there: %v", err)
	}
	var fast *tooFast
	server.Inject(telegramtest.Fault{Method: "sendMessage", RetryAfter: 7})
	if err := says(way); !errors.As(err, &fast) || fast.after != 7*time.Second || portal.IsPermanent(err) {
		t.Errorf("too fast: %v", err)
	}
	server.Inject(telegramtest.Fault{Method: "sendDocument", RetryAfter: 7})
	file := tgbotapi.RequestFile{Name: "document", Data: tgbotapi.FileReader{Name: "a", Reader: strings.NewReader("a")}}
	err := way.upload(t.Context(), time.Minute, "sendDocument", tgbotapi.Params{"chat_id": number(amina.ID())}, []tgbotapi.RequestFile{file}, nil)
	if !errors.As(err, &fast) || fast.after != 7*time.Second {
		t.Errorf("too fast with a file: %v", err)
	}
	for what, fault := range map[string]telegramtest.Fault{
		"a page of HTML": {Status: http.StatusBadGateway}, "a cut connection": {Cut: true}, "a cut connection, late": {Cut: true, Done: true},
	} {
		fault.Method = "sendMessage"
		server.Inject(fault)
		var none *unanswered
		if err := says(way); !errors.As(err, &none) || !none.perhaps || portal.IsPermanent(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := says(way); err != nil {
		t.Error(err)
	}
}

func TestNobodyListensSoNothingWasSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	var none *unanswered
	err = newAPI("http://"+listener.Addr().String(), "1:secret-token").call(t.Context(), "getMe", nil, nil)
	if !errors.As(err, &none) || none.perhaps {
		t.Errorf("it may have been sent: %v", err)
	}
}

func TestAJSONBodyThatIsNoAnswer(t *testing.T) {
	for _, body := range []string{"{}", "null", "[]", `{"ok":true,"result":7}`, `{"ok":false}`, "", `{"ok":false,"error_code":500,"description":"Internal"}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
		var none *unanswered
		var into user
		if err := newAPI(server.URL, "1:secret-token").call(t.Context(), "getMe", nil, &into); !errors.As(err, &none) || err.Error() == "" {
			t.Errorf("%q: %v", body, err)
		}
		server.Close()
	}
}

// TestNoErrorHoldsTheToken looks at every error that a call can give.
func TestNoErrorHoldsTheToken(t *testing.T) {
	const token = "123456:secret-token"
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bot" + token + "/echo":
			io.WriteString(w, `{"ok":false,"error_code":400,"description":"Bad Request: `+token+` is bad"}`)
		case "/bot" + token + "/redirect":
			http.Redirect(w, r, "http://127.0.0.1:1"+r.URL.Path, http.StatusTemporaryRedirect)
		case "/bot" + token + "/hang":
			io.Copy(io.Discard, r.Body) // only then the server sees that the caller is gone
			<-r.Context().Done()
		case "/bot" + token + "/cut":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>"+r.URL.Path)
		}
	}))
	defer refuse.Close()
	way := newAPI(refuse.URL, token)
	for _, method := range []string{"echo", "redirect", "hang", "cut", "other", "bad\x00method", "%zz"} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := way.call(ctx, method, nil, nil)
		cancel()
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", method, err)
		}
		file := tgbotapi.RequestFile{Name: "document", Data: tgbotapi.FileReader{Name: "a", Reader: bytes.NewReader(make([]byte, 1<<20))}}
		ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
		err = way.upload(ctx, time.Minute, method, nil, []tgbotapi.RequestFile{file}, nil)
		cancel()
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q with a file: %v", method, err)
		}
	}
	for _, server := range []string{"http://127.0.0.1:1", "http://[::1", "nowhere://x"} {
		if err := newAPI(server, token).call(t.Context(), "getMe", nil, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", server, err)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"ok":true,"result":{"id":1}}`)
	f.Add(429, `{"ok":false,"error_code":429,"parameters":{"retry_after":-3}}`)
	f.Add(502, "<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		way := newAPI("http://127.0.0.1", "1:secret-token")
		way.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
		})
		var me user
		if err := way.call(t.Context(), "getMe", nil, &me); err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
