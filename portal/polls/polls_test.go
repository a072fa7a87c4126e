package polls

import (
	"slices"
	"testing"

	"maunium.net/go/mautrix/event"
)

func poll(most int) event.PollStart {
	return event.PollStart{MaxSelections: most, Question: event.MSC1767Message{Message: []event.ExtensibleText{{MimeType: "text/html", Body: "<b>Q</b>"}, {Body: "Q <1>"}}},
		Answers: []event.PollOption{{ID: "a", MSC1767Message: event.MSC1767Message{Text: "A"}}, {ID: "b", MSC1767Message: event.MSC1767Message{Text: "B"}}}}
}

func TestAPollInWords(t *testing.T) {
	content, extra := Content(poll(1))
	if content.Body != "Q <1>\n- A\n- B" || content.FormattedBody != "<p>Q &lt;1&gt;</p><ol><li>A</li><li>B</li></ol>" || extra[KeyText] != content.Body {
		t.Errorf("%+v %v", content, extra)
	}
}

func TestWhichAnswersCount(t *testing.T) {
	for name, c := range map[string]struct {
		most    int
		answers []string
		want    []string
	}{
		"one":             {1, []string{"b"}, []string{"b"}},
		"none":            {1, nil, nil},
		"unknown ones":    {2, []string{"z", "a"}, []string{"a"}},
		"more than may":   {1, []string{"a", "b"}, []string{"a"}},
		"not stated: one": {0, []string{"b", "a"}, []string{"b"}},
	} {
		var got []string
		for _, answer := range Chosen(event.PollResponse{Answers: c.answers}, poll(c.most)) {
			got = append(got, answer.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAVoteIsTakenBackByNoAnswers(t *testing.T) {
	content, extra := Vote("$poll")
	if content.RelatesTo.GetReferenceID() != "$poll" || extra[KeyResponse].(event.PollResponse).Answers == nil {
		t.Errorf("%+v %v", content, extra)
	}
}
