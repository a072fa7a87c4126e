package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"passerelle/bridge/bridgetest"
)

// endPatience is how long the last messages may take to arrive after the flood. What has not come by then counts as lost.
const endPatience = 3 * time.Minute

// measureCrash kills the bridge while all contacts write, starts it again, and counts what Claire's client shows.
func measureCrash(ctx context.Context, b *bench) (value, beside string, err error) {
	c, err := b.conversation(ctx)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.say("a flood of %d texts, and a kill", b.flood)
	since, start := c.claire.Mark(), time.Now()
	if err := c.everyContact(ctx, func(ctx context.Context, n int, contact *contact) error {
		for i := n; i < b.flood; i += len(c.contacts) {
			if _, err := contact.Send(ctx, c.phone.Number(), textOf("flood", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return "", "", err
	}
	sent := map[string]bool{}
	for i := range b.flood {
		sent[textOf("flood", i)] = true
	}
	quarter := 0
	if _, err := c.claire.Waits(ctx, "a quarter of the flood", func(h bridgetest.Heard) bool {
		if sent[h.Text] {
			quarter++
		}
		return quarter >= b.flood/4
	}, since); err != nil {
		return "", "", err
	}
	if err := c.Bridge.Kill(); err != nil {
		return "", "", err
	}
	if err := c.Bridge.Start(ctx); err != nil {
		return "", "", err
	}
	if err := c.saysTheEnd(ctx, since); err != nil {
		return "", "", err
	}
	lost, doubled := c.count(sent)
	return fmt.Sprintf("%d / %d", lost, doubled), fmt.Sprintf("%d texts into %d rooms, killed after %d; all over after %.0f s; not decrypted: %d",
		b.flood, len(c.contacts), quarter, time.Since(start).Seconds(), len(c.claire.Undecryptable())), nil
}

// saysTheEnd lets each contact say one more thing, and waits for it: order holds within a room, so what has not come before
// it, and has not come when nothing waits in the bridge, is lost.
func (c *conversation) saysTheEnd(ctx context.Context, since bridgetest.Mark) error {
	ends := map[string]bool{}
	for n := range c.contacts {
		ends[textOf("the end", n)] = true
	}
	if err := c.everyContact(ctx, func(ctx context.Context, n int, contact *contact) error {
		_, err := contact.Send(ctx, c.phone.Number(), textOf("the end", n))
		return err
	}); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	if err := hears(bounded, c.claire, since, ends); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	_, err := awaitRest(bounded, c.Bridge)
	if errors.Is(err, context.DeadlineExceeded) {
		return ctx.Err() // nil: what still waits counts as lost
	}
	return err
}

// count tells how many of the texts Claire's client does not show, and how many times it shows one too often.
func (c *conversation) count(sent map[string]bool) (lost, doubled int) {
	shown := map[string]int{}
	for _, contact := range c.contacts {
		for _, text := range c.claire.Texts(contact.room) {
			shown[text]++
		}
	}
	for text := range sent {
		if shown[text] == 0 {
			lost++
		} else {
			doubled += shown[text] - 1
		}
	}
	return lost, doubled
}
