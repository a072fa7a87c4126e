package whatsapp

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// shows tells whether a message is something that people see in a chat, or changes something there. Others carry keys and
// settings between devices.
func shows(message *waE2E.Message) bool {
	if message == nil {
		return false
	}
	if protocol := message.GetProtocolMessage(); protocol != nil {
		switch protocol.GetType() {
		case waE2E.ProtocolMessage_REVOKE, waE2E.ProtocolMessage_MESSAGE_EDIT, waE2E.ProtocolMessage_EPHEMERAL_SETTING:
			return true
		}
		return false
	}
	if len(message.ProtoReflect().GetUnknown()) > 0 {
		return true // a kind newer than whatsmeow, whatever known fields go with it
	}
	shown := false
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		shown = !isSilent(field.Name())
		return !shown
	})
	return shown
}

// isSilent tells whether a field of waE2E.Message shows nothing by itself.
func isSilent(field protoreflect.Name) bool {
	switch field {
	case "messageContextInfo", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "keepInChatMessage",
		"stickerSyncRmrMessage", "albumMessage", "messageHistoryNotice", "messageHistoryBundle", "groupRootKeyShare",
		"rootSecretDistributeMessage":
		return true
	}
	return false
}
