package main

import (
	"context"
	"fmt"
	"time"
)

// measureCPU takes the inbound value from the run of the throughput, and lets Claire write for the outbound one.
func measureCPU(ctx context.Context, b *bench) (value, beside string, err error) {
	in, err := b.inbound(ctx)
	if err != nil {
		return "", "", err
	}
	c, err := b.conversation(ctx)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.say("%d texts from Claire into %d rooms", b.outbound, len(c.contacts))
	spent, stop, err := b.observeCPU(ctx, c.Bridge, "outbound")
	if err != nil {
		return "", "", err
	}
	before, err := readCounters(ctx, c.Bridge)
	if err != nil {
		return "", "", err
	}
	took, err := c.writeBack(ctx, b.outbound)
	if err != nil {
		return "", "", err
	}
	after, err := awaitRest(ctx, c.Bridge)
	if err != nil {
		return "", "", err
	}
	out, err := spent()
	if err != nil {
		return "", "", err
	}
	b.say("mean ms of a leg: in: inbox_store %.2f, matrix_send %.1f, in %.0f; out: journal_store %.2f, out %.1f",
		in.after.leg(in.before, "inbox_store"), in.after.leg(in.before, "matrix_send"), in.after.leg(in.before, "in"),
		after.leg(before, "journal_store"), after.leg(before, "out"))
	value = fmt.Sprintf("%.2f / %.2f ms", in.cpu.each(in.count), out.each(b.outbound))
	beside = fmt.Sprintf("%d in at %.1f/s, %d out at %.1f/s; receipts and key sharing with it; %.0f / %.0f %% of it in the kernel",
		in.count, in.rate(), b.outbound, float64(b.outbound)/took.Seconds(), in.cpu.systemShare(), out.systemShare())
	return value, beside, stop()
}

// writeBack lets Claire write into all rooms at once, and returns how long it took until the contacts' phones showed the
// last.
func (c *conversation) writeBack(ctx context.Context, count int) (time.Duration, error) {
	start := time.Now()
	err := c.everyContact(ctx, func(ctx context.Context, n int, contact *contact) error {
		last := ""
		for i := n; i < count; i += len(c.contacts) {
			last = textOf("out", i)
			if _, err := c.claire.Says(ctx, contact.room, last); err != nil {
				return err
			}
		}
		_, err := contact.WaitForText(ctx, last)
		return err
	})
	return time.Since(start), err
}
