package whatsapp

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"passerelle/portal/say"

	"passerelle/portal/geo"
)

// said is a message that is told in sentences of ours and words of the sender's, each on lines of its own.
func (r reader) said(context *waE2E.ContextInfo, texts ...string) content {
	return r.text(joinLines(texts...), context)
}

// told is a sentence, if there is something to fill in.
func (r reader) told(sentence say.Sentence, word string) string {
	if word == "" {
		return ""
	}
	return r.say(sentence, word)
}

// moment is a time as people read it wherever they are; empty: none.
func moment(unixSeconds int64) string {
	if unixSeconds <= 0 || unixSeconds > maxUnixSeconds {
		return ""
	}
	return time.Unix(unixSeconds, 0).UTC().Format("2006-01-02 15:04 UTC")
}

// maxUnixSeconds is the end of the year 9999.
const maxUnixSeconds = 253402300799

// appointment reads what is planned for a time.
func (r reader) appointment(m *waE2E.Message) (content, bool) {
	if planned := m.GetEventMessage(); planned != nil {
		texts := []string{r.say(say.Appointment, planned.GetName())}
		if planned.GetIsCanceled() {
			texts[0] = r.say(say.AppointmentCancelled, planned.GetName())
		}
		place := planned.GetLocation()
		where := joinWords(place.GetName(), place.GetAddress())
		if where == "" && place != nil && geo.IsPosition(place.GetDegreesLatitude(), place.GetDegreesLongitude()) {
			where = "geo:" + geo.Degrees(place.GetDegreesLatitude()) + "," + geo.Degrees(place.GetDegreesLongitude())
		}
		texts = append(texts,
			r.told(say.Starts, moment(planned.GetStartTime())), r.told(say.Ends, moment(planned.GetEndTime())),
			r.told(say.Place, where), r.told(say.Link, planned.GetJoinLink()), planned.GetDescription())
		return r.said(planned.GetContextInfo(), texts...), true
	}
	if invited := m.GetEventInviteMessage(); invited != nil {
		title := r.say(say.Appointment, invited.GetEventTitle())
		if invited.GetIsCanceled() {
			title = r.say(say.AppointmentCancelled, invited.GetEventTitle())
		}
		return r.said(invited.GetContextInfo(), title,
			r.told(say.Starts, moment(invited.GetStartTime())), r.told(say.Ends, moment(invited.GetEndTime())),
			r.told(say.Link, invited.GetCallLink()), invited.GetCaption(), r.say(say.AnswerOnPhone, networkName)), true
	}
	return content{}, false
}
