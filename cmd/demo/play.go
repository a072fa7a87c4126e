//go:build goolm

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/whatsapp/whatsapptest"
)

// The people of the conversation, by phone number.
const (
	clairesNumber = "+33700000001" // on the staff: a phone, and an account on the homeserver
	aminasNumber  = "+33612345678" // a contact
	brunosNumber  = "+33687654321" // another one
)

// patience is how long a line may take.
const patience = 30 * time.Second

// score counts the lines.
type score struct{ said, arrived int }

func (s score) complete() bool { return s.said > 0 && s.said == s.arrived }

// scene is a conversation that is being played.
type scene struct {
	*world
	out                        io.Writer
	score                      score
	clairesPhone, amina, bruno *whatsapptest.Phone
	botRoom, aminasRoom        id.RoomID
}

// play plays the conversation. A line that does not arrive is shown as such, and the next one is tried.
func play(ctx context.Context, w *world, out io.Writer) (score, error) {
	s := &scene{world: w, out: out}
	var err error
	for _, person := range []struct {
		phone        **whatsapptest.Phone
		number, name string
	}{{&s.clairesPhone, clairesNumber, "Claire"}, {&s.amina, aminasNumber, "Amina"}, {&s.bruno, brunosNumber, "Bruno"}} {
		if *person.phone, err = w.networks.whatsapp.AddPerson(person.number, person.name); err != nil {
			return s.score, err
		}
	}
	fmt.Fprintln(out, "\nClaire links her phone:")
	if err := s.link(ctx); err != nil {
		return s.score, fmt.Errorf("link the phone: %w", err)
	}
	fmt.Fprintln(out, "\nAmina, a citizen on WhatsApp, and Claire, on the state homeserver:")
	s.talk(ctx)
	fmt.Fprintln(out, "\nA group that Amina makes:")
	s.group(ctx)
	fmt.Fprintln(out, "\nPictures:")
	s.pictures(ctx)
	fmt.Fprintln(out, "\nNadia, a citizen on Telegram, and the same Claire, through a bot of the administration:")
	if err := s.telegram(ctx); err != nil {
		return s.score, err
	}
	fmt.Fprintf(out, "\n%d of %d lines arrived, decrypted.\n", s.score.arrived, s.score.said)
	return s.score, nil
}

// line plays one line: say says it, arrive waits for it on the other side.
func (s *scene) line(ctx context.Context, who, text string, play func(ctx context.Context) error) {
	s.score.said++
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	if err := play(ctx); err != nil {
		fmt.Fprintf(s.out, "  ✗ %-28s %s\n      %v\n", who, text, err)
		return
	}
	s.score.arrived++
	fmt.Fprintf(s.out, "  ✓ %-28s %-52s %6.2f s\n", who, text, time.Since(start).Seconds())
}

// link links Claire's phone by QR code, in her encrypted chat with the bot.
func (s *scene) link(ctx context.Context) (err error) {
	s.line(ctx, "bot → Claire", "shows a QR code; her phone scans it", func(ctx context.Context) error {
		if s.botRoom, err = s.opensChat(ctx, "whatsapp"); err != nil {
			return err
		}
		if _, err = s.claire.Says(ctx, s.botRoom, "login qr"); err != nil {
			return err
		}
		code, err := s.claire.Waits(ctx, "the QR code", func(h bridgetest.Heard) bool { return h.Room == s.botRoom && h.MsgType == event.MsgImage })
		if err != nil {
			return err
		}
		if _, err := s.clairesPhone.ScanQR(ctx, code.Text); err != nil {
			return err
		}
		_, err = s.claire.Waits(ctx, "the end of the login", func(h bridgetest.Heard) bool {
			return h.Room == s.botRoom && strings.Contains(h.Text, "connected to WhatsApp")
		})
		return err
	})
	if s.score.arrived == 0 {
		return errors.New("without a linked phone there is no conversation")
	}
	return nil
}

// opensChat opens Claire's chat with the bot of a network, and returns it once the bot has greeted.
func (s *scene) opensChat(ctx context.Context, network string) (id.RoomID, error) {
	bot := id.UserID(s.Bridge.Bot(network))
	room, err := s.claire.StartsChatWith(ctx, bot)
	if err != nil {
		return "", err
	}
	_, err = s.claire.Waits(ctx, "the bot's greeting", func(h bridgetest.Heard) bool { return h.Room == room && h.Sender == bot && h.IsMessage() })
	return room, err
}

