package whatsapptest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxControlBody bounds a request to the control, in bytes.
	maxControlBody = 32 << 20
	// maxWait bounds a long poll, and linkTimeout a link.
	maxWait     = 60 * time.Second
	linkTimeout = 30 * time.Second
)

// errBadInput is an error of whoever uses the control.
var errBadInput = errors.New("bad request")

// Control returns a handler by which programs in other processes play the people: JSON in, JSON out. It has no
// authentication: serve it on loopback.
//
// {phone} is a phone number, "to" and "chat" a phone number, a group's ID or "status@broadcast". An error is {"error": text} with 400 for what makes
// no sense, 403 for a wrong pairing code, 404 for what is not there, 409 for what is there already, 422 for a message that the
// server refused, 504 for what took too long.
//
//	GET  /server                                     -> {"address","url","plain_url","root_key","ca"}
//	GET  /people                                     -> {"people":[{"phone","lid","name"}]}
//	POST /people {"phone","name"}                    -> {"phone","lid","name"}
//	POST /people/{phone}/scan {"qr"}                 -> device; the person scans a client's QR code
//	POST /people/{phone}/code {"code"}               -> device; the person types the pairing code that a client shows
//	GET  /people/{phone}/devices                     -> {"devices":[device]}, see [DeviceInfo]
//	POST /people/{phone}/unlink {"device"}           -> {}; all of them without a device
//	POST /people/{phone}/send {"to","text"}          -> {"id"}; see [Text] for quoted, mentions, forwarded and preview
//	POST /people/{phone}/send-image {"to","caption","image","mime"} -> {"id"}; image in base64, a generated PNG without one
//	POST /people/{phone}/send-file {"to","kind","data"} -> {"id"}; data in base64; see [File] for the rest
//	POST /people/{phone}/send-poll {"to","question","options","max"} -> {"id"}
//	POST /people/{phone}/vote {"chat","id","options"}    -> {"id"}; no options take the vote back
//	POST /people/{phone}/send-event {"to","name","start"} -> {"id"}; see [Event] for the rest
//	POST /people/{phone}/answer-event {"chat","id","answer"} -> {"id"}; answer is going, not going or maybe
//	POST /people/{phone}/send-location {"to","latitude","longitude"} -> {"id"}; see [Location]; a live one moves
//	POST /people/{phone}/send-contacts {"to","cards"}    -> {"id"}; see [ContactCard]
//	POST /people/{phone}/send-invite {"to","group","caption"} -> {"id"}
//	POST /people/{phone}/send-message {"to","message","phones_only"} -> {"id"}; message is any protobuf in its JSON form
//	POST /people/{phone}/react {"chat","id","emoji"} -> {"id"}
//	POST /people/{phone}/edit {"chat","id","text"}   -> {"id"}
//	POST /people/{phone}/delete {"chat","id"}        -> {"id"}
//	POST /people/{phone}/read {"chat","ids"}         -> {}
//	POST /people/{phone}/typing {"to","typing"}      -> {}
//	GET  /people/{phone}/inbox?after=N&wait=5s       -> {"messages":[entry],"next":N,"version":V}, see [Entry]: what came after
//	                                                    entry N, waiting for the first if there is none; with since=V what
//	                                                    came or changed (edits, reactions, receipts) after version V
//	GET  /people/{phone}/inbox/{id}/media?chat=      -> the file of an entry
//	GET  /people/{phone}/notices                     -> {"notices":[notice]}, see [Notice]
//	POST /people/{phone}/picture {"image"}           -> {}; a generated PNG without an image
//	POST /people/{phone}/name {"name"}               -> {}
//	POST /people/{phone}/contacts {"phone","name"}   -> {}; saves somebody in the address book
//	POST /people/{phone}/privacy {"name","value"}    -> {}; as WhatsApp names them, groupadd and none for example
//	POST /people/{phone}/block {"phone","blocked"}   -> {}
//	POST /people/{phone}/about {"text"}              -> {}; the text about oneself
//	POST /people/{phone}/online {"online","last_seen"} -> {}; last_seen, if any, is when the person was there last
//	POST /people/{phone}/join {"link"}               -> {"in"}; false if an admin has to let them in
//	POST /people/{phone}/accept-invite {"chat","id"} -> {}; joins the group of an invitation
//	POST /people/{phone}/timer {"chat","seconds"}    -> {}; of disappearing messages; 0 ends it
//	POST /people/{phone}/call {"phone","group","video"} -> {"id"}; calls a person or a group
//	POST /people/{phone}/hang-up {"phone","call","reason"} -> {}; reason is "timeout" for a call that nobody took
//	POST /people/{phone}/answer-call {"phone","call","accept"} -> {}
//	POST /people/{phone}/recording {"to"}            -> {}; until typing is sent
//	GET  /people/{phone}/marks?chat=                 -> see [ChatMarks]
//	POST /people/{phone}/mark {"chat","mark","on"}   -> {}; mark is mute, pin, archive, unread, clear or delete; for a message
//	                                                    ("id") star or hide
//	POST /people/{phone}/share-history {"share"}     -> {}; to companions linked from now on; see [HistoryOnLink] for how
//	POST /people/{phone}/remember {"chat","from","at","message"} -> {"id"}; a message from before, as protobuf JSON
//	POST /people/{phone}/number {"number"}           -> {}; the person changes the phone number
//	POST /people/{phone}/addressing {"addressing"}   -> {}; see [Addressing]
//	POST /people/{phone}/reinstall                   -> {}; the person has a new phone
//	POST /people/{phone}/power {"on"}                -> {}; switches the phone on or off
//	POST /clock {"ahead"}                            -> {}; moves the phones' clocks, as 24h, so that messages disappear
//	GET  /groups                                     -> {"groups":[group]}, see [GroupInfo]
//	POST /groups {"subject","members"}               -> {"id"}; the first member creates it; with "community" one, with
//	                                                    "parent" a group of one, with "by_number" an old group
//	POST /groups/{id}/members {"by","change","members"} -> {}; change is add, remove, promote, demote, leave, approve or reject
//	POST /groups/{id}/subject {"by","subject"}       -> {}
//	POST /groups/{id}/settings {"by"}                -> {}; with any of "locked", "announce", "approval", "description",
//	                                                    "timer" (in seconds), "picture" (in base64)
//	POST /groups/{id}/link {"by","group","linked"}   -> {}; links a group to a community, or takes it out
//	POST /groups/{id}/invite-link {"by"}             -> {"link"}; a new one
//	POST /groups/{id}/end {"by"}                     -> {}; ends a community
//	POST /faults fault                               -> {}, see faultRequest
//	GET  /unknown                                    -> {"unknown":[{"from","stanza","problem"}]}
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /server", get(s.controlServer))
	mux.Handle("GET /people", get(s.controlPeople))
	mux.Handle("POST /people", post(s.controlAddPerson))
	mux.Handle("POST /faults", post(s.controlFault))
	mux.Handle("GET /unknown", get(s.controlUnknown))
	mux.Handle("GET /people/{phone}/devices", onPhone(s, controlDevices))
	mux.Handle("GET /people/{phone}/inbox", onPhone(s, controlInbox))
	mux.Handle("GET /people/{phone}/notices", onPhone(s, controlNotices))
	mux.HandleFunc("GET /people/{phone}/inbox/{id}/media", s.controlMedia)
	mux.Handle("POST /people/{phone}/scan", onPhone(s, controlScan))
	mux.Handle("POST /people/{phone}/code", onPhone(s, controlCode))
	mux.Handle("POST /people/{phone}/unlink", onPhone(s, controlUnlink))
	mux.Handle("POST /people/{phone}/send", onPhone(s, controlSend))
	mux.Handle("POST /people/{phone}/send-image", onPhone(s, controlSendImage))
	mux.Handle("POST /people/{phone}/react", onPhone(s, controlReact))
	mux.Handle("POST /people/{phone}/edit", onPhone(s, controlEdit))
	mux.Handle("POST /people/{phone}/delete", onPhone(s, controlDelete))
	mux.Handle("POST /people/{phone}/read", onPhone(s, controlRead))
	mux.Handle("POST /people/{phone}/typing", onPhone(s, controlTyping))
	mux.Handle("POST /people/{phone}/picture", onPhone(s, controlPicture))
	mux.Handle("POST /people/{phone}/name", onPhone(s, controlName))
	mux.Handle("POST /people/{phone}/contacts", onPhone(s, controlContact))
	s.controlKinds(mux)
	s.controlGroupsOn(mux)
	s.controlOwner(mux)
	s.controlAccount(mux)
	return mux
}

