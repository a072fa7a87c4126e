package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"passerelle/portal/transfer"
)

// The methods about files.

// filePatience bounds a download or an upload: a peer that stops in the middle must not keep space for ever.
const filePatience = 15 * time.Minute

// errFileGone is the error of a file that nothing will bring back.
var errFileGone = errors.New("the file cannot be fetched")

// getFile tells where a file is, for an hour at least.
func (a *api) getFile(ctx context.Context, id string) (where place, err error) {
	return where, a.call(ctx, "getFile", tgbotapi.Params{"file_id": id}, &where)
}

// download writes a file, which getFile has found, as it comes. Its errors are [errFileGone], [transfer.ErrTooLarge], and those of
// call. None holds the file's address, since the token is in it.
func (a *api) download(ctx context.Context, where place, into io.Writer) error {
	if filepath.IsAbs(where.FilePath) {
		return a.readLocal(where, into)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.files+(&url.URL{Path: where.FilePath}).EscapedPath(), nil)
	if err != nil {
		return fmt.Errorf("%w: no address", errFileGone)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return a.notDownloaded(err, 0)
	}
	defer response.Body.Close()
	switch code := response.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(response.Header.Get("Retry-After")) // 1 s without
		return &tooFast{method: "file", after: time.Duration(max(1, after)) * time.Second}
	case code < http.StatusInternalServerError:
		return fmt.Errorf("%w: status %d", errFileGone, code)
	default:
		return a.notDownloaded(errors.New("no file"), code)
	}
	if _, err := io.Copy(into, response.Body); err != nil {
		if errors.Is(err, transfer.ErrTooLarge) {
			return err
		}
		return a.notDownloaded(err, 0)
	}
	return nil
}

func (a *api) notDownloaded(err error, status int) error {
	return &unanswered{method: "file", cause: a.withoutToken(err, int64(status))}
}

// readLocal reads a file from the folder of a Bot API server on this machine. It is read there and nowhere else: what the server
// says is the path of some file on this disk.
func (a *api) readLocal(where place, into io.Writer) error {
	if a.folder == "" {
		return fmt.Errorf("%w: the Bot API server keeps it on its disk; set local_folder", errFileGone)
	}
	inside, err := filepath.Rel(a.folder, where.FilePath)
	if err != nil || !filepath.IsLocal(inside) {
		return fmt.Errorf("%w: it is not in local_folder", errFileGone)
	}
	root, err := os.OpenRoot(a.folder)
	if err != nil {
		return fmt.Errorf("%w: local_folder: %w", errFileGone, withoutPath(err))
	}
	defer root.Close()
	if info, err := root.Stat(inside); err != nil {
		return fmt.Errorf("%w: %w", errFileGone, withoutPath(err))
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: it is no file", errFileGone)
	}
	content, err := root.Open(inside)
	if err != nil {
		return fmt.Errorf("%w: %w", errFileGone, withoutPath(err))
	}
	defer content.Close()
	if _, err := io.Copy(into, content); err != nil {
		return withoutPath(err)
	}
	return nil
}

// withoutPath returns an error of the disk without the path: the server names a bot's folder by its token.
func withoutPath(err error) error {
	var disk *os.PathError
	if errors.As(err, &disk) {
		return disk.Err
	}
	return err
}

// getUserProfilePhotos returns the newest picture of a person, in its sizes; none when there is none, or the person shows none.
func (a *api) getUserProfilePhotos(ctx context.Context, who int64) ([]fileObject, error) {
	var found struct {
		Photos [][]fileObject `json:"photos"`
	}
	err := a.call(ctx, "getUserProfilePhotos", tgbotapi.Params{"user_id": number(who), "limit": "1"}, &found)
	if err != nil || len(found.Photos) == 0 {
		return nil, err
	}
	return found.Photos[0], nil
}

// outbound is a part of a request that is read from a file, anew for each request.
type outbound struct {
	name   string
	reader io.Reader
}

