package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// measureRestart starts the bridge some times over, and takes the median.
func measureRestart(ctx context.Context, b *bench) (value, beside string, err error) {
	l, err := b.logins(ctx)
	if err != nil {
		return "", "", err
	}
	if err := l.grow(ctx, b, b.amounts.restart); err != nil {
		return "", "", err
	}
	var took []time.Duration
	var spent cpu
	for range b.restarts {
		one, err := l.restart(ctx)
		if err != nil {
			return "", "", err
		}
		if spent, err = cpuTime(l.Bridge.PID()); err != nil {
			return "", "", err
		}
		b.say("restart: %s", one.Round(time.Millisecond))
		took = append(took, one)
	}
	slices.Sort(took)
	return fmt.Sprintf("%.2f s", took[len(took)/2].Seconds()),
		fmt.Sprintf("the median of %d, between %.2f and %.2f s; from exec; the bridge's CPU in the last one: %.2f s", len(took),
			took[0].Seconds(), took[len(took)-1].Seconds(), spent.total().Seconds()), nil
}
