package telegram

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// asking is a poll of Matrix's; its answers' identifiers are their texts in capitals.
func asking(question string, most int, answers ...string) event.PollStart {
	start := event.PollStart{MaxSelections: most, Question: event.MSC1767Message{Text: question}}
	for _, answer := range answers {
		start.Answers = append(start.Answers, event.PollOption{ID: strings.ToUpper(answer), MSC1767Message: event.MSC1767Message{Text: answer}})
	}
	return start
}

func TestPollsInTelegramsWords(t *testing.T) {
	out, problem := pollOut(asking("Quand ?", 2, "a", "b"), occasion{by: signed()})
	want := tgbotapi.Params{"question": "Karim 🎈: Quand ?", "options": `[{"text":"a"},{"text":"b"}]`, "is_anonymous": "false", "allows_multiple_answers": "true"}
	if problem != "" || !maps.Equal(out.calls[0].params, want) || out.text != "Karim 🎈: Quand ?\n- a\n- b" || out.kind != portal.KindPoll {
		t.Fatalf("%+v %q", out, problem)
	}
	if got := out.kept.Poll.chosen([]int{1, -1, 2, 0}); !slices.Equal(got, []string{"B", "A"}) {
		t.Errorf("a vote is for %q", got)
	}
	many := make([]string, mostAnswers+1)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	for name, c := range map[string]struct {
		start   event.PollStart
		problem say.Sentence
	}{
		"no question":     {asking("", 1, "a", "b"), say.PollTooLong},
		"one answer":      {asking("Q", 1, "a"), say.PollNotPossible},
		"the same twice":  {asking("Q", 1, "a", "a"), say.PollNotPossible},
		"an empty answer": {asking("Q", 1, "a", ""), say.PollNotPossible},
		"too many":        {asking("Q", 1, many...), say.PollNotPossible},
		"a long answer":   {asking("Q", 1, "a", strings.Repeat("x", mostAnswer+1)), say.PollTooLong},
		"a long question": {asking(strings.Repeat("x", mostQuestion-5), 1, "a", "b"), say.PollTooLong}, // with the name
	} {
		if out, problem := pollOut(c.start, occasion{by: signed()}); out != nil || problem != c.problem {
			t.Errorf("%s: %+v %q", name, out, problem)
		}
	}
}

func TestHowAPollStands(t *testing.T) {
	var p poll
	if err := json.Unmarshal([]byte(`{"question":"Q","options":[{"text":"a","voter_count":2},{"text":"b"}],"correct_option_id":0,"explanation":"Car"}`), &p); err != nil {
		t.Fatal(err)
	}
	if got := english.results(&p); got != "Poll results: Q\n- a: 2 ✓\n- b: 0\nCar" {
		t.Errorf("%q", got)
	}
}