// heard waits until Claire's client shows a text, decrypted.
func (s *scene) heard(ctx context.Context, text string) (bridgetest.Heard, error) {
	h, err := s.claire.Waits(ctx, text, func(h bridgetest.Heard) bool { return h.Text == text })
	if err == nil && !h.WasEncrypted {
		err = errors.New("it came in the clear")
	}
	return h, err
}

func (s *scene) talk(ctx context.Context) {
	const question = "Bonjour, où en est mon dossier ?"
	s.line(ctx, "Amina → Claire", question, func(ctx context.Context) error {
		if _, err := s.amina.Send(ctx, clairesNumber, question); err != nil {
			return err
		}
		h, err := s.heard(ctx, question)
		s.aminasRoom = h.Room
		return err
	})
	const answer = "Bonjour Amina. Il est accepté."
	s.line(ctx, "Claire → Amina", answer, func(ctx context.Context) error {
		if _, err := s.claire.Says(ctx, s.aminasRoom, answer); err != nil {
			return err
		}
		_, err := s.amina.WaitForText(ctx, answer)
		return err
	})
	const own = "Je vous rappelle demain."
	s.line(ctx, "Claire's phone → her client", own, func(ctx context.Context) error {
		if _, err := s.clairesPhone.Send(ctx, aminasNumber, own); err != nil {
			return err
		}
		_, err := s.heard(ctx, own)
		return err
	})
}

func (s *scene) group(ctx context.Context) {
	const fromBruno = "Bonjour à tous, c’est Bruno."
	var group string
	var room id.RoomID
	s.line(ctx, "Bruno → group", fromBruno, func(ctx context.Context) (err error) {
		if group, err = s.amina.CreateGroup("Voisins", clairesNumber, brunosNumber); err != nil {
			return err
		}
		if _, err = s.bruno.Send(ctx, group, fromBruno); err != nil {
			return err
		}
		h, err := s.heard(ctx, fromBruno)
		room = h.Room
		return err
	})
	const answer = "Bonjour Bruno, bonjour Amina."
	s.line(ctx, "Claire → group", answer, func(ctx context.Context) error {
		if _, err := s.claire.Says(ctx, room, answer); err != nil {
			return err
		}
		for _, phone := range []*whatsapptest.Phone{s.amina, s.bruno} {
			if _, err := phone.WaitForText(ctx, answer); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scene) pictures(ctx context.Context) {
	inbound, outbound := picture(color.RGBA{200, 60, 40, 255}), picture(color.RGBA{40, 90, 200, 255})
	s.line(ctx, "Amina → Claire", fmt.Sprintf("a picture of %d bytes", len(inbound)), func(ctx context.Context) error {
		if _, err := s.amina.SendImage(ctx, clairesNumber, whatsapptest.Image{Data: inbound, Caption: "Mon justificatif"}); err != nil {
			return err
		}
		h, err := s.heard(ctx, "Mon justificatif")
		if err != nil {
			return err
		}
		got, err := s.claire.Downloads(ctx, h)
		if err == nil && !bytes.Equal(got, inbound) {
			err = errors.New("it arrived changed")
		}
		return err
	})
	s.line(ctx, "Claire → Amina", fmt.Sprintf("a picture of %d bytes", len(outbound)), func(ctx context.Context) error {
		if _, err := s.claire.SendsImage(ctx, s.aminasRoom, outbound, "Le plan"); err != nil {
			return err
		}
		entry, err := s.amina.WaitForText(ctx, "Le plan")
		if err != nil {
			return err
		}
		sum := sha256.Sum256(outbound)
		if entry.Media == nil || entry.Media.SHA256 != hex.EncodeToString(sum[:]) {
			return errors.New("it arrived changed")
		}
		return nil
	})
}

// picture draws a small PNG.
func picture(c color.Color) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			if (x/20+y/20)%2 == 0 {
				img.Set(x, y, c)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // an image in memory can be encoded
	}
	return out.Bytes()
}