// object is a JSON answer.
type object = map[string]any

// get adapts a function that answers without input.
func get(answer func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := answer(r)
		respond(w, value, err)
	})
}

// post adapts a function that takes a JSON object; unknown fields are refused.
func post[In any](answer func(*http.Request, In) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		input, err := readInput[In](w, r)
		if err != nil {
			respond(w, nil, err)
			return
		}
		value, err := answer(r, input)
		respond(w, value, err)
	})
}

// onPhone adapts a function about one phone; a GET has no input.
func onPhone[In any](s *Server, answer func(*http.Request, *Phone, In) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		phone, err := s.Phone(r.PathValue("phone"))
		var input In
		if err == nil && r.Method == http.MethodPost {
			input, err = readInput[In](w, r)
		}
		if err != nil {
			respond(w, nil, err)
			return
		}
		value, err := answer(r, phone, input)
		respond(w, value, err)
	})
}

func readInput[In any](w http.ResponseWriter, r *http.Request) (In, error) {
	var input In
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&input); err != nil && !errors.Is(err, io.EOF) {
		return input, fmt.Errorf("%w: %w", errBadInput, err)
	}
	return input, nil
}

func respond(w http.ResponseWriter, value any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(controlStatus(err))
		value = object{"error": err.Error()}
	} else if value == nil {
		value = object{}
	}
	json.NewEncoder(w).Encode(value)
}

