package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// patience bounds each wait: a run that stands still ends with an error that says what it waited for.
const patience = 10 * time.Minute

// bench is one run.
type bench struct {
	amounts
	progress io.Writer
	profiles string // folder for profiles; empty: none
	dir      string
	program  string

	talk *conversation // nil until the first figure that needs it, and after the last
	desk *logins
	in   *inboundRun // nil until measured: two figures use it
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// open builds the bridge.
func (b *bench) open(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "passerelle-bench-"); err != nil {
		return err
	}
	if b.profiles != "" {
		if err := b.instrument(ctx); err != nil {
			return errors.Join(err, b.close())
		}
	}
	if b.program, err = bridgetest.BuildPasserelle(ctx, b.dir, b.progress); err != nil {
		return errors.Join(err, b.close())
	}
	return nil
}

func (b *bench) close() error {
	return errors.Join(b.closeConversation(), b.closeLogins(), os.RemoveAll(b.dir))
}

func (b *bench) closeConversation() error {
	if b.talk == nil {
		return nil
	}
	err := b.talk.close()
	b.talk = nil
	return err
}

func (b *bench) closeLogins() error {
	if b.desk == nil {
		return nil
	}
	err := b.desk.close()
	b.desk = nil
	return err
}

// world is a homeserver, the simulated WhatsApp, and the installed bridge between them.
type world struct {
	*bridgetest.Site
	whatsapp *whatsapptest.Server
}

// newWorld starts a world in a folder of its own. adjust, if there is one, changes how the bridge is installed; extra are the
// registrations of other application services.
func (b *bench) newWorld(ctx context.Context, name string, adjust func(*bridgetest.InstallOptions), extra ...string) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	dir := filepath.Join(b.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if w.whatsapp, err = whatsapptest.New(whatsapptest.Options{}); err != nil {
		return nil, err
	}
	settings, err := w.whatsapp.Settings(filepath.Join(dir, "whatsapp-ca.pem"))
	if err != nil {
		return nil, err
	}
	if w.Site, err = bridgetest.NewSite(ctx, bridgetest.SiteOptions{
		Dir: dir, Program: b.program, Settings: map[string]string{"whatsapp": settings}, Adjust: adjust, Registrations: extra,
		Progress: b.progress,
	}); err != nil {
		return nil, err
	}
	return w, w.Start(ctx)
}

func (w *world) close() error {
	var failed []error
	if w.Site != nil {
		failed = append(failed, w.Stop())
	}
	if w.whatsapp != nil {
		failed = append(failed, w.whatsapp.Close())
	}
	return errors.Join(failed...)
}

// link links a staff member's phone, as she would: she asks the bot for a QR code and scans it.
func (w *world) link(ctx context.Context, staff *bridgetest.Staff, phone *whatsapptest.Phone) error {
	room, code, err := w.asksForQR(ctx, staff)
	if err != nil {
		return err
	}
	if _, err := phone.ScanQR(ctx, code); err != nil {
		return err
	}
	_, err = staff.Waits(ctx, "the bot's word that the phone is linked", func(h bridgetest.Heard) bool {
		return h.Room == room && strings.Contains(h.Text, "connected to WhatsApp")
	})
	return err
}

// asksForQR lets a member of staff ask the bot for a QR code. It returns their room, and what the code says.
func (w *world) asksForQR(ctx context.Context, staff *bridgetest.Staff) (room id.RoomID, code string, err error) {
	if room, err = staff.StartsChatWith(ctx, id.UserID(w.Bridge.Bot("whatsapp"))); err != nil {
		return "", "", err
	}
	if _, err := staff.Waits(ctx, "the bot's greeting", func(h bridgetest.Heard) bool {
		return h.Room == room && h.Sender != staff.ID() && h.IsMessage()
	}); err != nil {
		return "", "", err
	}
	if _, err := staff.Says(ctx, room, "login qr"); err != nil {
		return "", "", err
	}
	shown, err := staff.Waits(ctx, "the QR code", func(h bridgetest.Heard) bool {
		return h.Room == room && h.MsgType == event.MsgImage
	})
	return room, shown.Text, err
}

