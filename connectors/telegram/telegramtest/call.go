package telegramtest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxUpload is the largest file that a bot may send, in bytes: 50 MB, or 2,000 MB at a local Bot API server.
const (
	maxUpload      = 50 << 20
	maxUploadLocal = 2000 << 20
	maxDownload    = 20 << 20
	maxPhoto       = 10 << 20
)

// call is one call of a method.
type call struct {
	server *Server
	bot    *Bot
	method string
	values map[string]string
	files  map[string]*upload // by the name of their part
	done   <-chan struct{}    // closed when the caller is gone
}

// upload is a file that came with a call.
type upload struct {
	name string
	mime string
	data []byte
}

// apiError is an error as the Bot API answers it.
type apiError struct {
	code       int
	text       string
	retryAfter int
	migrateTo  int64
}

func (e *apiError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return &apiError{code: http.StatusBadRequest, text: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(format string, args ...any) error {
	return &apiError{code: http.StatusForbidden, text: "Forbidden: " + fmt.Sprintf(format, args...)}
}

// readCall takes a call's parameters out of its request, in whichever of the four forms they came.
func readCall(r *http.Request, most int64) (values map[string]string, files map[string]*upload, err error) {
	values, files = map[string]string{}, map[string]*upload{}
	for name, all := range r.URL.Query() {
		values[name] = all[0]
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := io.LimitReader(r.Body, most+1<<20)
	switch kind {
	case "application/json":
		var object map[string]json.RawMessage
		if err := json.NewDecoder(body).Decode(&object); err != nil && err != io.EOF {
			return nil, nil, badRequest("can't parse JSON object")
		}
		for name, raw := range object {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			values[name] = text
		}
	case "multipart/form-data":
		parts, err := r.MultipartReader()
		if err != nil {
			return nil, nil, badRequest("wrong multipart body")
		}
		for {
			part, err := parts.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, nil, badRequest("wrong multipart body")
			}
			data, err := io.ReadAll(io.LimitReader(part, most+1))
			switch {
			case err != nil:
				return nil, nil, badRequest("wrong multipart body")
			case int64(len(data)) > most:
				return nil, nil, &apiError{code: http.StatusRequestEntityTooLarge, text: "Request Entity Too Large"}
			case part.FileName() == "":
				values[part.FormName()] = string(data)
			default:
				files[part.FormName()] = &upload{name: part.FileName(), mime: part.Header.Get("Content-Type"), data: data}
			}
		}
	default:
		r.Body = io.NopCloser(body)
		if err := r.ParseForm(); err != nil {
			return nil, nil, badRequest("wrong form")
		}
		for name, all := range r.PostForm {
			values[name] = all[0]
		}
	}
	return values, files, nil
}

// answer writes the outcome of a call.
func answer(w http.ResponseWriter, result any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err == nil {
		json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
		return
	}
	failure, ok := err.(*apiError)
	if !ok {
		failure = &apiError{code: http.StatusInternalServerError, text: "Internal Server Error: " + err.Error()}
	}
	body := map[string]any{"ok": false, "error_code": failure.code, "description": failure.text}
	parameters := map[string]any{}
	if failure.retryAfter > 0 {
		parameters["retry_after"] = failure.retryAfter
		w.Header().Set("Retry-After", strconv.Itoa(failure.retryAfter))
	}
	if failure.migrateTo != 0 {
		parameters["migrate_to_chat_id"] = failure.migrateTo
	}
	if len(parameters) > 0 {
		body["parameters"] = parameters
	}
	w.WriteHeader(failure.code)
	json.NewEncoder(w).Encode(body)
}

func (c *call) text(name string) string { return c.values[name] }

func (c *call) flag(name string) bool {
	return strings.EqualFold(c.values[name], "true") || c.values[name] == "1"
}

// number returns a parameter that is a number; 0 when it is not there.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.values[name], 10, 64)
	return n
}

func (c *call) decimal(name string) float64 {
	n, _ := strconv.ParseFloat(c.values[name], 64)
	return n
}

// object decodes a parameter that is JSON; one that is not there changes nothing.
func (c *call) object(name string, into any) error {
	if c.values[name] == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(c.values[name]), into); err != nil {
		return badRequest("can't parse %s: %v", name, err)
	}
	return nil
}
