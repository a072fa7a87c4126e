package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/id"
)

// Identifiers, as the databases hold them and bridgev2 sees them. None holds a phone number.
//
//	person, login   the user part of the LID: "84512345678901"
//	direct chat     the contact's LID: "84512345678901@lid"
//	group           the group's JID: "120363025246125486@g.us"; an old group, whose JID begins with its founder's phone
//	                number, has a digest in its place: "old-0a1b2c3d4e5f60718293@g.us"
//	status posts    "status@broadcast"
//	message         chat, sender and WhatsApp's own ID, which is unique for one sender in one chat only:
//	                "84512345678901@lid:84512345678901:3EB0C767D097B7C7C030"

// isLIDUser tells whether user has the shape of a LID's user part: digits.
func isLIDUser(user string) bool {
	if user == "" || len(user) > 20 {
		return false
	}
	return strings.Trim(user, "0123456789") == ""
}

func userID(lid types.JID) networkid.UserID { return networkid.UserID(lid.User) }

func loginID(lid types.JID) networkid.UserLoginID { return networkid.UserLoginID(lid.User) }

func lidOf[ID ~string](person ID) types.JID {
	return types.NewJID(string(person), types.HiddenUserServer)
}

// oldGroup begins the identifiers of groups whose JID holds a phone number.
const oldGroup = "old-"

// portalID names a chat. chat is a LID or a group's JID.
func portalID(chat types.JID) networkid.PortalID {
	if founder, _, old := strings.Cut(chat.User, "-"); old && chat.Server == types.GroupServer && founder != "" {
		digest := sha256.Sum256([]byte(chat.User))
		return networkid.PortalID(oldGroup + hex.EncodeToString(digest[:10]) + "@" + types.GroupServer)
	}
	return networkid.PortalID(chat.ToNonAD().String())
}

// errUnknownChat is the error of an identifier that names no chat that can be written to.
var errUnknownChat = errors.New("not a WhatsApp chat")

// chatOf returns the JID that a portal's identifier stands for. The JID of an old group is kept in the portal's metadata.
func chatOf(portal networkid.PortalID, metadata *PortalMetadata) (types.JID, error) {
	if strings.HasPrefix(string(portal), oldGroup) {
		if metadata == nil || metadata.Group.IsEmpty() {
			return types.EmptyJID, fmt.Errorf("%w: the group of %q is not known", errUnknownChat, portal)
		}
		return metadata.Group, nil
	}
	user, server, ok := strings.Cut(string(portal), "@")
	switch {
	case ok && server == types.HiddenUserServer && isLIDUser(user):
	case ok && server == types.GroupServer && isLIDUser(user):
	case isPostsRoom(portal):
	default:
		return types.EmptyJID, fmt.Errorf("%w: %q", errUnknownChat, portal)
	}
	return types.NewJID(user, server), nil
}

// portalKey names the room of a chat: a direct chat has one for each login, a group has one.
func portalKey(chat types.JID, login networkid.UserLoginID) networkid.PortalKey {
	key := networkid.PortalKey{ID: portalID(chat)}
	if chat.Server != types.GroupServer {
		key.Receiver = login
	}
	return key
}

// messageID names a message.
type messageID struct {
	chat   networkid.PortalID
	sender networkid.UserID
	id     types.MessageID
}

func (m messageID) String() string { return fmt.Sprintf("%s:%s:%s", m.chat, m.sender, m.id) }

func (m messageID) networkID() networkid.MessageID { return networkid.MessageID(m.String()) }

// placeholder names the notice that stands for m while m cannot be read. No ID of WhatsApp's has a dot.
func (m messageID) placeholder() messageID {
	m.id = "waiting." + m.id
	return m
}

// isOurs tells whether m names a notice of ours that stands for something: WhatsApp does not know it.
func (m messageID) isOurs() bool { return strings.Contains(m.id, ".") }

func parseMessageID(id networkid.MessageID) (messageID, error) {
	parts := strings.SplitN(string(id), ":", 3)
	if len(parts) != 3 || parts[0] == "" || !isLIDUser(parts[1]) || parts[2] == "" {
		return messageID{}, fmt.Errorf("not a WhatsApp message: %q", id)
	}
	return messageID{chat: networkid.PortalID(parts[0]), sender: networkid.UserID(parts[1]), id: parts[2]}, nil
}

// outgoingID derives the ID under which a Matrix event is sent, so that sending it again is no second message. It has the
// shape of the IDs that WhatsApp's web client makes (whatsmeow/send.go, GenerateMessageID).
func outgoingID(event id.EventID) types.MessageID {
	digest := sha256.Sum256([]byte("passerelle/whatsapp/" + event.String()))
	return whatsmeow.WebMessageIDPrefix + strings.ToUpper(hex.EncodeToString(digest[:9]))
}
