package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"passerelle/bridge/bridgetest"
)

// latencyEvery is the time between two messages of one way.
const latencyEvery = 500 * time.Millisecond

// measureLatency sends messages by both ways in turn, so that both meet the same homeserver in the same state.
func measureLatency(ctx context.Context, b *bench) (value, beside string, err error) {
	c, err := b.conversation(ctx)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.say("%d texts from WhatsApp, and as many events of the bare loop, in turn", b.latency)
	before, err := cpuTime(c.Bridge.PID())
	if err != nil {
		return "", "", err
	}
	bridged, bare := make([]time.Duration, b.latency), make([]time.Duration, b.latency)
	group, sending := errgroup.WithContext(ctx)
	tick := time.NewTicker(latencyEvery / 2)
	defer tick.Stop()
	for i := range b.latency {
		room := i % len(c.contacts)
		group.Go(func() (err error) {
			bridged[i], err = c.time(sending, textOf("latency in", i), func(text string) error {
				_, err := c.contacts[room].Send(sending, c.phone.Number(), text)
				return err
			})
			return err
		})
		<-tick.C
		ready, err := c.bare.senders[room].makeReady(textOf("latency bare", i))
		if err != nil {
			return "", "", err
		}
		group.Go(func() (err error) {
			bare[i], err = c.time(sending, textOf("latency bare", i), func(string) error {
				return c.bare.senders[room].send(sending, ready)
			})
			return err
		})
		<-tick.C
	}
	if err := group.Wait(); err != nil {
		return "", "", err
	}
	if _, err := awaitRest(ctx, c.Bridge); err != nil {
		return "", "", err
	}
	after, err := cpuTime(c.Bridge.PID())
	if err != nil {
		return "", "", err
	}
	b50, b99, l50, l99 := percentile(bridged, 50), percentile(bridged, 99), percentile(bare, 50), percentile(bare, 99)
	return fmt.Sprintf("%.2f / %.2f times: %.0f / %.0f ms", b50/l50, b99/l99, b50, b99),
		fmt.Sprintf("the bare loop %.0f / %.0f ms; %d messages each, in turn; the bridge's CPU at this pace: %.2f ms a message",
			l50, l99, b.latency, after.since(before).each(b.latency)), nil
}

// time returns how long a text takes from its sending until Claire's client has decrypted it.
func (c *conversation) time(ctx context.Context, text string, send func(text string) error) (time.Duration, error) {
	since, start := c.claire.Mark(), time.Now()
	sent := make(chan error, 1)
	go func() { sent <- send(text) }() // the client may have it before the answer is here
	_, err := c.claire.Waits(ctx, text, func(h bridgetest.Heard) bool { return h.Text == text }, since)
	took := time.Since(start)
	if failed := <-sent; failed != nil {
		return 0, failed
	}
	return took, err
}

// percentile returns the value, in milliseconds, that the given share of the durations does not exceed.
func percentile(durations []time.Duration, percent int) float64 {
	sorted := slices.Sorted(slices.Values(durations))
	place := (len(sorted)*percent + 99) / 100
	return sorted[max(place, 1)-1].Seconds() * 1000
}