// conversation is a world in which Claire has a chat with each of some contacts, and a room with each of as many users of a
// bare application service.
type conversation struct {
	*world
	claire   *bridgetest.Staff
	phone    *whatsapptest.Phone // Claire's
	contacts []*contact
	bare     *bareService
}

// contact is an external contact and the room of the chat with Claire.
type contact struct {
	*whatsapptest.Phone
	room id.RoomID
}

// conversation returns the world with a conversation, and makes it the first time.
func (b *bench) conversation(ctx context.Context) (*conversation, error) {
	if b.talk != nil {
		return b.talk, nil
	}
	b.say("starting a homeserver, a simulated WhatsApp and the bridge; Claire links her phone; %d contacts write to her", b.rooms)
	bare, err := newBareService(filepath.Join(b.dir, "registration-bare.yaml"))
	if err != nil {
		return nil, err
	}
	c := &conversation{bare: bare}
	b.talk = c // closed with the run, however far it comes
	if c.world, err = b.newWorld(ctx, "conversation", nil, bare.registrationPath); err != nil {
		return nil, err
	}
	if c.claire, err = c.Homeserver.NewStaff(ctx, "claire"); err != nil {
		return nil, err
	}
	if c.phone, err = c.whatsapp.AddPerson("+33700000001", "Claire"); err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.link(bounded, c.claire, c.phone); err != nil {
		return nil, err
	}
	for n := range b.rooms {
		phone, err := c.whatsapp.AddPerson(fmt.Sprintf("+336120000%02d", n), fmt.Sprintf("Contact %d", n))
		if err != nil {
			return nil, err
		}
		c.contacts = append(c.contacts, &contact{Phone: phone})
	}
	if err := c.greet(bounded); err != nil {
		return nil, err
	}
	// A bridge in use has been started since its logins were made. It matters: bridgev2 asks the database about each message
	// of a login that was made since (bridgev2/userlogin.go, NewLogin leaves inPortalCache out).
	if err := errors.Join(c.Bridge.Stop(), c.Bridge.Start(bounded)); err != nil {
		return nil, err
	}
	return c, c.bare.furnish(bounded, c.Homeserver, c.claire, b.rooms)
}

// greet lets every contact and Claire say hello to each other: the rooms are made, the keys are shared.
func (c *conversation) greet(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for n, contact := range c.contacts {
		group.Go(func() error {
			hello := fmt.Sprintf("hello from %d", n)
			if _, err := contact.Send(ctx, c.phone.Number(), hello); err != nil {
				return err
			}
			heard, err := c.claire.Waits(ctx, hello, func(h bridgetest.Heard) bool { return h.Text == hello })
			if err != nil {
				return err
			}
			contact.room = heard.Room
			if _, err := c.claire.Says(ctx, contact.room, "hello back"); err != nil {
				return err
			}
			_, err = contact.WaitForText(ctx, "hello back")
			return err
		})
	}
	return group.Wait()
}

// everyContact does something for all contacts at once.
func (c *conversation) everyContact(ctx context.Context, do func(ctx context.Context, n int, contact *contact) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for n, contact := range c.contacts {
		group.Go(func() error { return do(ctx, n, contact) })
	}
	return group.Wait()
}

func (c *conversation) close() error {
	var failed []error
	if c.claire != nil {
		failed = append(failed, c.claire.Stop())
	}
	if c.world != nil {
		failed = append(failed, c.world.close())
	}
	return errors.Join(append(failed, c.bare.close())...)
}

// hears waits until a member of staff's client has decrypted a message of each text.
func hears(ctx context.Context, staff *bridgetest.Staff, since bridgetest.Mark, texts map[string]bool) error {
	what := fmt.Sprintf("the last of %d messages", len(texts))
	_, err := staff.Waits(ctx, what, func(h bridgetest.Heard) bool {
		delete(texts, h.Text)
		return len(texts) == 0
	}, since)
	return err
}
