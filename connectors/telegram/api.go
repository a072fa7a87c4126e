package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"passerelle/portal"
)

const (
	// pollLasts is how long Telegram holds a request for updates when there are none.
	pollLasts = 50 * time.Second
	// callPatience bounds a call that Telegram answers at once, and what a call may take beyond what Telegram holds it.
	callPatience = 30 * time.Second
	// maxAnswer bounds an answer, in bytes. A hundred updates of the longest messages are far smaller.
	maxAnswer = 32 << 20
)

// api is a bot's way to the Bot API: any method by its name, on the library's client.
//
// What is worked around: the library puts the token into the errors of its transport, ignores HTTP's status, leaves out the code
// of a failed upload, and takes no context (telegram-bot-api v5.5.1, bot.go).
type api struct {
	token  string
	files  string // the address below which files are: the token is in it
	folder string // in which a server on this machine keeps files; "": there is none
	client *http.Client
	bot    tgbotapi.BotAPI // copied for each call
	// live returns the identifier that a business connection has now; nil: the one that it had at first. Set before the first call.
	live func(first string) string
}

// newAPI returns the way to the Bot API of the bot that has a token, at a server's URL.
func newAPI(server, token string) *api {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32 // as many as chats may be written to at once
	a := &api{token: token, files: strings.TrimRight(server, "/") + "/file/bot" + token + "/", client: &http.Client{Transport: transport,
		// The next request would name this one, with the token, as where it came from.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	a.bot.Token = token
	a.bot.SetAPIEndpoint(strings.ReplaceAll(strings.TrimRight(server, "/"), "%", "%%") + "/bot%s/%s")
	return a
}

// quietenLibrary keeps the library from logging, which it does with the token (telegram-bot-api v5.5.1, bot.go, MakeRequest).
var quietenLibrary = sync.OnceValue(func() error { return tgbotapi.SetLogger(silence{}) })

type silence struct{}

func (silence) Println(...any)        {}
func (silence) Printf(string, ...any) {}

// close lets go of the connections that are open.
func (a *api) close() { a.client.CloseIdleConnections() }

// call calls a method and decodes its result into the given pointer; nil: nobody wants it. Its errors are of the types below.
func (a *api) call(ctx context.Context, method string, params tgbotapi.Params, into any) error {
	a.through(params)
	return a.within(ctx, callPatience, method, into, func(bot *tgbotapi.BotAPI) (*tgbotapi.APIResponse, error) {
		return bot.MakeRequest(method, params)
	})
}

// through names in a call's parameters the business connection as the Bot API knows it now.
func (a *api) through(params tgbotapi.Params) {
	if first := params["business_connection_id"]; first != "" && a.live != nil {
		params["business_connection_id"] = a.live(first)
	}
}

// upload calls a method with files. Their readers are spent by it.
func (a *api) upload(ctx context.Context, patience time.Duration, method string, params tgbotapi.Params, files []tgbotapi.RequestFile, into any) error {
	a.through(params)
	return a.within(ctx, patience, method, into, func(bot *tgbotapi.BotAPI) (*tgbotapi.APIResponse, error) {
		return bot.UploadFiles(method, params, files)
	})
}

// within makes one call on a copy of the library's client that is bound to ctx and a time.
func (a *api) within(ctx context.Context, patience time.Duration, method string, into any, call func(*tgbotapi.BotAPI) (*tgbotapi.APIResponse, error)) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	way := &boundClient{ctx: bounded, client: a.client}
	bot := a.bot
	bot.Client = way
	answer, err := call(&bot)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
	if err == nil && into != nil {
		if err := json.Unmarshal(answer.Result, into); err != nil {
			return &unanswered{method: method, perhaps: true, cause: fmt.Errorf("not the result that is expected: %T", err)}
		}
	}
	return a.errorOf(method, way, answer, err)
}

// errorOf says in our types why a call failed; nil: it did not.
func (a *api) errorOf(method string, way *boundClient, answer *tgbotapi.APIResponse, err error) error {
	if err == nil {
		return nil
	}
	var refused *tgbotapi.Error
	if !errors.As(err, &refused) || answer == nil || answer.ErrorCode == 0 {
		return &unanswered{method: method, perhaps: way.sent.Load(), cause: a.withoutToken(err, way.status.Load())}
	}
	code := answer.ErrorCode
	switch after := refused.RetryAfter; {
	case after > 0, code == http.StatusTooManyRequests:
		return &tooFast{method: method, after: time.Duration(max(1, after)) * time.Second}
	case code >= http.StatusInternalServerError:
		return &unanswered{method: method, perhaps: true, cause: fmt.Errorf("%d: %s", code, a.redacted(answer.Description))}
	}
	e := &refusal{method: method, code: code, text: a.redacted(answer.Description), migratedTo: refused.MigrateToChatID}
	if code == http.StatusConflict { // another program asks for the bot's updates, and may stop
		return e
	}
	return portal.Permanent(e)
}

// withoutToken returns an error of the transport or of decoding without the request's URL, which holds the token.
func (a *api) withoutToken(err error, status int64) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax), status >= http.StatusInternalServerError, status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return fmt.Errorf("status %d, and no answer of the Bot API's", status)
	case strings.Contains(err.Error(), a.token):
		return errors.New(a.redacted(err.Error()))
	}
	return err
}

// redacted returns a text without the token.
func (a *api) redacted(text string) string { return strings.ReplaceAll(text, a.token, "<token>") }

// boundClient is the library's HTTP client for one call.
type boundClient struct {
	ctx    context.Context
	client *http.Client
	sent   atomic.Bool  // the request, or its beginning, may have reached the server
	status atomic.Int64 // of the answer; 0: there is none
}

// Do makes a request within the call's context (tgbotapi.HTTPClient).
func (b *boundClient) Do(request *http.Request) (*http.Response, error) {
	traced := httptrace.WithClientTrace(b.ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { b.sent.Store(true) }})
	response, err := b.client.Do(request.WithContext(traced))
	if err != nil {
		return nil, err
	}
	b.status.Store(int64(response.StatusCode))
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

// refusal is the Bot API's word that it did not do what a call asked for. Asking again would not change it, so that all but 409 are
// marked as permanent (see portal.IsPermanent).
type refusal struct {
	method     string
	code       int    // as of HTTP
	text       string // in English, for those who read logs
	migratedTo int64  // the supergroup that the group has become; 0: it has not
}

func (e *refusal) Error() string { return fmt.Sprintf("%s: %d %s", e.method, e.code, e.text) }

// tooFast is the Bot API's word that it did not do what a call asked for, since there were too many (429).
type tooFast struct {
	method string
	after  time.Duration // from when on it may be asked again
}

func (e *tooFast) Error() string { return fmt.Sprintf("%s: too many, again in %s", e.method, e.after) }

// unanswered is the error of a call on which the Bot API gave no word. It passes.
type unanswered struct {
	method  string
	perhaps bool // it may have done what was asked for
	cause   error
}

func (e *unanswered) Error() string { return e.method + ": " + e.cause.Error() }
func (e *unanswered) Unwrap() error { return e.cause }

// hasCode tells whether an error is a refusal with one of the codes.
func hasCode(err error, codes ...int) bool {
	var refused *refusal
	return errors.As(err, &refused) && slices.Contains(codes, refused.code)
}

// isUnauthorized tells whether an error means that the token is no bot's (any more). An ill-formed one gets 404.
func isUnauthorized(err error) bool {
	return hasCode(err, http.StatusUnauthorized, http.StatusNotFound)
}
