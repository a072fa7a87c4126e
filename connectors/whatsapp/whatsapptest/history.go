package whatsapptest

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// ShareHistory says how the phone sends its chats to every companion that it links from now on; nil: it does not. By default it
// sends them all at once, inline.
func (p *Phone) ShareHistory(on *HistoryOnLink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onLink = on
}

// SendHistory sends a history sync to a companion: inline or as media.
func (p *Phone) SendHistory(ctx context.Context, companion uint16, history *waHistorySync.HistorySync, inline bool) error {
	d, err := p.companion(companion)
	if err != nil {
		return fmt.Errorf("send history: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sendHistory(ctx, d, history, inline, "")
}

func (p *Phone) companion(id uint16) (d *device, err error) {
	err = p.withCompanion(id, func(found *device) error {
		d = found
		return nil
	})
	return d, err
}

// sendHistory compresses a history sync and refers a companion to it. The caller holds the mutex.
func (p *Phone) sendHistory(ctx context.Context, to *device, history *waHistorySync.HistorySync, inline bool, request string) error {
	raw, err := proto.Marshal(history)
	if err != nil {
		return fmt.Errorf("marshal history: %w", err)
	}
	var deflated bytes.Buffer
	deflater := zlib.NewWriter(&deflated)
	if _, err := deflater.Write(raw); err != nil {
		return err
	}
	if err := deflater.Close(); err != nil {
		return err
	}
	news := &waE2E.HistorySyncNotification{
		SyncType: waE2E.HistorySyncType(history.GetSyncType()).Enum(), ChunkOrder: history.ChunkOrder, Progress: history.Progress,
	}
	if request != "" {
		news.PeerDataRequestSessionID = &request
	}
	if inline {
		news.InitialHistBootstrapInlinePayload = deflated.Bytes()
	} else {
		media, err := p.server.uploadMedia(deflated.Bytes(), whatsmeow.MediaHistory)
		if err != nil {
			return err
		}
		news.DirectPath, news.MediaKey, news.FileLength = &media.directPath, media.key, &media.length
		news.FileSHA256, news.FileEncSHA256 = media.sum, media.encryptedSum
	}
	return p.sendPeer(ctx, to, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: news,
	})
}

// History returns the phone's chats as a companion gets them when it is linked: newest message first, with the numbers and
// names of the people in them.
func (p *Phone) History() *waHistorySync.HistorySync {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.history()
}

func (p *Phone) history() *waHistorySync.HistorySync {
	history := &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), ChunkOrder: proto.Uint32(0), Progress: proto.Uint32(100),
	}
	chats := map[types.JID]*waHistorySync.Conversation{}
	for i, logged := range slices.Backward(p.log) {
		if logged.chat == types.StatusBroadcastJID {
			history.StatusV3Messages = append(history.StatusV3Messages, p.webMessage(logged))
			continue
		} else if p.hidden(logged) {
			continue
		}
		chat := chats[logged.chat]
		if chat == nil {
			chat = &waHistorySync.Conversation{
				ID: proto.String(p.server.directName(logged.chat).String()), LastMsgTimestamp: proto.Uint64(uint64(logged.at.Unix())),
				ConversationTimestamp: proto.Uint64(uint64(logged.at.Unix())),
			}
			p.describeChat(chat, logged.chat)
			chat.EndOfHistoryTransferType = endOfHistory(false)
			chats[logged.chat] = chat
			history.Conversations = append(history.Conversations, chat)
		}
		chat.Messages = append(chat.Messages, &waHistorySync.HistorySyncMsg{Message: p.webMessage(logged), MsgOrderID: proto.Uint64(uint64(i + 1))})
	}
	for _, other := range p.server.People() {
		history.PhoneNumberToLidMappings = append(history.PhoneNumberToLidMappings, &waHistorySync.PhoneNumberToLIDMapping{
			PnJID: proto.String(other.PN().String()), LidJID: proto.String(other.LID().String()),
		})
		history.Pushnames = append(history.Pushnames, &waHistorySync.Pushname{
			ID: proto.String(other.LID().String()), Pushname: proto.String(other.Name()),
		})
	}
	return history
}

// hidden tells whether the owner has deleted a message for themself. The caller holds the mutex.
func (p *Phone) hidden(m loggedMessage) bool {
	entry, ok := p.inbox.find(p.chatName(m.chat), m.id)
	return ok && entry.Hidden
}

// welcome gives a new companion what it needs: the app-state key and, if the owner shares them, the chats. They wait in its
// queue until it has logged in.
func (p *Phone) welcome(ctx context.Context, d *device) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.shareStateKey(ctx, d); err != nil {
		return err
	}
	if p.onLink == nil {
		return nil
	}
	chunks := p.onLink.chunks(p)
	now := len(chunks)
	if p.onLink.Halt {
		now = min(now, 1)
	}
	p.pending = chunks[now:]
	return p.sendChunks(ctx, d, chunks[:now])
}

// sendChunks sends parts of the history to a companion. The caller holds the mutex.
func (p *Phone) sendChunks(ctx context.Context, d *device, chunks []*waHistorySync.HistorySync) error {
	for _, chunk := range chunks {
		if err := p.sendHistory(ctx, d, chunk, p.onLink.Inline, ""); err != nil {
			return err
		}
	}
	return nil
}

