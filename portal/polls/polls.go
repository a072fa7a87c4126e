// Package polls is about polls in Matrix's words: those of MSC3381, with the extensible texts of MSC1767.
package polls

import (
	"fmt"
	"html"
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Keys and values of polls (MSC3381) and of extensible texts (MSC1767).
const (
	KeyStart    = "org.matrix.msc3381.poll.start"
	KeyResponse = "org.matrix.msc3381.poll.response"
	KeyEnd      = "org.matrix.msc3381.poll.end"
	KeyText     = "org.matrix.msc1767.text"
	KeyMessage  = "org.matrix.msc1767.message"
	Disclosed   = "org.matrix.msc3381.poll.disclosed"
)

// MostAnswers is how many answers a Matrix poll may have (MSC3381).
const MostAnswers = 20

// Text is the plain words of an extensible text, as they are.
func Text(text event.MSC1767Message) string {
	if text.Text != "" {
		return text.Text
	}
	for _, each := range text.Message {
		if each.MimeType == "" || each.MimeType == "text/plain" {
			return each.Body
		}
	}
	return ""
}

// Words writes a poll as a text, plain and as HTML, for those whose app shows no polls.
func Words(start event.PollStart) (body, formatted string) {
	question := Text(start.Question)
	body, formatted = question, "<p>"+html.EscapeString(question)+"</p><ol>"
	for _, answer := range start.Answers {
		body += "\n- " + Text(answer.MSC1767Message)
		formatted += "<li>" + html.EscapeString(Text(answer.MSC1767Message)) + "</li>"
	}
	return body, formatted + "</ol>"
}

// Content is the event that begins a poll: what a message has of it, and what else it carries.
func Content(start event.PollStart) (*event.MessageEventContent, map[string]any) {
	body, formatted := Words(start)
	return &event.MessageEventContent{MsgType: event.MsgText, Body: body, Format: event.FormatHTML, FormattedBody: formatted}, map[string]any{
		KeyStart: start, KeyText: body,
		KeyMessage: []event.ExtensibleText{{MimeType: "text/plain", Body: body}, {MimeType: "text/html", Body: formatted}},
	}
}

// Vote is the event by which somebody votes in a poll; without answers it takes an earlier vote back.
func Vote(poll id.EventID, answers ...string) (*event.MessageEventContent, map[string]any) {
	if answers == nil {
		answers = []string{}
	}
	return &event.MessageEventContent{RelatesTo: &event.RelatesTo{Type: event.RelReference, EventID: poll}},
		map[string]any{KeyResponse: event.PollResponse{Answers: answers}}
}

// Chosen returns which answers of a poll a vote is for. Answers that the poll does not have, and those beyond the most that it allows,
// do not count (MSC3381, "Votes").
func Chosen(response event.PollResponse, start event.PollStart) (chosen []event.PollOption) {
	for _, named := range response.Answers {
		at := slices.IndexFunc(start.Answers, func(answer event.PollOption) bool { return answer.ID == named })
		if at < 0 || len(chosen) == max(1, start.MaxSelections) {
			continue
		}
		chosen = append(chosen, start.Answers[at])
	}
	return chosen
}

// Start returns the poll that an event begins; an error: it begins none.
func Start(evt *event.Event) (event.PollStart, error) {
	content, ok := evt.Content.Parsed.(*event.PollStartEventContent)
	if !ok {
		return event.PollStart{}, fmt.Errorf("%s is no poll", evt.ID)
	}
	return content.PollStart, nil
}
