package whatsapptest

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
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
	facts   Media // what the sender says of it
}

// mediaOf returns a message's file, or nil.
func mediaOf(m *waE2E.Message) *mediaPart {
	if x := m.GetImageMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaImage, kind: KindImage, caption: x.GetCaption(), facts: Media{
			Width: x.GetWidth(), Height: x.GetHeight(), Thumbnail: x.GetJPEGThumbnail(),
		}}
	}
	if x := m.GetVideoMessage(); x != nil {
		kind := KindVideo
		if x.GetGifPlayback() {
			kind = KindGIF
		}
		return videoPart(x, kind)
	}
	if x := m.GetPtvMessage(); x != nil {
		return videoPart(x, KindVideoNote)
	}
	if x := m.GetAudioMessage(); x != nil {
		kind := KindAudio
		if x.GetPTT() {
			kind = KindVoice
		}
		return &mediaPart{file: x, crypto: whatsmeow.MediaAudio, kind: kind, facts: Media{
			Seconds: x.GetSeconds(), Waveform: x.GetWaveform(),
		}}
	}
	if x := m.GetDocumentMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaDocument, kind: KindDocument, caption: x.GetCaption(), facts: Media{
			Name: x.GetFileName(), Thumbnail: x.GetJPEGThumbnail(),
		}}
	}
	if x := m.GetStickerMessage(); x != nil {
		return &mediaPart{file: x, crypto: whatsmeow.MediaImage, kind: KindSticker, facts: Media{
			Width: x.GetWidth(), Height: x.GetHeight(), Animated: x.GetIsAnimated() || x.GetIsLottie(), Thumbnail: x.GetPngThumbnail(),
		}}
	}
	return nil
}

func videoPart(x *waE2E.VideoMessage, kind string) *mediaPart {
	return &mediaPart{file: x, crypto: whatsmeow.MediaVideo, kind: kind, caption: x.GetCaption(), facts: Media{
		Width: x.GetWidth(), Height: x.GetHeight(), Seconds: x.GetSeconds(), Thumbnail: x.GetJPEGThumbnail(),
	}}
}

// payloadOf returns the field that says what a message is, beside those that only go with it.
func payloadOf(m *waE2E.Message) (field protoreflect.FieldDescriptor, part protoreflect.Message) {
	m.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch f.Name() {
		case "messageContextInfo", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage":
			return true
		}
		field = f
		if f.Message() != nil {
			part = value.Message()
		}
		return false
	})
	return field, part
}

// unwrap takes a message out of the envelopes that only say how to show it, of which there are more and more.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for {
		_, part := payloadOf(m)
		if part == nil {
			return m
		}
		envelope, ok := part.Interface().(*waE2E.FutureProofMessage)
		if !ok || envelope.GetMessage() == nil {
			return m
		}
		m = envelope.GetMessage()
	}
}

// viewedOnce tells whether a message is to be seen once, by its envelope or its own mark.
func viewedOnce(m *waE2E.Message) bool {
	if inner := m.GetEphemeralMessage().GetMessage(); inner != nil {
		m = inner
	}
	if m.GetViewOnceMessage() != nil || m.GetViewOnceMessageV2() != nil || m.GetViewOnceMessageV2Extension() != nil {
		return true
	}
	return m.GetImageMessage().GetViewOnce() || m.GetVideoMessage().GetViewOnce() || m.GetAudioMessage().GetViewOnce()
}

// contextOf returns the context of what a message carries (what it quotes, whom it mentions), or nil.
func contextOf(m *waE2E.Message) *waE2E.ContextInfo {
	_, part := payloadOf(m)
	if part == nil {
		return nil
	}
	field := part.Descriptor().Fields().ByName("contextInfo")
	if field == nil || !part.Has(field) {
		return nil
	}
	context, _ := part.Get(field).Message().Interface().(*waE2E.ContextInfo)
	return context
}

