package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
)

// counter is a world in which contacts write to Claire through a bot of Telegram's, beside the bare loop.
type counter struct {
	*bridgetest.Site
	telegram *telegramtest.Server
	bot      *telegramtest.Bot
	claire   *bridgetest.Staff
	contacts []*telegramtest.Person
	bare     *bareService
}

// newCounter starts the world. Every contact has a room, and the bridge has been started since: see bench.conversation.
func (b *bench) newCounter(ctx context.Context) (_ *counter, err error) {
	b.say("starting a homeserver, a simulated Telegram and the bridge; Claire connects a bot; %d contacts write to it", b.rooms)
	c := &counter{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	dir := filepath.Join(b.dir, "telegram")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if c.bare, err = newBareService(filepath.Join(dir, "registration-bare.yaml")); err != nil {
		return nil, err
	}
	if c.telegram, err = telegramtest.New(telegramtest.Options{}); err != nil {
		return nil, err
	}
	if c.bot, err = c.telegram.AddBot("Counter", "counter_bot"); err != nil {
		return nil, err
	}
	if c.Site, err = bridgetest.NewSite(ctx, bridgetest.SiteOptions{
		Dir: dir, Program: b.program, Settings: map[string]string{"telegram": "server: " + c.telegram.URL()},
		Registrations: []string{c.bare.registrationPath}, Progress: b.progress,
	}); err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	if c.claire, err = c.Homeserver.NewStaff(ctx, "claire"); err != nil {
		return nil, err
	}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	for n := range b.rooms {
		contact, err := c.telegram.AddPerson(fmt.Sprintf("Contact %d", n), fmt.Sprintf("contact_%d", n))
		if err != nil {
			return nil, err
		}
		c.contacts = append(c.contacts, contact)
	}
	if err := c.write(ctx, "hello", b.rooms); err != nil {
		return nil, err
	}
	if err := errors.Join(c.Bridge.Stop(), c.Bridge.Start(ctx)); err != nil {
		return nil, err
	}
	return c, c.bare.furnish(ctx, c.Homeserver, c.claire, b.rooms)
}

func (c *counter) close() error {
	var failed []error
	if c.claire != nil {
		failed = append(failed, c.claire.Stop())
	}
	if c.Site != nil {
		failed = append(failed, c.Stop())
	}
	if c.telegram != nil {
		failed = append(failed, c.telegram.Close())
	}
	if c.bare != nil {
		failed = append(failed, c.bare.close())
	}
	return errors.Join(failed...)
}

// connect gives the bridge's bot the code of Telegram's, as a person would.
func (c *counter) connect(ctx context.Context) error {
	bot := id.UserID(c.Bridge.Bot("telegram"))
	room, err := c.claire.StartsChatWith(ctx, bot)
	if err != nil {
		return err
	}
	for _, step := range []struct{ answer, words string }{{"", ""}, {"login", "@BotFather"}, {c.bot.Token(), "connected to Telegram"}} {
		if step.answer != "" {
			if _, err := c.claire.Says(ctx, room, step.answer); err != nil {
				return err
			}
		}
		if _, err := c.claire.Waits(ctx, "the bot's "+step.words, func(h bridgetest.Heard) bool {
			return h.Room == room && h.Sender == bot && h.IsMessage() && strings.Contains(h.Text, step.words)
		}); err != nil {
			return err
		}
	}
	return nil
}

// write lets all contacts write at once, and waits until Claire's client has decrypted the last of their messages.
func (c *counter) write(ctx context.Context, run string, count int) error {
	texts := map[string]bool{}
	for i := range count {
		texts[textOf(run, i)] = true
	}
	since := c.claire.Mark()
	var group errgroup.Group
	for n, contact := range c.contacts {
		group.Go(func() error {
			for i := n; i < count; i += len(c.contacts) {
				if _, err := contact.Send(c.bot.ID(), textOf(run, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return hears(ctx, c.claire, since, texts)
}

// measureTelegram measures the bridge between two halves of the bare loop, as measureThroughput does.
func measureTelegram(ctx context.Context, b *bench) (value, beside string, err error) {
	if err := errors.Join(b.closeConversation(), b.closeLogins()); err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := b.newCounter(ctx)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	first, err := c.bare.flood(ctx, c.claire, "bare first", b.amounts.inbound/2)
	if err != nil {
		return "", "", err
	}
	b.say("%d updates from Telegram into %d rooms", b.amounts.inbound, len(c.contacts))
	spent, stop, err := b.observeCPU(ctx, c.Bridge, "telegram")
	if err != nil {
		return "", "", err
	}
	start := time.Now()
	if err := c.write(ctx, "in", b.amounts.inbound); err != nil {
		return "", "", err
	}
	took := time.Since(start)
	if _, err := awaitRest(ctx, c.Bridge); err != nil {
		return "", "", err
	}
	used, err := spent()
	if err := errors.Join(err, stop()); err != nil {
		return "", "", err
	}
	second, err := c.bare.flood(ctx, c.claire, "bare second", b.amounts.inbound/2)
	if err != nil {
		return "", "", err
	}
	bare := float64(first.count+second.count) / (first.decrypted + second.decrypted).Seconds()
	bridge := float64(b.amounts.inbound) / took.Seconds()
	return fmt.Sprintf("%.2f", bridge/bare),
		fmt.Sprintf("the bridge %.1f/s; the bare loop %.1f/s; the bridge's CPU an update: %.2f ms", bridge, bare, used.each(b.amounts.inbound)), nil
}
