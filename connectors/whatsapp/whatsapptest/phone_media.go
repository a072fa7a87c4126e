package whatsapptest

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// mediaNotOnPhone is the error of a media retry that the phone cannot serve (whatsmeow mediaretry.go).
const mediaNotOnPhone = "2"

// uploadAgain answers a companion that could not download a file: the phone uploads it once more and says where (whatsmeow
// mediaretry.go has the companion's half).
func (p *Phone) uploadAgain(n *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := text(n, "id")
	rmr, _ := n.GetOptionalChildByTag("rmr")
	answer := withAttr(notification("mediaretry", p.PN()), "id", id)
	details := []node{{Tag: "rmr", Attrs: rmr.Attrs}}
	if sealed, err := p.mediaRetry(id, n); err != nil {
		p.server.options.Log.Debug().Err(err).Str("message", id).Msg("Phone cannot upload a file again")
		details = append(details, node{Tag: "error", Attrs: attrs{"code": mediaNotOnPhone}})
	} else {
		details = append(details, sealed)
	}
	answer.Content = details
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if d := p.server.deviceOf(jidOf(n, "from")); d != nil && d.owner == p.owner && d.id != 0 {
		p.server.deliver(d, answer)
	}
}

// mediaRetry opens a companion's request, uploads the file of the message again and seals where it is. The caller holds the
// mutex.
func (p *Phone) mediaRetry(id string, n *node) (node, error) {
	i := slices.IndexFunc(p.log, func(m loggedMessage) bool { return m.id == id })
	if i < 0 {
		return node{}, ErrNoSuchMessage
	}
	entry, ok := p.inbox.find(p.chatName(p.log[i].chat), id)
	part := mediaOf(unwrap(p.log[i].content))
	if !ok || part == nil || entry.Media == nil || entry.Media.data == nil {
		return node{}, errors.New("message has no file")
	}
	key, err := hkdf.Key(sha256.New, part.file.GetMediaKey(), nil, "WhatsApp Media Retry Notification", 32)
	if err != nil {
		return node{}, err
	}
	aead, err := newGCM(key)
	if err != nil {
		return node{}, err
	}
	request, _ := n.GetOptionalChildByTag("encrypt")
	iv := childContent(&request, "enc_iv")
	if len(iv) != aead.NonceSize() {
		return node{}, errors.New("request has no nonce")
	}
	if _, err := aead.Open(nil, iv, childContent(&request, "enc_p"), []byte(id)); err != nil {
		return node{}, fmt.Errorf("open request: %w", err)
	}
	sealed, err := sealMedia(entry.Media.data, part.file.GetMediaKey(), part.crypto)
	if err != nil {
		return node{}, err
	}
	path := p.server.storeMedia(sealed, "application/octet-stream")
	plain, err := proto.Marshal(&waMmsRetry.MediaRetryNotification{
		StanzaID: &id, DirectPath: &path, Result: waMmsRetry.MediaRetryNotification_SUCCESS.Enum(),
	})
	if err != nil {
		return node{}, err
	}
	nonce := randomBytes(aead.NonceSize())
	return node{Tag: "encrypt", Content: []node{
		{Tag: "enc_p", Content: aead.Seal(nil, nonce, plain, []byte(id))}, {Tag: "enc_iv", Content: nonce},
	}}, nil
}

// toOwnPhone tells whether a receipt is addressed to the phone of the device that sent it.
func toOwnPhone(from *device, to types.JID) bool {
	return to.Device == 0 && (to.User == from.owner.number() || to.User == from.owner.lid.User)
}