// applyContent takes a message into the inbox: as a new entry, or as a change to an old one. The caller holds the mutex.
func (p *Phone) applyContent(m message, wrapped *waE2E.Message) {
	content := unwrap(wrapped)
	if content == nil || p.applyChange(m, content) {
		return
	}
	entry := Entry{
		ID: m.id, Chat: p.chatName(m.chat), From: p.nameOf(m.from), FromMe: p.isOwn(m.from), Device: m.from.Device,
		Name: m.name, At: m.at, ViewOnce: viewedOnce(wrapped),
	}
	if !p.describe(&entry, content) {
		return
	}
	if info := contextOf(content); info.GetExpiration() > 0 {
		p.learnTimer(m.chat, info.GetExpiration(), info.GetEphemeralSettingTimestamp())
	}
	if p.inbox.add(entry) {
		p.log = append(p.log, loggedMessage{message: m, content: wrapped})
	}
}

// applyChange handles a message about another one, and reports whether it was such. The caller holds the mutex.
func (p *Phone) applyChange(m message, content *waE2E.Message) bool {
	switch {
	case content.GetReactionMessage() != nil:
		p.applyReaction(m, content.GetReactionMessage())
	case content.GetProtocolMessage() != nil:
		p.applyProtocol(m, content.GetProtocolMessage())
	case content.GetPollUpdateMessage() != nil:
		p.applyVote(m, content.GetPollUpdateMessage())
	case content.GetEncEventResponseMessage() != nil:
		p.applyEventAnswer(m, content.GetEncEventResponseMessage())
	case content.GetLiveLocationMessage() != nil:
		return p.applyLivePosition(m, content.GetLiveLocationMessage())
	default:
		return false
	}
	return true
}

// isOwn tells whether a device is one of the owner's.
func (p *Phone) isOwn(jid types.JID) bool { return jid.User == p.LID().User || jid.User == p.Number() }

// describe fills in what an entry says, and reports whether there is anything to see.
func (p *Phone) describe(e *Entry, m *waE2E.Message) bool {
	field, _ := payloadOf(m)
	if field == nil {
		return false
	}
	e.Type = string(field.Name())
	context := contextOf(m)
	e.Quoted, e.Forwarded, e.Timer = context.GetStanzaID(), context.GetIsForwarded(), context.GetExpiration()
	for _, mentioned := range context.GetMentionedJID() {
		if jid, err := types.ParseJID(mentioned); err == nil {
			e.Mentions = append(e.Mentions, p.nameOf(jid))
		}
	}
	media := mediaOf(m)
	switch {
	case media != nil:
		e.Kind, e.Text, e.Media = media.kind, media.caption, p.fetch(media)
	case m.GetConversation() != "":
		e.Kind, e.Text = KindText, m.GetConversation()
	case m.GetExtendedTextMessage() != nil:
		e.Kind, e.Text, e.Preview = KindText, m.GetExtendedTextMessage().GetText(), previewOf(m.GetExtendedTextMessage())
	case locationOf(m) != nil:
		e.Kind, e.Location = KindLocation, locationOf(m)
		e.Text = e.Location.Name
	case m.GetContactMessage() != nil:
		e.Kind, e.Text = KindContact, m.GetContactMessage().GetDisplayName()
		e.Contacts = []ContactCard{cardOf(m.GetContactMessage())}
	case m.GetContactsArrayMessage() != nil:
		e.Kind, e.Text = KindContact, m.GetContactsArrayMessage().GetDisplayName()
		for _, card := range m.GetContactsArrayMessage().GetContacts() {
			e.Contacts = append(e.Contacts, cardOf(card))
		}
	case pollOf(m) != nil:
		e.Kind, e.Text, e.Poll = KindPoll, pollOf(m).GetName(), describePoll(pollOf(m))
	case m.GetEventMessage() != nil:
		e.Kind, e.Text, e.Event = KindEvent, m.GetEventMessage().GetName(), describeEvent(m.GetEventMessage())
	case m.GetGroupInviteMessage() != nil:
		e.Kind, e.Text, e.Invite = KindInvite, m.GetGroupInviteMessage().GetCaption(), inviteOf(m.GetGroupInviteMessage())
	default:
		e.Kind = KindOther
	}
	return true
}

