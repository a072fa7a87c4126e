package whatsapptest

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// What a message's secret seals (whatsmeow msgsecret.go, MsgSecretType).
const (
	sealsVote        = "Poll Vote"
	sealsEventAnswer = "Event Response"
	sealsComment     = "Enc Comment"
)

var errNoSecret = errors.New("message has no secret")

// sealedAnswer is what comes sealed under the secret of the message that it answers.
type sealedAnswer interface {
	GetEncPayload() []byte
	GetEncIV() []byte
}

// logged returns a message that the owner has seen, by its ID in a chat. The caller holds the mutex.
func (p *Phone) logged(chat types.JID, id string) (loggedMessage, bool) {
	if i := p.indexOf(chat, id); i >= 0 {
		return p.log[i], true
	}
	return loggedMessage{}, false
}

// indexOf is where the log has a message, or -1. The caller holds the mutex.
func (p *Phone) indexOf(chat types.JID, id string) int {
	return slices.IndexFunc(p.log, func(m loggedMessage) bool { return m.id == id && m.chat == chat })
}

// secretKey derives the key for one person's answer to a message, and what is authenticated beside it (whatsmeow msgsecret.go,
// generateMsgSecretKey).
func secretKey(original loggedMessage, author, answering types.JID, use string) (key, beside []byte, err error) {
	secret := original.content.GetMessageContextInfo().GetMessageSecret()
	if len(secret) == 0 {
		return nil, nil, errNoSecret
	}
	from := answering.ToNonAD().String()
	key, err = hkdf.Key(sha256.New, secret, nil, original.id+author.ToNonAD().String()+from+use, 32)
	if use != sealsVote && use != sealsEventAnswer {
		return key, nil, err
	}
	return key, []byte(original.id + "\x00" + from), err
}

// sealAnswer seals the owner's answer to a message. The caller holds the mutex.
func (p *Phone) sealAnswer(original loggedMessage, use string, answer proto.Message) (payload, iv []byte, err error) {
	plain, err := proto.Marshal(answer)
	if err != nil {
		return nil, nil, err
	}
	author, err := p.server.lookUp(original.from.ToNonAD().String())
	if err != nil {
		return nil, nil, err
	}
	key, beside, err := secretKey(original, p.server.nameIn(original.chat, author), p.server.nameIn(original.chat, p.owner), use)
	if err != nil {
		return nil, nil, err
	}
	aead, err := newGCM(key)
	if err != nil {
		return nil, nil, err
	}
	iv = randomBytes(aead.NonceSize())
	return aead.Seal(nil, iv, plain, beside), iv, nil
}

// openAnswer opens somebody's answer to a message. The key depends on how author and sender are addressed, and clients disagree
// on it while WhatsApp moves from numbers to LIDs: both ways are tried. The caller holds the mutex.
func (p *Phone) openAnswer(m message, about *waCommon.MessageKey, use string, sealed sealedAnswer, answer proto.Message) error {
	original, ok := p.logged(m.chat, about.GetID())
	if !ok {
		return ErrNoSuchMessage
	}
	var failed error
	for _, author := range p.bothAddresses(original.from) {
		for _, sender := range p.bothAddresses(m.from) {
			key, beside, err := secretKey(original, author, sender, use)
			if err != nil {
				return err
			}
			aead, err := newGCM(key)
			if err != nil {
				return err
			}
			if len(sealed.GetEncIV()) != aead.NonceSize() {
				return errors.New("answer has no nonce")
			}
			plain, err := aead.Open(nil, sealed.GetEncIV(), sealed.GetEncPayload(), beside)
			if err == nil {
				return proto.Unmarshal(plain, answer)
			}
			failed = err
		}
	}
	return fmt.Errorf("open answer: %w", failed)
}

func (p *Phone) bothAddresses(jid types.JID) []types.JID {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if owner := p.server.personOf(jid); owner != nil {
		return []types.JID{owner.lid, owner.pn()}
	}
	return []types.JID{jid}
}

// keyTo names a message that the owner has seen, together with its content.
func (p *Phone) keyTo(to, id string) (*waCommon.MessageKey, loggedMessage, error) {
	key, _, err := p.keyOf(to, id)
	if err != nil {
		return nil, loggedMessage{}, err
	}
	jid, err := p.resolve(to)
	if err != nil {
		return nil, loggedMessage{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	original, ok := p.logged(jid, id)
	if !ok {
		return nil, loggedMessage{}, fmt.Errorf("%s in %s: %w", id, to, ErrNoSuchMessage)
	}
	return key, original, nil
}

// Comment comments on an announcement of a community, and returns the message's ID. Phones seal comments in groups whose
// members do not see each other.
func (p *Phone) Comment(ctx context.Context, group, announcement, text string) (string, error) {
	key, original, err := p.keyTo(group, announcement)
	if err != nil {
		return "", fmt.Errorf("comment: %w", err)
	}
	p.mu.Lock()
	payload, iv, err := p.sealAnswer(original, sealsComment, &waE2E.Message{Conversation: &text})
	p.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("comment: %w", err)
	}
	return p.SendMessage(ctx, group, &waE2E.Message{EncCommentMessage: &waE2E.EncCommentMessage{
		TargetMessageKey: key, EncPayload: payload, EncIV: iv,
	}})
}

// noteUnopened notes an answer that the phone could not open.
func (p *Phone) noteUnopened(m message, err error) {
	p.notice(Notice{Kind: NoticeUndecryptable, Chat: p.chatName(m.chat), From: p.nameOf(m.from), Detail: err.Error()})
}

// secretOf returns what a message's answers are sealed under.
func secretOf(m *waE2E.Message) []byte { return m.GetMessageContextInfo().GetMessageSecret() }
