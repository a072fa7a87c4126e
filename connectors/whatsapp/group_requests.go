package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// tellWhoAsks says in the room that people ask to be let in, once for each.
func (a *account) tellWhoAsks(ctx context.Context, stored portal.Arrival, came *arrival) error {
	key := portalKey(came.Chat, a.login.ID)
	for _, jid := range came.Group.Asking {
		lid, err := a.memberLID(ctx, jid, stored.At)
		if err != nil {
			return err
		}
		if lid.IsEmpty() {
			continue
		}
		id := networkid.MessageID(fmt.Sprintf("%s:%s:asks.%d", key.ID, lid.User, came.At.Unix()))
		told, err := a.connector.bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, id)
		if err != nil {
			return fmt.Errorf("look up a notice: %w", err)
		}
		if told != nil {
			continue
		}
		name, err := a.nameOf(ctx, lid)
		if err != nil {
			return err
		}
		prefix := a.connector.bridge.Config.CommandPrefix
		sentence := a.connector.say(say.GroupAsks, name, prefix, prefix)
		handled := make(chan struct{})
		err = a.handOver(ctx, &simplevent.Message[string]{
			EventMeta: simplevent.EventMeta{
				Type: bridgev2.RemoteEventMessage, PortalKey: key, Timestamp: came.At,
				MutateContextFunc: stored.WithPassage,
				PostHandleFunc:    func(context.Context, *bridgev2.Portal) { close(handled) },
			},
			ID: id, Data: sentence, ConvertMessageFunc: noticeOf,
		}, handled)
		if err != nil {
			return err
		}
		if told, err = a.connector.bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, id); err != nil || told == nil {
			return errors.Join(errNotInRoom, err)
		}
	}
	return nil
}

// noticeOf is a sentence of ours as a message of the bot's.
func noticeOf(_ context.Context, _ *bridgev2.Portal, _ bridgev2.MatrixAPI, sentence string) (*bridgev2.ConvertedMessage, error) {
	return &bridgev2.ConvertedMessage{Parts: []*bridgev2.ConvertedMessagePart{{
		Type: event.EventMessage, Content: &event.MessageEventContent{MsgType: event.MsgNotice, Body: sentence},
	}}}, nil
}

// nameOf returns the name that a person goes by.
func (a *account) nameOf(ctx context.Context, lid types.JID) (string, error) {
	phone, err := a.phone(ctx, lid)
	if err != nil {
		return "", err
	}
	return a.publishedName(ctx, lid, phone)
}

// waits is a person who asks to be let into a group.
type waits struct {
	jid         types.JID
	lid         types.JID
	name, phone string
}

// answersTo tells whether words of a person's name, phone number or ghost are meant for this one.
func (w waits) answersTo(words string) bool {
	words = strings.ToLower(strings.TrimLeft(words, "+"))
	return words == "" || strings.Contains(strings.ToLower(w.name), words) || w.phone == words || strings.Contains(words, w.lid.User)
}

// waiting lists who asks to be let into a group, and answers to words.
func (a *account) waiting(ctx context.Context, client *whatsmeow.Client, group types.JID, words string) (people []waits, err error) {
	asking, err := client.GetGroupRequestParticipants(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("ask who waits: %w", err)
	}
	for _, who := range asking {
		w := waits{jid: who.JID}
		if w.lid, err = a.findLID(ctx, who.JID, types.EmptyJID); err != nil {
			return nil, err
		}
		if w.phone, err = a.phone(ctx, w.lid); err != nil {
			return nil, err
		}
		if w.name, err = a.publishedName(ctx, w.lid, w.phone); err != nil {
			return nil, err
		}
		if w.answersTo(words) {
			people = append(people, w)
		}
	}
	return people, nil
}