func previewOf(m *waE2E.ExtendedTextMessage) *Preview {
	if m.GetMatchedText() == "" {
		return nil
	}
	return &Preview{URL: m.GetMatchedText(), Title: m.GetTitle(), Description: m.GetDescription(), Thumbnail: m.GetJPEGThumbnail()}
}

func locationOf(m *waE2E.Message) *Location {
	if x := m.GetLiveLocationMessage(); x != nil {
		return &Location{
			Latitude: x.GetDegreesLatitude(), Longitude: x.GetDegreesLongitude(), Name: x.GetCaption(), Live: true,
			Sequence: x.GetSequenceNumber(), Elapsed: x.GetTimeOffset(),
		}
	}
	return placeOf(m.GetLocationMessage())
}

func placeOf(x *waE2E.LocationMessage) *Location {
	if x == nil {
		return nil
	}
	return &Location{
		Latitude: x.GetDegreesLatitude(), Longitude: x.GetDegreesLongitude(), Name: x.GetName(), Address: x.GetAddress(),
		Live: x.GetIsLive(),
	}
}

func cardOf(m *waE2E.ContactMessage) ContactCard {
	return ContactCard{Name: m.GetDisplayName(), VCard: m.GetVcard()}
}

func describeEvent(m *waE2E.EventMessage) *Event {
	return &Event{
		Name: m.GetName(), Description: m.GetDescription(), Start: time.Unix(m.GetStartTime(), 0), Place: placeOf(m.GetLocation()),
		JoinLink: m.GetJoinLink(), Canceled: m.GetIsCanceled(),
	}
}

func inviteOf(m *waE2E.GroupInviteMessage) *GroupInvite {
	return &GroupInvite{
		Group: m.GetGroupJID(), Subject: m.GetGroupName(), Code: m.GetInviteCode(), Expires: time.Unix(m.GetInviteExpiration(), 0),
	}
}

// fetch downloads a file and checks it.
func (p *Phone) fetch(part *mediaPart) *Media {
	media := part.facts
	media.MIME, media.Bytes = part.file.GetMimetype(), int(part.file.GetFileLength())
	data, err := p.server.downloadMedia(part.file.GetDirectPath(), part.file.GetMediaKey(), part.file.GetFileSHA256(), part.crypto)
	if err != nil {
		media.Problem, media.SHA256 = err.Error(), hex.EncodeToString(part.file.GetFileSHA256())
		return &media
	}
	sum := sha256.Sum256(data)
	media.Bytes, media.SHA256, media.data = len(data), hex.EncodeToString(sum[:]), data
	return &media
}

func (p *Phone) applyReaction(m message, reaction *waE2E.ReactionMessage) {
	chat, from := p.chatName(m.chat), p.nameOf(m.from)
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
func (p *Phone) applyProtocol(m message, protocol *waE2E.ProtocolMessage) {
	chat, from, byAdmin := p.chatName(m.chat), p.nameOf(m.from), p.server.isAdmin(m.chat, m.from)
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
		edited := false
		p.inbox.change(chat, protocol.GetKey().GetID(), func(e *Entry) {
			if e.From == from && !e.Deleted {
				e.Edited, e.Text, edited = true, text, true
			}
		})
		if i := p.indexOf(m.chat, protocol.GetKey().GetID()); edited && i >= 0 {
			p.log[i].edited = protocol.GetEditedMessage()
		}
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		p.learnTimer(m.chat, protocol.GetEphemeralExpiration(), protocol.GetEphemeralSettingTimestamp())
	}
}
