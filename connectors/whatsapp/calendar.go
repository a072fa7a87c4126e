package whatsapp

import (
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/geo"
)

// largestCalendar bounds a calendar file that is read, in bytes.
const largestCalendar = 256 << 10

// errNotOne is the error of a calendar file that does not hold one appointment that WhatsApp could show.
var errNotOne = errors.New("not one appointment")

// isCalendarFile tells whether a Matrix file is a calendar's.
func isCalendarFile(content *event.MessageEventContent) bool {
	return mediaType(content) == ical.MIMEType || strings.HasSuffix(strings.ToLower(content.GetFileName()), "."+ical.Extension)
}

// calendarOut sends a calendar file with one appointment as WhatsApp's own kind. With anything else in it, it is a document
// like any other.
func calendarOut(content *event.MessageEventContent, on occasion) *outgoing {
	out := documentOut(content, on)
	if content.GetCaption() != "" {
		return out
	}
	out.file.look = func(data io.ReadSeeker) {
		planned, err := readCalendar(io.LimitReader(data, largestCalendar+1))
		if err != nil {
			return
		}
		planned.ContextInfo = on.context()
		out.kind, out.file.inMessage = portal.KindText, true
		out.text = joinLines(planned.GetName(), moment(planned.GetStartTime()), moment(planned.GetEndTime()),
			planned.GetLocation().GetName(), planned.GetJoinLink(), planned.GetDescription())
		out.message = &waE2E.Message{EventMessage: planned}
	}
	return out
}

// readCalendar reads the one appointment of a calendar file (RFC 5545). It fails for several, for one that repeats, and for
// one whose time depends on where its reader is: WhatsApp has none of these.
func readCalendar(from io.Reader) (*waE2E.EventMessage, error) {
	calendar, err := ical.NewDecoder(from).Decode()
	if err != nil {
		return nil, errors.Join(errNotOne, err)
	}
	events := calendar.Events()
	if len(events) != 1 {
		return nil, errNotOne
	}
	one := events[0]
	for _, repeats := range []string{ical.PropRecurrenceRule, ical.PropRecurrenceDates, ical.PropRecurrenceID} {
		if one.Props.Get(repeats) != nil {
			return nil, errNotOne
		}
	}
	start := one.Props.Get(ical.PropDateTimeStart)
	if start == nil || !isInstant(start) {
		return nil, errNotOne
	}
	begins, err := start.DateTime(time.UTC)
	name := textOf(one, ical.PropSummary)
	if err != nil || name == "" || moment(begins.Unix()) == "" {
		return nil, errors.Join(errNotOne, err)
	}
	planned := &waE2E.EventMessage{
		Name: proto.String(name), StartTime: proto.Int64(begins.Unix()), Description: given(textOf(one, ical.PropDescription)),
		Location: placeOf(one), JoinLink: linkOf(one),
	}
	if ends, err := one.DateTimeEnd(time.UTC); err == nil && ends.After(begins) && moment(ends.Unix()) != "" {
		planned.EndTime = proto.Int64(ends.Unix())
	}
	method := calendar.Props.Get(ical.PropMethod)
	if status, err := one.Status(); err == nil && status == ical.EventCancelled || method != nil && strings.EqualFold(method.Value, "CANCEL") {
		planned.IsCanceled = proto.Bool(true)
	}
	return planned, nil
}

// isInstant tells whether a time is the same for everybody: neither a whole day nor the time of wherever somebody is.
func isInstant(p *ical.Prop) bool {
	return strings.Contains(p.Value, "T") && (strings.HasSuffix(p.Value, "Z") || p.Params.Get(ical.PropTimezoneID) != "")
}

func textOf(e ical.Event, name string) string {
	text, err := e.Props.Text(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

// linkOf returns where one takes part from afar; nil: nowhere.
func linkOf(e ical.Event) *string {
	stated := e.Props.Get(ical.PropURL)
	if stated == nil {
		return nil
	}
	link, err := url.Parse(strings.TrimSpace(stated.Value))
	if err != nil || link.Scheme != "https" && link.Scheme != "http" || link.Host == "" {
		return nil
	}
	return proto.String(link.String())
}

// placeOf returns where the appointment is; nil: it does not say.
func placeOf(e ical.Event) *waE2E.LocationMessage {
	place := &waE2E.LocationMessage{Name: given(textOf(e, ical.PropLocation))}
	if stated := e.Props.Get(ical.PropGeo); stated != nil {
		first, second, _ := strings.Cut(stated.Value, ";")
		latitude, latitudeErr := strconv.ParseFloat(first, 64)
		longitude, longitudeErr := strconv.ParseFloat(second, 64)
		if latitudeErr == nil && longitudeErr == nil && geo.IsPosition(latitude, longitude) {
			place.DegreesLatitude, place.DegreesLongitude = &latitude, &longitude
		}
	}
	if place.Name == nil && place.DegreesLatitude == nil {
		return nil
	}
	return place
}