// controlStatus finds the status for an error.
func controlStatus(err error) int {
	for status, causes := range map[int][]error{
		http.StatusBadRequest: {
			errBadInput, ErrBadNumber, ErrBadQR, ErrBadPairingCode, ErrBadImage, errBadRequest, errNotAcceptable,
		},
		http.StatusForbidden:           {ErrWrongPairingCode, errForbidden, errNotAuthorized},
		http.StatusNotFound:            {ErrNoSuchPerson, ErrNoSuchDevice, ErrNoSuchGroup, ErrNoSuchMessage, ErrUnknownCode, ErrNoPairing, errItemNotFound},
		http.StatusConflict:            {ErrPersonExists, ErrClientGone, errConflict},
		http.StatusUnprocessableEntity: {ErrRefused},
		http.StatusGatewayTimeout:      {context.DeadlineExceeded},
	} {
		for _, cause := range causes {
			if errors.Is(err, cause) {
				return status
			}
		}
	}
	return http.StatusInternalServerError
}

func (s *Server) controlServer(*http.Request) (any, error) {
	return object{
		"address": s.Address(), "url": s.URL(), "plain_url": s.PlainURL(), "root_key": s.RootKey().Hex(), "ca": string(s.CAPEM()),
	}, nil
}

func describePerson(p *Phone) object {
	return object{"phone": p.Number(), "lid": p.LID().User, "name": p.Name()}
}

func (s *Server) controlPeople(*http.Request) (any, error) {
	people := []object{}
	for _, p := range s.People() {
		people = append(people, describePerson(p))
	}
	return object{"people": people}, nil
}

func (s *Server) controlAddPerson(_ *http.Request, in struct{ Phone, Name string }) (any, error) {
	phone, err := s.AddPerson(in.Phone, in.Name)
	if err != nil {
		return nil, err
	}
	return describePerson(phone), nil
}

func (s *Server) controlUnknown(*http.Request) (any, error) {
	return object{"unknown": append([]Unknown{}, s.Unknown()...)}, nil
}

// generatedPNG is the image of those who bring none: a gradient.
func generatedPNG() ([]byte, error) {
	picture := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			picture.Set(x, y, color.RGBA{R: uint8(4 * x), G: uint8(4 * y), B: 160, A: 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("generate image: %w", err)
	}
	return out.Bytes(), nil
}

// waitOf reads how long an inbox request is ready to wait.
func waitOf(r *http.Request) (time.Duration, error) {
	raw := r.URL.Query().Get("wait")
	if raw == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(raw)
	if err != nil || wait < 0 {
		return 0, fmt.Errorf("%w: wait is a duration such as 5s", errBadInput)
	}
	return min(wait, maxWait), nil
}

// numberOf reads a number that an inbox request counts from.
func numberOf(r *http.Request, name string) (int, error) {
	raw := r.URL.Query().Get(name)
	if raw == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: %s is a number", errBadInput, name)
	}
	return n, nil
}
