package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"time"

	"go.mau.fi/util/random"
	"golang.org/x/sync/errgroup"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
)

// bareService is the least application service: it sends ready-made encrypted events, and forgets what the homeserver sends
// to it. What it reaches is what the homeserver and the client allow; a bridge can be compared with it.
//
// Its rooms have the members of a portal (a bot, a ghost, Claire), its events have the size of the bridge's, and Claire's
// client has the keys and decrypts them, so that both ways end in the same place. The homeserver sends it the transactions
// that a bridge gets, too.
type bareService struct {
	registrationPath string
	registration     *appservice.Registration
	server           *http.Server
	served           chan struct{} // closed when server has ended
	service          *appservice.AppService
	senders          []*bareSender
}

// newBareService writes a registration, and begins to answer the homeserver.
func newBareService(registrationPath string) (*bareService, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &bareService{registrationPath: registrationPath, registration: appservice.CreateRegistration(), served: make(chan struct{})}
	unlimited := false
	b.registration.ID, b.registration.URL = "bare", "http://"+listener.Addr().String()
	b.registration.SenderLocalpart, b.registration.RateLimited = "barebot", &unlimited
	b.registration.Namespaces.UserIDs.Register(regexp.MustCompile("^@bare_.*$"), true)
	b.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "{}")
	})}
	go func() {
		defer close(b.served)
		b.server.Serve(listener) // ends with close, and only then
	}()
	if err := b.registration.Save(registrationPath); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bareService) close() error {
	err := b.server.Close()
	<-b.served
	if b.service != nil {
		b.service.HTTPClient.CloseIdleConnections()
	}
	return err
}

// furnish makes the rooms, and gives Claire's client the keys.
func (b *bareService) furnish(ctx context.Context, homeserver *bridgetest.Homeserver, claire *bridgetest.Staff, rooms int) (err error) {
	b.service, err = appservice.CreateFull(appservice.CreateOpts{
		Registration: b.registration, HomeserverDomain: homeserver.ServerName(), HomeserverURL: homeserver.URL(),
	})
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = rooms // a connection for each sender
	b.service.HTTPClient.Transport = transport
	for n := range rooms {
		sender, err := b.newSender(ctx, homeserver.UserID(fmt.Sprintf("bare_%d", n)), claire)
		if err != nil {
			return fmt.Errorf("make a room of the bare loop: %w", err)
		}
		b.senders = append(b.senders, sender)
	}
	return nil
}

// bareSender is a ghost of the bare service, in its room.
type bareSender struct {
	client   *mautrix.Client
	room     id.RoomID
	outbound olm.OutboundGroupSession
	identity id.SenderKey
}

// newSender makes a ghost and its room, waits until Claire is in it, and gives her client the room's key.
func (b *bareService) newSender(ctx context.Context, ghost id.UserID, claire *bridgetest.Staff) (*bareSender, error) {
	bot, sender := b.service.BotIntent(), b.service.Intent(ghost)
	if err := errors.Join(bot.EnsureRegistered(ctx), sender.EnsureRegistered(ctx)); err != nil {
		return nil, err
	}
	made, err := bot.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "private_chat", IsDirect: true, Invite: []id.UserID{ghost, claire.ID()},
		InitialState: []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
		}}},
	})
	if err != nil {
		return nil, err
	}
	if err := sender.EnsureJoined(ctx, made.RoomID); err != nil {
		return nil, err
	}
	if err := claire.SeesMember(ctx, made.RoomID, claire.ID(), event.MembershipJoin); err != nil {
		return nil, err
	}
	s := &bareSender{client: sender.Client, room: made.RoomID, identity: id.SenderKey(random.String(43))}
	if s.outbound, err = olm.NewOutboundGroupSession(); err != nil {
		return nil, err
	}
	inbound, err := crypto.NewInboundGroupSession(s.identity, id.Ed25519(random.String(43)), s.room, s.outbound.Key(), 0, 0, nil, false)
	if err != nil {
		return nil, err
	}
	return s, claire.Crypto().Machine().CryptoStore.PutGroupSession(ctx, inbound)
}

// makeReady encrypts a text, as the bridge would send it.
func (s *bareSender) makeReady(text string) (*event.EncryptedEventContent, error) {
	plain, err := json.Marshal(map[string]any{
		"room_id": s.room, "type": event.EventMessage.Type,
		"content": &event.MessageEventContent{MsgType: event.MsgText, Body: text, Mentions: &event.Mentions{}},
	})
	if err != nil {
		return nil, err
	}
	ciphertext, err := s.outbound.Encrypt(plain)
	if err != nil {
		return nil, err
	}
	made := &event.EncryptedEventContent{Algorithm: id.AlgorithmMegolmV1, SessionID: s.outbound.ID(), MegolmCiphertext: ciphertext}
	//lint:ignore SA1019 the deprecated fields are what the bridge's library sends, and belong to the events' size
	made.SenderKey, made.DeviceID = s.identity, "BAREDEVICE"
	return made, nil
}

// send sends a ready-made event, and returns when the homeserver has answered.
func (s *bareSender) send(ctx context.Context, ready *event.EncryptedEventContent) error {
	_, err := s.client.SendMessageEvent(ctx, s.room, event.EventEncrypted, ready,
		mautrix.ReqSendEvent{DontEncrypt: true, Timestamp: time.Now().UnixMilli()})
	return err
}

// bareRun is what a run of the bare loop took.
type bareRun struct {
	count     int
	answered  time.Duration // until the homeserver had answered the last event
	decrypted time.Duration // until Claire's client had decrypted the last one
}

// flood sends events into all rooms at once, one after another in each.
func (b *bareService) flood(ctx context.Context, claire *bridgetest.Staff, name string, count int) (r bareRun, err error) {
	texts := map[string]bool{}
	ready := make([][]*event.EncryptedEventContent, len(b.senders))
	for i := range count {
		n, text := i%len(b.senders), textOf(name, i)
		made, err := b.senders[n].makeReady(text)
		if err != nil {
			return r, err
		}
		ready[n], texts[text] = append(ready[n], made), true
	}
	r.count = count
	since, start := claire.Mark(), time.Now()
	group, sending := errgroup.WithContext(ctx)
	for n, sender := range b.senders {
		group.Go(func() error {
			for _, made := range ready[n] {
				if err := sender.send(sending, made); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return r, fmt.Errorf("the bare loop: %w", err)
	}
	r.answered = time.Since(start)
	err = hears(ctx, claire, since, texts)
	r.decrypted = time.Since(start)
	return r, err
}

// textOf is the text of a message of a run: unlike all others, and about as long as what people write.
func textOf(run string, i int) string {
	return fmt.Sprintf("%s %d: the file is complete, thank you; the office opens at nine", run, i)
}
