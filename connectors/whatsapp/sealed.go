package whatsapp

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"google.golang.org/protobuf/proto"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// Answers to polls and appointments, and comments in the announcements of communities, come encrypted once more, under the
// secret of the message that they are about (whatsmeow/msgsecret.go).

// secretFor returns the secret of a message that goes out. A second attempt has that of the first one: answers may have been
// encrypted with it.
func secretFor(client *whatsmeow.Client, use string, cause id.EventID) ([]byte, error) {
	secret, err := hkdf.Key(sha256.New, client.Store.IdentityKey.Priv[:], nil, "passerelle/whatsapp/"+use+"/"+cause.String(), 32)
	if err != nil {
		return nil, fmt.Errorf("make a message's secret: %w", err)
	}
	return secret, nil
}

// sealAppointment gives an appointment its secret: the answers to it are encrypted with it. Its error carries the sentence that
// the sender reads.
func (a *account) sealAppointment(cause id.EventID, out *outgoing) error {
	if out.message.EventMessage == nil {
		return nil
	}
	client := a.current()
	if client == nil {
		return a.notSent(bridgev2.ErrNotLoggedIn, say.NotConnected)
	}
	secret, err := secretFor(client, "appointment", cause)
	if err != nil {
		return a.notSent(err, say.NotSent)
	}
	out.message.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: secret}
	return nil
}

// usedByAppointments is what the secret of an appointment is used for (whatsmeow/msgsecret.go, EncSecretEventResponse).
const usedByAppointments = string(whatsmeow.EncSecretEventResponse)

var errNoSecret = errors.New("the secret of the message is not known")

// coming says in words whether somebody comes to an appointment.
func (d *delivery) coming(ctx context.Context, response *waE2E.EncEventResponseMessage) (content, error) {
	unseen := content{sentence: say.OpenYourPhone}
	about, ok, err := d.keyed(ctx, response.GetEventCreationMessageKey())
	if err != nil || !ok {
		return unseen, err
	}
	var answer waE2E.EventResponseMessage
	plain, err := d.open(ctx, about, response)
	if err == nil {
		err = proto.Unmarshal(plain, &answer)
	}
	if err != nil {
		zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("An answer to an appointment cannot be read")
		return unseen, nil
	}
	c := d.account.reader(ctx, d.PortalKey).answerToAppointment(&answer)
	c.quote = &quote{id: about.id, sender: lidOf(about.sender)}
	return c, nil
}

// answerToAppointment says whether somebody comes.
func (r reader) answerToAppointment(answer *waE2E.EventResponseMessage) content {
	sentence, ok := map[waE2E.EventResponseMessage_EventResponseType]say.Sentence{
		waE2E.EventResponseMessage_GOING:     say.AppointmentYes,
		waE2E.EventResponseMessage_NOT_GOING: say.AppointmentNo,
		waE2E.EventResponseMessage_MAYBE:     say.AppointmentMaybe,
	}[answer.GetResponse()]
	if !ok {
		return content{sentence: say.OpenYourPhone}
	}
	guests := ""
	if more := answer.GetExtraGuestCount(); more > 0 {
		guests = r.say(say.AppointmentGuests, more)
	}
	return r.said(nil, r.say(sentence), guests)
}

// sealed is what comes encrypted under a message's secret.
type sealed interface {
	GetEncIV() []byte
	GetEncPayload() []byte
}

// canBeOpened tells whether what strangers sent has the form that decryption needs: Go's panics on any other length of the
// nonce (crypto/cipher, AEAD).
func canBeOpened(s sealed) bool { return len(s.GetEncIV()) == 12 }

// open decrypts an answer to a message. Which name of author and sender the key was made from depends on how far their apps
// have come from numbers to LIDs (whatsmeow/msgsecret.go, decryptMsgSecret).
func (d *delivery) open(ctx context.Context, about messageID, answer sealed) ([]byte, error) {
	client := d.account.current()
	if client == nil || !canBeOpened(answer) {
		return nil, errNoSecret
	}
	author := lidOf(about.sender)
	secret, stored, err := client.Store.MsgSecrets.GetMessageSecret(ctx, d.chat, author, about.id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look up a message's secret: %w", err)
	case secret == nil:
		return nil, errNoSecret
	}
	authors := []types.JID{stored, author}
	if phone, err := d.account.phone(ctx, author); err == nil && phone != "" {
		authors = append(authors, types.NewJID(phone, types.DefaultUserServer))
	}
	failed := errNoSecret
	for _, by := range authors {
		for _, from := range []types.JID{d.came.Sender, d.came.SenderAlt} {
			name := from.ToNonAD().String()
			key, err := hkdf.Key(sha256.New, secret, nil, about.id+by.ToNonAD().String()+name+usedByAppointments, 32)
			if err != nil {
				return nil, fmt.Errorf("derive an answer's key: %w", err)
			}
			plain, err := gcmutil.Decrypt(key, answer.GetEncIV(), answer.GetEncPayload(), []byte(about.id+"\x00"+name))
			if err == nil {
				return plain, nil
			}
			failed = fmt.Errorf("decrypt an answer: %w", err)
		}
	}
	return nil, failed
}

// comment says a comment of a community's announcements, as an answer to what it is about.
func (d *delivery) comment(ctx context.Context, comment *waE2E.EncCommentMessage) (content, error) {
	unseen := content{sentence: say.OpenYourPhone}
	client := d.account.current()
	about, ok, err := d.keyed(ctx, comment.GetTargetMessageKey())
	if err != nil || !ok || client == nil || !canBeOpened(comment) {
		return unseen, err
	}
	d.message.Info = d.info()
	said, err := client.DecryptComment(ctx, d.message)
	if err != nil {
		zerolog.Ctx(ctx).Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A comment cannot be read")
		return unseen, nil
	}
	c := d.account.reader(ctx, d.PortalKey).message(said)
	c.quote = &quote{id: about.id, sender: lidOf(about.sender)}
	return c, nil
}
