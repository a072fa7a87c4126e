package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/emersion/go-vcard"
	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/card"
)

// contact is a contact card (Bot API, Contact).
type contact struct {
	PhoneNumber string `json:"phone_number"`
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name,omitempty"`
	VCard       string `json:"vcard,omitempty"`
}

func (c contact) name() string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

// vcard is the card as a file: the sender's, or one of what Telegram tells.
func (c contact) vcard() string {
	if source := strings.TrimSpace(c.VCard); source != "" {
		if read, err := card.Read(strings.NewReader(source)); err == nil && len(read) > 0 {
			return source
		}
	}
	made := vcard.Card{}
	made.SetValue(vcard.FieldVersion, "3.0")
	made.SetValue(vcard.FieldFormattedName, c.name())
	made.SetName(&vcard.Name{GivenName: c.FirstName, FamilyName: c.LastName})
	made.SetValue(vcard.FieldTelephone, c.PhoneNumber)
	var out bytes.Buffer
	if vcard.NewEncoder(&out).Encode(made) != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// contactIn is a contact card: its words, and a file that address books read.
func contactIn(c *contact) content {
	file := strings.ToValidUTF8(c.vcard(), "\uFFFD")
	said := joinLines(c.name(), c.PhoneNumber)
	if read, err := card.Read(strings.NewReader(file)); err == nil && len(read) > 0 {
		said = read[0].Said(c.name())
	}
	said = strings.ToValidUTF8(said, "\uFFFD")
	name := path.Base(strings.ReplaceAll(c.name(), `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		name = "contact"
	}
	out := &event.MessageEventContent{MsgType: event.MsgFile, Body: said, FileName: name + ".vcf",
		Info: &event.FileInfo{MimeType: card.Type, Size: len(file)}}
	if said == "" {
		out.Body = out.FileName
	}
	return content{kind: portal.KindContact, text: said, eventType: event.EventMessage, event: out, card: []byte(file)}
}

const (
	// largestContact bounds a file of contact cards that is read, in bytes. Some hold a picture.
	largestContact = 256 << 10
	// mostVCard bounds what goes out as a card, in bytes (Bot API, sendContact, vcard).
	mostVCard = 2048
	// mostCards is how many cards of a file go out as such, each a message of its own.
	mostCards = 10
)

// contactOut is a file of contact cards in Telegram's own kind; nil when Telegram has none for it: a card has a name and a number,
// and a picture is too large. Then it is a file like any other.
func contactOut(source string, on occasion) *outgoing {
	cards, err := card.Read(strings.NewReader(source))
	parts := card.Split(source)
	if err != nil || len(cards) == 0 || len(cards) != len(parts) || len(cards) > mostCards {
		return nil
	}
	out := &outgoing{kind: portal.KindContact, answers: on.answers, preface: on.by.alone(), card: source}
	var said []string
	for i, each := range cards {
		params := tgbotapi.Params{"vcard": parts[i], "first_name": each.Given, "last_name": each.Family}
		if each.Given == "" {
			params["first_name"], params["last_name"] = each.Name, ""
		}
		if len(each.Numbers) == 0 || params["first_name"] == "" || len(parts[i]) > mostVCard {
			return nil
		}
		params["phone_number"] = each.Numbers[0]
		out.calls = append(out.calls, call{"sendContact", params})
		said = append(said, each.Said(""))
	}
	out.text = strings.Join(said, "\n\n")
	return out
}

// cardSource is what the bot must be able to do beside bridgev2.MatrixAPI, which knows no way to read a file but whole.
type cardSource interface {
	// DownloadMediaTo writes a file, decrypted. It may be used once it has returned nil.
	DownloadMediaTo(ctx context.Context, uri id.ContentURIString, key *event.EncryptedFileInfo, into io.Writer) error
}

// errLargeCard is the error of a file that is too large for contact cards.
var errLargeCard = errors.New("too large for contact cards")

// bounded is a file of contact cards that grows no larger than they may be.
type bounded struct{ bytes.Buffer }

// Write adds to it (see [io.Writer]).
func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > largestContact {
		return 0, errLargeCard
	}
	return b.Buffer.Write(data)
}

// cardOf reads a Matrix file of contact cards; "": it is none that is read as such. An error is one of fetching it.
func (a *account) cardOf(ctx context.Context, content *event.MessageEventContent) (string, error) {
	if content.MsgType != event.MsgFile || !card.IsFile(content) || content.GetCaption() != "" || content.Info != nil && content.Info.Size > largestContact {
		return "", nil
	}
	source, ok := a.connector.bridge.Bot.(cardSource)
	if !ok {
		return "", fmt.Errorf("%T reads no files", a.connector.bridge.Bot)
	}
	var file bounded
	switch err := source.DownloadMediaTo(ctx, content.URL, content.File, &file); {
	case errors.Is(err, errLargeCard):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("fetch a contact card: %w", err)
	}
	return file.String(), nil
}
