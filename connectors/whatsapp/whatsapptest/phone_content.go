package whatsapptest

import (
	"crypto/sha256"
	"encoding/hex"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// file is what the kinds of media messages have in common.
type file interface {
	proto.Message
	GetDirectPath() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileLength() uint64
	GetMimetype() string
}

// mediaPart is a message's file with what an entry says about it.
type mediaPart struct {
	file    file
	crypto  whatsmeow.MediaType
	kind    string
	caption string
	name    string
	context *waE2E.ContextInfo
}

// mediaOf returns a message's file, or nil.
func mediaOf(m *waE2E.Message) *mediaPart {
	if x := m.GetImageMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaImage, kind: KindImage, caption: x.GetCaption(), context: x.GetContextInfo()}
	}
	if x := m.GetVideoMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaVideo, kind: KindVideo, caption: x.GetCaption(), context: x.GetContextInfo()}
	}
	if x := m.GetAudioMessage(); x != nil {
		kind := KindAudio
		if x.GetPTT() {
			kind = KindVoice
		}
		return &mediaPart{file: x, crypto: whatsmeow.MediaAudio, kind: kind, context: x.GetContextInfo()}
	}
	if x := m.GetDocumentMessage(); x != nil {
		return &mediaPart{
			file: x, crypto: whatsmeow.MediaDocument, kind: KindDocument, caption: x.GetCaption(), name: x.GetFileName(),
			context: x.GetContextInfo(),
		}
	}
	if x := m.GetStickerMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaImage, kind: KindSticker, context: x.GetContextInfo()}
	}
	return nil
}

// unwrap takes a message out of the envelopes that only say how to show it.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for {
		var next *waE2E.Message
		switch {
		case m.GetEphemeralMessage() != nil:
			next = m.GetEphemeralMessage().GetMessage()
		case m.GetViewOnceMessage() != nil:
			next = m.GetViewOnceMessage().GetMessage()
		case m.GetViewOnceMessageV2() != nil:
			next = m.GetViewOnceMessageV2().GetMessage()
		case m.GetDocumentWithCaptionMessage() != nil:
			next = m.GetDocumentWithCaptionMessage().GetMessage()
		case m.GetEditedMessage() != nil:
			next = m.GetEditedMessage().GetMessage()
		default:
			return m
		}
		m = next
	}
}

// applyContent takes a message into the inbox: as a new entry, or as a change to an old one. The caller holds the mutex.
func (p *Phone) applyContent(m message, wrapped *waE2E.Message) {
	content := unwrap(wrapped)
	if content == nil {
		return
	}
	chat := p.chatName(m.chat)
	if reaction := content.GetReactionMessage(); reaction != nil {
		p.applyReaction(m, chat, reaction)
		return
	}
	if protocol := content.GetProtocolMessage(); protocol != nil {
		p.applyProtocol(m, chat, protocol)
		return
	}
	entry := Entry{
		ID: m.id, Chat: chat, From: p.nameOf(m.from), FromMe: m.from.User == p.LID().User, Device: m.from.Device, Name: m.name, At: m.at,
	}
	if p.describe(&entry, content) && p.inbox.add(entry) {
		p.log = append(p.log, loggedMessage{m, wrapped})
	}
}

// describe fills in what an entry says, and reports whether there is anything to see.
func (p *Phone) describe(e *Entry, m *waE2E.Message) bool {
	var context *waE2E.ContextInfo
	media := mediaOf(m)
	switch {
	case media != nil:
		e.Kind, e.Text, context = media.kind, media.caption, media.context
		e.Media = p.fetch(media)
	case m.GetConversation() != "":
		e.Kind, e.Text = KindText, m.GetConversation()
	case m.GetExtendedTextMessage() != nil:
		e.Kind, e.Text, context = KindText, m.GetExtendedTextMessage().GetText(), m.GetExtendedTextMessage().GetContextInfo()
	case m.GetLocationMessage() != nil:
		e.Kind, e.Text, context = KindLocation, m.GetLocationMessage().GetName(), m.GetLocationMessage().GetContextInfo()
	case m.GetContactMessage() != nil:
		e.Kind, e.Text, context = KindContact, m.GetContactMessage().GetDisplayName(), m.GetContactMessage().GetContextInfo()
	case pollOf(m) != nil:
		e.Kind, e.Text, context = KindPoll, pollOf(m).GetName(), pollOf(m).GetContextInfo()
	case onlyKeys(m):
		return false
	default:
		e.Kind = KindOther
	}
	e.Quoted = context.GetStanzaID()
	return true
}

func pollOf(m *waE2E.Message) *waE2E.PollCreationMessage {
	for _, poll := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(),
	} {
		if poll != nil {
			return poll
		}
	}
	return nil
}

// onlyKeys says that a message hands out a sender key and has nothing else to say.
func onlyKeys(m *waE2E.Message) bool {
	rest := proto.Clone(m).(*waE2E.Message)
	rest.SenderKeyDistributionMessage, rest.MessageContextInfo = nil, nil
	return proto.Size(rest) == 0
}

// fetch downloads a file and checks it.
func (p *Phone) fetch(part *mediaPart) *Media {
	media := &Media{MIME: part.file.GetMimetype(), Name: part.name, Bytes: int(part.file.GetFileLength())}
	data, err := p.server.downloadMedia(part.file.GetDirectPath(), part.file.GetMediaKey(), part.file.GetFileSHA256(), part.crypto)
	if err != nil {
		media.Problem, media.SHA256 = err.Error(), hex.EncodeToString(part.file.GetFileSHA256())
		return media
	}
	sum := sha256.Sum256(data)
	media.Bytes, media.SHA256, media.data = len(data), hex.EncodeToString(sum[:]), data
	return media
}

func (p *Phone) applyReaction(m message, chat string, reaction *waE2E.ReactionMessage) {
	from := p.nameOf(m.from)
	known := p.inbox.change(chat, reaction.GetKey().GetID(), func(e *Entry) {
		if reaction.GetText() == "" {
			delete(e.Reactions, from)
			return
		}
		if e.Reactions == nil {
			e.Reactions = map[string]string{}
		}
		e.Reactions[from] = reaction.GetText()
	})
	if !known {
		p.notice(Notice{Kind: NoticeReaction, Chat: chat, From: from, Detail: reaction.GetText()})
	}
}

// applyProtocol handles edits and deletions: by the author, or by a group's admin.
func (p *Phone) applyProtocol(m message, chat string, protocol *waE2E.ProtocolMessage) {
	from, byAdmin := p.nameOf(m.from), p.server.isAdmin(m.chat, m.from)
	switch protocol.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		p.inbox.change(chat, protocol.GetKey().GetID(), func(e *Entry) {
			if e.From == from || byAdmin {
				e.Deleted, e.Text, e.Media = true, "", nil
			}
		})
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		inner := unwrap(protocol.GetEditedMessage())
		text := inner.GetConversation()
		if extended := inner.GetExtendedTextMessage(); extended != nil {
			text = extended.GetText()
		} else if media := mediaOf(inner); media != nil {
			text = media.caption
		}
		p.inbox.change(chat, protocol.GetKey().GetID(), func(e *Entry) {
			if e.From == from && !e.Deleted {
				e.Edited, e.Text = true, text
			}
		})
	}
}