// ContinueHistory sends up to count of the chunks that a halted history still has to a companion (see [HistoryOnLink]), and
// tells how many are left.
func (p *Phone) ContinueHistory(ctx context.Context, companion uint16, count int) (left int, err error) {
	d, err := p.companion(companion)
	if err != nil {
		return 0, fmt.Errorf("continue history: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := min(count, len(p.pending))
	if err := p.sendChunks(ctx, d, p.pending[:now]); err != nil {
		return 0, fmt.Errorf("continue history: %w", err)
	}
	p.pending = p.pending[now:]
	return len(p.pending), nil
}

// HistoryRequests lists the requests for older messages that have reached the phone, answered or not.
func (p *Phone) HistoryRequests() []*waE2E.PeerDataOperationRequestMessage_HistorySyncOnDemandRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.historyAsked)
}

// takePeer handles what an own companion asks the phone for, and reports whether the message was such. The caller holds the
// mutex.
func (p *Phone) takePeer(ctx context.Context, m message, asked *waE2E.ProtocolMessage) bool {
	d, err := p.companion(m.from.Device)
	if asked == nil || err != nil {
		return false
	}
	switch asked.GetType() {
	case waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_REQUEST:
		err = p.shareStateKey(ctx, d)
	case waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_MESSAGE:
		err = p.answerPeer(ctx, d, m.id, asked.GetPeerDataOperationRequestMessage())
	default:
		return false
	}
	if err != nil {
		p.server.options.Log.Debug().Err(err).Msg("Phone cannot answer its companion")
	}
	return true
}

// answerPeer answers a request for messages that a companion could not read, or for older ones. The caller holds the mutex.
func (p *Phone) answerPeer(ctx context.Context, d *device, request string, asked *waE2E.PeerDataOperationRequestMessage) error {
	switch asked.GetPeerDataOperationRequestType() {
	case waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND:
		return p.resend(ctx, d, request, asked)
	case waE2E.PeerDataOperationRequestType_HISTORY_SYNC_ON_DEMAND:
		p.historyAsked = append(p.historyAsked, proto.Clone(asked.GetHistorySyncOnDemandRequest()).(*historyOnDemandAsk))
		return p.sendHistory(ctx, d, p.olderThan(asked.GetHistorySyncOnDemandRequest()), false, request)
	}
	return nil
}

type (
	peerResponse       = waE2E.PeerDataOperationRequestResponseMessage
	peerResult         = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult
	placeholderAnswer  = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse
	historyOnDemandAsk = waE2E.PeerDataOperationRequestMessage_HistorySyncOnDemandRequest
)

// resend gives a companion the messages that the phone has of those that it asks for. The caller holds the mutex.
func (p *Phone) resend(ctx context.Context, d *device, request string, asked *waE2E.PeerDataOperationRequestMessage) error {
	var results []*peerResult
	for _, placeholder := range asked.GetPlaceholderMessageResendRequest() {
		i := slices.IndexFunc(p.log, func(m loggedMessage) bool { return m.id == placeholder.GetMessageKey().GetID() })
		if i < 0 || viewedOnce(p.log[i].content) { // those are for the phone alone
			continue
		}
		raw, err := proto.Marshal(p.webMessage(p.log[i]))
		if err != nil {
			return err
		}
		results = append(results, &peerResult{PlaceholderMessageResendResponse: &placeholderAnswer{WebMessageInfoBytes: raw}})
	}
	if len(results) == 0 {
		return nil
	}
	return p.sendPeer(ctx, d, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
		PeerDataOperationRequestResponseMessage: &peerResponse{
			PeerDataOperationRequestType: waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND.Enum(),
			StanzaID:                     &request, PeerDataOperationResult: results,
		},
	})
}

// mostOnDemand is how many messages a phone gives at a time, whatever it is asked for.
const mostOnDemand = 50

// olderThan returns the messages of a chat before one that the companion names, newest first. The caller holds the mutex.
func (p *Phone) olderThan(asked *historyOnDemandAsk) *waHistorySync.HistorySync {
	most := min(int(asked.GetOnDemandMsgCount()), mostOnDemand)
	chat := &waHistorySync.Conversation{ID: proto.String(asked.GetChatJID())}
	jid, err := types.ParseJID(asked.GetChatJID())
	if err == nil {
		jid = p.asLID(jid)
	}
	found, more := false, false
	for _, logged := range slices.Backward(p.log) {
		switch {
		case logged.chat != jid, p.hidden(logged):
		case logged.id == asked.GetOldestMsgID():
			found = true
		case found && len(chat.Messages) < most:
			chat.Messages = append(chat.Messages, &waHistorySync.HistorySyncMsg{Message: p.webMessage(logged)})
		case found:
			more = true
		}
	}
	chat.EndOfHistoryTransferType = endOfHistory(more)
	return &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_ON_DEMAND.Enum(), ChunkOrder: proto.Uint32(0), Progress: proto.Uint32(100),
		Conversations: []*waHistorySync.Conversation{chat},
	}
}
