package whatsapp

import (
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/connectors/whatsapp/whatsapptest"
)

// calendarFile is a calendar file with the given lines in its one appointment.
func calendarFile(lines ...string) string {
	return strings.Join(append(append([]string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT", "UID:1@state.example", "DTSTAMP:20260101T000000Z",
	}, lines...), "END:VEVENT", "END:VCALENDAR", ""), "\r\n")
}

const (
	hearing = "SUMMARY:Hearing"
	atTen   = "DTSTART:20260301T100000Z"
)

func TestAnAppointmentIsRead(t *testing.T) {
	got, err := readCalendar(strings.NewReader(calendarFile(hearing, atTen, "DTEND:20260301T110000Z", "LOCATION:Room 12\\, left",
		"GEO:48.85;2.35", "URL:https://meet.example/x", "DESCRIPTION:Bring\\nyour papers", "STATUS:CONFIRMED")))
	if err != nil {
		t.Fatal(err)
	}
	ten := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC).Unix()
	if got.GetName() != "Hearing" || got.GetStartTime() != ten || got.GetEndTime() != ten+3600 || got.GetDescription() != "Bring\nyour papers" ||
		got.GetJoinLink() != "https://meet.example/x" || got.GetLocation().GetName() != "Room 12, left" || got.GetLocation().GetDegreesLatitude() != 48.85 || got.IsCanceled != nil {
		t.Errorf("it is read as %v", got)
	}
	for name, example := range map[string]struct {
		lines []string
		start int64 // 0: it is no appointment of WhatsApp's
	}{
		"in a time zone":     {[]string{hearing, "DTSTART;TZID=Europe/Paris:20260301T110000"}, ten},
		"lasting":            {[]string{hearing, atTen, "DURATION:PT1H"}, ten},
		"cancelled":          {[]string{hearing, atTen, "STATUS:CANCELLED"}, ten},
		"a whole day":        {[]string{hearing, "DTSTART;VALUE=DATE:20260301"}, 0},
		"where one is":       {[]string{hearing, "DTSTART:20260301T100000"}, 0},
		"an unknown zone":    {[]string{hearing, "DTSTART;TZID=Somewhere:20260301T100000"}, 0},
		"every week":         {[]string{hearing, atTen, "RRULE:FREQ=WEEKLY"}, 0},
		"one of many":        {[]string{hearing, atTen, "RECURRENCE-ID:20260301T100000Z"}, 0},
		"without a name":     {[]string{atTen}, 0},
		"without a time":     {[]string{hearing}, 0},
		"with a broken time": {[]string{hearing, "DTSTART:20269999T999999Z"}, 0},
		"two":                {[]string{hearing, atTen, "END:VEVENT", "BEGIN:VEVENT", "UID:2", "DTSTAMP:20260101T000000Z", hearing, atTen}, 0},
	} {
		got, err := readCalendar(strings.NewReader(calendarFile(example.lines...)))
		if (err == nil) != (example.start != 0) || got.GetStartTime() != example.start {
			t.Errorf("%s: it is read as %v, %v", name, got, err)
		}
		if name == "cancelled" && !got.GetIsCanceled() {
			t.Error("it is not cancelled")
		}
		if name == "lasting" && got.GetEndTime() != ten+3600 {
			t.Errorf("it ends at %d", got.GetEndTime())
		}
	}
	if link, err := readCalendar(strings.NewReader(calendarFile(hearing, atTen, "URL:javascript:alert(1)"))); err != nil || link.JoinLink != nil {
		t.Errorf("it leads to %q, %v", link.GetJoinLink(), err)
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add(calendarFile(hearing, atTen, "DURATION:PT1H", "GEO:1;2"))
	f.Add(calendarFile(hearing, "DTSTART;TZID=Europe/Paris:20260301T110000", "DTEND:x"))
	f.Add("BEGIN:VCALENDAR\r\n")
	f.Fuzz(func(t *testing.T, file string) {
		if got, err := readCalendar(strings.NewReader(file)); err == nil && (got.GetName() == "" || moment(got.GetStartTime()) == "") {
			t.Errorf("it is read as %v", got)
		}
	})
}

func TestAnAppointmentGoesOutAndIsAnswered(t *testing.T) {
	w := newWorld(t)
	bob := w.phones.MustAddPerson(bobNumber, "Bob")
	w.link(alice, w.phones.MustAddPerson(aliceNumber, "Alice"))
	must[string](t)(bob.Send(t.Context(), aliceNumber, "When?"))
	in, _ := w.hears("When?")
	w.matrix.change(func() {
		w.matrix.files["mxc://one"] = []byte(calendarFile(hearing, atTen, "LOCATION:Room 12"))
		w.matrix.files["mxc://weekly"] = []byte(calendarFile(hearing, atTen, "RRULE:FREQ=WEEKLY"))
	})
	file := func(name, url string) *event.MessageEventContent {
		return &event.MessageEventContent{MsgType: event.MsgFile, Body: name, FileName: name, URL: id.ContentURIString(url), Info: &event.FileInfo{MimeType: "text/calendar"}}
	}
	sent := w.says(in, alice, file("hearing.ics", "mxc://one"))
	got := must[whatsapptest.Entry](t)(bob.WaitForText(deadline(t), "Hearing"))
	if got.Kind != whatsapptest.KindEvent || got.Event.Place.Name != "Room 12" || got.Event.Start.UTC().Hour() != 10 {
		t.Errorf("Bob sees %+v with %+v", got, got.Event)
	}
	for answer, words := range map[string]string{"going": "I will come.", "not going": "I will not come.", "maybe": "Perhaps I will come."} {
		must[string](t)(bob.AnswerEvent(t.Context(), aliceNumber, got.ID, answer))
		if _, said := w.hears(words); said.content.RelatesTo.GetReplyTo() != sent || said.by != ghostOf(bob) {
			t.Errorf("%q is said by %s about %s", words, said.by, said.content.RelatesTo.GetReplyTo())
		}
	}
	w.says(in, alice, file("weekly.ics", "mxc://weekly"))
	_, err := bob.WaitFor(deadline(t), func(e whatsapptest.Entry) bool {
		return e.Kind == whatsapptest.KindDocument && e.Media.Name == "weekly.ics" && string(e.Media.Data()) == calendarFile(hearing, atTen, "RRULE:FREQ=WEEKLY")
	})
	fine(t, err)

	// Bob's own appointments are answered, too, on Alice's phone.
	must[string](t)(bob.SendEvent(t.Context(), aliceNumber, whatsapptest.Event{Name: "Lunch", Start: time.Unix(1893499200, 0)}))
	w.hears("Appointment: Lunch\nStarts: 2030-01-01 12:00 UTC")
}