func (o outbound) NeedsUpload() bool                      { return true }
func (o outbound) UploadData() (string, io.Reader, error) { return o.name, o.reader, nil }
func (o outbound) SendData() string                       { return "" }

// untilEnd notes whether a reader was read to its end.
type untilEnd struct {
	io.Reader
	ended atomic.Bool
}

func (u *untilEnd) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		u.ended.Store(true)
	}
	return n, err
}

// sendFiles calls a method with files. The same files can be sent again. A request that broke off before all of them had been taken is
// one that Telegram has not carried out.
func (a *api) sendFiles(ctx context.Context, method string, params tgbotapi.Params, files []*outgoingFile, into any) error {
	var parts []tgbotapi.RequestFile
	var read []*untilEnd
	for _, f := range files {
		whole := &untilEnd{Reader: io.NewSectionReader(f.content, 0, f.content.Size())}
		read = append(read, whole)
		parts = append(parts, tgbotapi.RequestFile{Name: f.part, Data: outbound{f.name, whole}})
		if f.thumbnail != nil {
			parts = append(parts, tgbotapi.RequestFile{Name: f.smallPart(), Data: tgbotapi.FileBytes{Name: "thumbnail.jpg", Bytes: f.thumbnail}})
		}
	}
	err := a.upload(ctx, filePatience, method, params, parts, into)
	var none *unanswered
	if errors.As(err, &none) && none.perhaps {
		for _, each := range read {
			none.perhaps = none.perhaps && each.ended.Load()
		}
	}
	return err
}

// sendFile sends a file with its caption, as what it is. answers may be none.
func (a *api) sendFile(ctx context.Context, to chatID, f *outgoingFile, caption marked, answers messageID) (sent message, err error) {
	params := sendingTo(to, answers)
	f.part = f.kind
	params.AddNonEmpty("caption", caption.text)
	if len(caption.entities) > 0 {
		params["caption_entities"] = encoded(caption.entities)
	}
	for name, value := range f.details {
		params[name] = fmt.Sprint(value)
	}
	return sent, a.sendFiles(ctx, f.method(), params, []*outgoingFile{f}, &sent)
}

// sendMediaGroup sends 2 to 10 files that belong together, with a caption.
func (a *api) sendMediaGroup(ctx context.Context, to chatID, files []*outgoingFile, caption marked, answers messageID) (sent []message, err error) {
	var items []json.RawMessage
	for i, f := range files {
		f.part = "file" + strconv.Itoa(i)
		words := f.caption
		if i == 0 {
			words = caption
		}
		items = append(items, f.inputMedia(words))
	}
	params := sendingTo(to, answers)
	params["media"] = encoded(items)
	return sent, a.sendFiles(ctx, "sendMediaGroup", params, files, &sent)
}

// sendingTo begins the parameters of a message. answers may be none.
func sendingTo(to chatID, answers messageID) tgbotapi.Params {
	params := inChat(to)
	params.AddNonZero64("message_thread_id", to.topic)
	if answers.id != 0 {
		reply := answersTo{MessageID: answers.id, Anyway: true}
		if answers.isElsewhere(to) {
			reply.ChatID = answers.in.chat
		}
		params["reply_parameters"] = encoded(reply)
	}
	return params
}

// editMessageMedia puts another file into a message of the bot's, with its caption.
func (a *api) editMessageMedia(ctx context.Context, of messageID, f *outgoingFile, caption marked) error {
	params := inChat(of.in)
	f.part = "file0"
	params["message_id"], params["media"] = number(of.id), string(f.inputMedia(caption))
	return a.sendFiles(ctx, "editMessageMedia", params, []*outgoingFile{f}, nil)
}

// editMessageCaption changes what stands below a file of the bot's.
func (a *api) editMessageCaption(ctx context.Context, of messageID, caption marked) error {
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	params.AddNonEmpty("caption", caption.text)
	if len(caption.entities) > 0 {
		params["caption_entities"] = encoded(caption.entities)
	}
	return a.call(ctx, "editMessageCaption", params, nil)
}
