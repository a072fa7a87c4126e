package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// ErrClearRoom is returned when something should be said encrypted in a room
// that is not encrypted.
var ErrClearRoom = errors.New("the room is not encrypted")

// Says sends a text, encrypted. Like a person, she waits until her client shows
// the room as joined; she fails with ErrClearRoom when it is not encrypted.
func (s *Staff) Says(ctx context.Context, room id.RoomID, text string) (id.EventID, error) {
	return s.Sends(ctx, room, event.EventMessage, textMessage(text))
}

// SaysInClear sends a text without encryption, even into an encrypted room.
func (s *Staff) SaysInClear(ctx context.Context, room id.RoomID, text string) (id.EventID, error) {
	return s.SendsInClear(ctx, room, event.EventMessage, textMessage(text))
}

// Edits replaces the text of one of her messages, encrypted.
func (s *Staff) Edits(ctx context.Context, room id.RoomID, message id.EventID, text string) (id.EventID, error) {
	content := textMessage(text)
	content.SetEdit(message)
	return s.Sends(ctx, room, event.EventMessage, content)
}

// Replies answers a message, encrypted.
func (s *Staff) Replies(ctx context.Context, room id.RoomID, to id.EventID, text string) (id.EventID, error) {
	content := textMessage(text)
	content.RelatesTo = new(event.RelatesTo).SetReplyTo(to)
	return s.Sends(ctx, room, event.EventMessage, content)
}

// Reacts adds a reaction to a message. Reactions are not encrypted in Matrix.
func (s *Staff) Reacts(ctx context.Context, room id.RoomID, to id.EventID, key string) (id.EventID, error) {
	return s.SendsInClear(ctx, room, event.EventReaction, &event.ReactionEventContent{
		RelatesTo: *new(event.RelatesTo).SetAnnotation(to, key),
	})
}

// Deletes redacts an event: one of her messages, or a reaction to withdraw it.
func (s *Staff) Deletes(ctx context.Context, room id.RoomID, what id.EventID) (id.EventID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	response, err := s.client.RedactEvent(ctx, room, what, mautrix.ReqRedact{TxnID: s.client.TxnID()})
	if err != nil {
		return "", fmt.Errorf("%s deletes %s: %w", s.name, what, err)
	}
	return response.EventID, nil
}

// Sends sends any event, encrypted, as Says does.
func (s *Staff) Sends(ctx context.Context, room id.RoomID, kind event.Type, content any) (id.EventID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.awaitEncryption(ctx, room); err != nil {
		return "", err
	}
	encrypted, err := s.crypto.Encrypt(ctx, room, kind, content)
	if err != nil {
		return "", fmt.Errorf("%s encrypts %s in %s: %w", s.name, kind.Type, room, err)
	}
	return s.send(ctx, room, event.EventEncrypted, encrypted)
}

// SendsInClear sends any event without encryption, even into an encrypted room.
func (s *Staff) SendsInClear(ctx context.Context, room id.RoomID, kind event.Type, content any) (id.EventID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	return s.send(ctx, room, kind, content)
}

func (s *Staff) send(ctx context.Context, room id.RoomID, kind event.Type, content any) (id.EventID, error) {
	response, err := s.client.SendMessageEvent(ctx, room, kind, content, mautrix.ReqSendEvent{DontEncrypt: true})
	if err != nil {
		return "", fmt.Errorf("%s sends %s into %s: %w", s.name, kind.Type, room, err)
	}
	return response.EventID, nil
}

// Reads tells the others that she has read up to an event.
func (s *Staff) Reads(ctx context.Context, room id.RoomID, upTo id.EventID) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.client.MarkRead(ctx, room, upTo); err != nil {
		return fmt.Errorf("%s reads %s: %w", s.name, upTo, err)
	}
	return nil
}

// Types shows the others that she types, or types no more.
func (s *Staff) Types(ctx context.Context, room id.RoomID, typing bool) error {
	const shownFor = 30 * time.Second
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.client.UserTyping(ctx, room, typing, shownFor); err != nil {
		return fmt.Errorf("%s types in %s: %w", s.name, room, err)
	}
	return nil
}

// awaitEncryption returns once her client knows that the room is encrypted and
// who is in it. The homeserver decides when the client has not heard of
// encryption: a room may just be in the making.
func (s *Staff) awaitEncryption(ctx context.Context, room id.RoomID) error {
	err := s.awaitNotes(ctx, "the room "+room.String(), func(n *notebook) bool {
		notes, ok := n.rooms[room]
		return ok && notes.joined
	})
	if err != nil {
		return err
	}
	encrypted := false
	s.notes.read(func() { encrypted = s.notes.rooms[room].encrypted() })
	if encrypted {
		return nil
	}
	err = s.client.StateEvent(ctx, room, event.StateEncryption, "", &event.EncryptionEventContent{})
	if errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("%s in %s: %w", s.name, room, ErrClearRoom)
	}
	if err != nil {
		return fmt.Errorf("%s asks whether %s is encrypted: %w", s.name, room, err)
	}
	return s.awaitNotes(ctx, "the encryption of "+room.String(), func(n *notebook) bool {
		return n.rooms[room].encrypted()
	})
}

func textMessage(text string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgText, Body: text}
}
