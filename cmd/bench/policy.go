package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"passerelle/portal"
	"passerelle/portal/policy"
)

// judgements is how many messages the policy judges in a run, and judgeRuns how many runs there are.
const judgements, judgeRuns = 2000, 9

// measurePolicy has a text of 200 characters judged by a hundred rules, all of which have to be asked, and takes the median run.
func measurePolicy(ctx context.Context, _ *bench) (value, beside string, err error) {
	var rules []policy.Rule
	for i := range 20 {
		for j, when := range []string{
			fmt.Sprintf(`direction == "out" && network == "telegram" && department == "Service %d"`, i),
			fmt.Sprintf(`direction == "out" && text.contains("projet %d")`, i),
			fmt.Sprintf(`has_file && file.extension in ["exe", "js", "x%d"] || file.size > %d`, i, 1<<30+i),
			fmt.Sprintf(`chat.kind == "group" && chat.contacts > %d`, i),
			fmt.Sprintf(`marking(text) == "marking %d" || (hour > 20 && weekday == "sunday")`, i),
		} {
			rules = append(rules, policy.Rule{Name: fmt.Sprintf("rule %d-%d", i, j), When: when, Outcome: portal.Refuse})
		}
	}
	set, err := policy.Compile(policy.Definition{Rules: rules}, zerolog.Nop())
	if err != nil {
		return "", "", err
	}
	message := portal.Crossing{Network: "whatsapp", Direction: portal.Out, Kind: portal.KindText, Chat: portal.ChatDirect,
		Sender: "@claire:example.org", At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Text: strings.Repeat("Bonjour Amina, à demain. ", 8)}
	var took, spent []time.Duration
	for range judgeRuns {
		start := time.Now()
		before, err := cpuTime(os.Getpid())
		if err != nil {
			return "", "", err
		}
		for range judgements {
			if _, err := set.Judge(ctx, message); err != nil {
				return "", "", err
			}
		}
		after, err := cpuTime(os.Getpid())
		if err != nil {
			return "", "", err
		}
		took, spent = append(took, time.Since(start)/judgements), append(spent, (after.total()-before.total())/judgements)
	}
	return micro(median(took)) + " µs", fmt.Sprintf("the median of %d runs of %d; CPU, the collection of garbage with it: %s µs", judgeRuns, judgements, micro(median(spent))), nil
}

func micro(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d.Nanoseconds())/1000) }

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
