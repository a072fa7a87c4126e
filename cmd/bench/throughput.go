package main

import (
	"context"
	"fmt"
	"time"

	"passerelle/bridge/bridgetest"
)

// inboundRun is what it took to bring texts from WhatsApp to Claire's client.
type inboundRun struct {
	count     int
	decrypted time.Duration // from the first phone's sending to Claire's client's having decrypted the last
	cpu       cpu           // of the bridge, until it had come to rest
	before    counters
	after     counters
}

func (r *inboundRun) rate() float64 { return float64(r.count) / r.decrypted.Seconds() }

// inbound lets all contacts write at once, as fast as their phones send. It is run once, for two figures.
func (b *bench) inbound(ctx context.Context) (*inboundRun, error) {
	if b.in != nil {
		return b.in, nil
	}
	c, err := b.conversation(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.say("%d texts from WhatsApp into %d rooms", b.amounts.inbound, len(c.contacts))
	r := &inboundRun{count: b.amounts.inbound}
	spent, stop, err := b.observeCPU(ctx, c.Bridge, "inbound")
	if err != nil {
		return nil, err
	}
	if r.before, err = readCounters(ctx, c.Bridge); err != nil {
		return nil, err
	}
	texts := map[string]bool{}
	for i := range r.count {
		texts[textOf("in", i)] = true
	}
	since, start := c.claire.Mark(), time.Now()
	if err := c.everyContact(ctx, func(ctx context.Context, n int, contact *contact) error {
		for i := n; i < r.count; i += len(c.contacts) {
			if _, err := contact.Send(ctx, c.phone.Number(), textOf("in", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := hears(ctx, c.claire, since, texts); err != nil {
		return nil, err
	}
	r.decrypted = time.Since(start)
	if r.after, err = awaitRest(ctx, c.Bridge); err != nil {
		return nil, err
	}
	if r.cpu, err = spent(); err != nil {
		return nil, err
	}
	b.in = r
	return r, stop()
}

// observeCPU returns a function that tells what CPU the bridge has taken since, and one that ends the profile, if one is
// wanted.
func (b *bench) observeCPU(ctx context.Context, bridge *bridgetest.Installation, name string) (spent func() (cpu, error), stop func() error, err error) {
	pid := bridge.PID()
	if stop, err = b.profileCPU(ctx, pid, name); err != nil {
		return nil, nil, err
	}
	before, err := cpuTime(pid)
	return func() (cpu, error) {
		now, err := cpuTime(pid)
		return now.since(before), err
	}, stop, err
}

// measureThroughput measures the bridge between two halves of the bare loop, so that a homeserver that becomes slower as its
// tables grow does neither a favour.
func measureThroughput(ctx context.Context, b *bench) (value, beside string, err error) {
	c, err := b.conversation(ctx)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var bare bareRun
	half := func(name string) error {
		b.say("%d ready-made events into %d rooms by the bare loop", b.amounts.inbound/2, len(c.bare.senders))
		r, err := c.bare.flood(ctx, c.claire, name, b.amounts.inbound/2)
		bare.count += r.count
		bare.answered += r.answered
		bare.decrypted += r.decrypted
		return err
	}
	if err := half("bare first"); err != nil {
		return "", "", err
	}
	in, err := b.inbound(ctx)
	if err != nil {
		return "", "", err
	}
	if err := half("bare second"); err != nil {
		return "", "", err
	}
	answered, decrypted := float64(bare.count)/bare.answered.Seconds(), float64(bare.count)/bare.decrypted.Seconds()
	return fmt.Sprintf("%.2f", in.rate()/decrypted),
		fmt.Sprintf("the bridge %.1f/s; the bare loop %.1f/s until decrypted, which is what is compared, and %.1f/s until answered",
			in.rate(), decrypted, answered), nil
}
