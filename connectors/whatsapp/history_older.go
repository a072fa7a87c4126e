package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/portal"
	"passerelle/portal/handover"
)

// Older messages come when somebody asks for them: the phone gives the ones before a message that it is told
// (whatsmeow/send.go, BuildHistorySyncRequest), in a chunk of its own.
//
// They stand in a thread, below a notice of the bot that says from when they are. A Matrix room grows at its end only, so they
// cannot stand above what is there; as a block at the end they would part what is being written now, and lie between it for
// ever. A thread is one line there: who wants to read it opens it beside the room, in order and with its dates, answers and
// reactions within it work, and the next page is a thread of its own. Programs without threads show the block.
//
// The notice has a row among bridgev2's messages, older than the page: it is the room's oldest message then, and says where to
// go on.

const (
	// mostOlder is how many messages phones give at a time, whatever they are asked for.
	mostOlder = 50
	// olderPatience is how long the phone may take for an answer before it is asked under the chat's other name, and after that
	// before its owner is told to open it.
	olderPatience = 30 * time.Second
	// olderLane begins the names of the lanes of older messages: nobody's live messages wait for them.
	olderLane = "older:"
)

// olderAnchor is the message before which older ones are asked for.
type olderAnchor struct {
	ID     types.MessageID `json:"id"`
	FromMe bool            `json:"from_me,omitempty"`
	At     time.Time       `json:"at"`
}

// olderRequest is what the phone has been asked.
type olderRequest struct {
	ID     types.MessageID `json:"id"`
	Chat   types.JID       `json:"chat"`
	Count  int             `json:"count"`
	At     time.Time       `json:"at"`
	Before olderAnchor     `json:"before"`
	Told   bool            `json:"told,omitempty"` // the phone did not answer, and its owner knows
}

// thread names the notice below which the answer stands. Like a placeholder's it has a dot, which no ID of WhatsApp's has.
func (r *olderRequest) thread() types.MessageID { return "older." + r.ID }

// olderPage is what came of a request.
type olderPage struct {
	Silent bool        `json:"silent,omitempty"` // the phone has not answered; then nothing else is set but Before
	From   time.Time   `json:"from,omitzero"`
	To     time.Time   `json:"to,omitzero"`
	Shown  int         `json:"shown,omitempty"` // messages
	More   bool        `json:"more,omitempty"`  // the phone has still older ones
	Before olderAnchor `json:"before"`          // where to go on
}

// asked returns what the phone has been asked about a chat and has not answered.
func (a *account) asked(chat networkid.PortalID) (olderRequest, bool) {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	request, ok := a.login.Metadata.(*LoginMetadata).Asked[chat]
	return request, ok
}

// noteAsked keeps a request; nil: it is answered.
func (a *account) noteAsked(ctx context.Context, chat networkid.PortalID, request *olderRequest) error {
	err := a.keep(ctx, func(kept *LoginMetadata) {
		if request == nil {
			delete(kept.Asked, chat)
			return
		}
		if kept.Asked == nil {
			kept.Asked = map[networkid.PortalID]olderRequest{}
		}
		kept.Asked[chat] = *request
	})
	if err != nil {
		return fmt.Errorf("note what the phone is asked: %w", err)
	}
	return nil
}

// ask sends a request to the phone.
func (a *account) ask(ctx context.Context, request *olderRequest, chat types.JID, as types.MessageID) error {
	client := a.current()
	if client == nil || !client.IsConnected() {
		return whatsmeow.ErrNotConnected
	}
	about := &types.MessageInfo{ID: request.Before.ID, Timestamp: request.Before.At,
		MessageSource: types.MessageSource{Chat: chat, IsFromMe: request.Before.FromMe}}
	own := client.Store.GetJID().ToNonAD()
	_, err := client.SendMessage(ctx, own, client.BuildHistorySyncRequest(about, request.Count),
		whatsmeow.SendRequestExtra{ID: as, Peer: true, Timeout: olderPatience})
	if err != nil {
		return fmt.Errorf("ask the phone for older messages: %w", err)
	}
	return nil
}

// awaitOlder waits for the phone's answer. Under which of its two names the phone knows a direct chat cannot be seen from
// here: it is asked by number after it has not answered by LID. When it does not answer that either, people are told.
func (a *account) awaitOlder(ctx context.Context, chat networkid.PortalID, asked olderRequest) {
	for attempt := range 2 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(a.connector.olderWait):
		}
		request, waits := a.asked(chat)
		switch {
		case !waits || request.ID != asked.ID || request.Told:
			return
		case attempt == 0:
			if err := a.askByNumber(ctx, &request); err != nil {
				a.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("The phone is not asked again for older messages")
			}
		default:
			if err := a.phoneIsSilent(ctx, chat, &request); err != nil {
				a.log.Err(err).Msg("That the phone does not answer could not be said; it is after the next start")
			}
		}
	}
}

func (a *account) askByNumber(ctx context.Context, request *olderRequest) error {
	if request.Chat.Server == types.GroupServer {
		return nil
	}
	number, err := a.phone(ctx, request.Chat)
	if err != nil || number == "" {
		return err
	}
	return a.ask(ctx, request, types.NewJID(number, types.DefaultUserServer), outgoingID(id.EventID("number/"+request.ID)))
}

// phoneIsSilent has people told that the phone does not answer. Its answer is welcome later, too.
func (a *account) phoneIsSilent(ctx context.Context, chat networkid.PortalID, request *olderRequest) error {
	notice := a.olderNotice(request, &olderPage{Silent: true, Before: request.Before})
	notice.ID += ".silent"
	if err := a.connector.border.Inbox.Put(ctx, a.stored(ctx, []*arrival{notice})...); err != nil {
		return err
	}
	request.Told = true
	return a.noteAsked(ctx, chat, request)
}

// resumeOlder waits again for the answers that had not come when the bridge last stopped.
func (a *account) resumeOlder() {
	for chat, request := range a.login.Metadata.(*LoginMetadata).Asked {
		if !request.Told {
			a.spawn(func(ctx context.Context) { a.awaitOlder(ctx, chat, request) })
		}
	}
}

func (a *account) olderNotice(request *olderRequest, page *olderPage) *arrival {
	return &arrival{Version: arrivalVersion, Kind: arrivalOlder, Chat: request.Chat, Sender: a.lid, FromMe: true,
		ID: request.thread(), At: time.Now(), Older: page}
}

// takeOlder puts the answers to requests for older messages into the inbox: for each a notice, and behind it the messages of
// its thread. What nobody asked for is left out.
func (a *account) takeOlder(ctx context.Context, client *whatsmeow.Client, chats []*waHistorySync.Conversation) error {
	for _, chat := range chats {
		jid, err := types.ParseJID(chat.GetID())
		if err != nil {
			continue
		}
		named := jid.ToNonAD()
		if jid.Server != types.GroupServer {
			if named, err = a.knownLID(ctx, jid, jid); err != nil {
				return err
			}
		}
		request, ok := a.asked(portalID(named))
		if !ok {
			zerolog.Ctx(ctx).Warn().Msg("The phone sent older messages of a chat that it was not asked for")
			continue
		}
		past, err := a.older(ctx, client, jid, chat, &request)
		if err != nil {
			return err
		}
		if err := a.connector.border.Inbox.Put(ctx, a.stored(ctx, past)...); err != nil {
			return err
		}
		if err := a.noteAsked(ctx, portalID(named), nil); err != nil {
			return err
		}
	}
	return nil
}

// older returns the notice about a page of older messages, and the messages in order. Those that are no older, or that the
// room shows, are left out.
func (a *account) older(ctx context.Context, client *whatsmeow.Client, jid types.JID, chat *waHistorySync.Conversation, request *olderRequest) ([]*arrival, error) {
	past := recollect(client, jid, chat, 0).arrivals
	left := map[types.MessageID]bool{}
	for _, came := range past {
		if came.Answers != "" {
			continue
		}
		there, err := a.isShown(ctx, portalID(request.Chat), came)
		if err != nil {
			return nil, err
		}
		left[came.ID] = there || came.At.After(request.Before.At)
	}
	past = slices.DeleteFunc(past, func(came *arrival) bool { return left[came.ID] || left[came.Answers] })
	past = inOrder(past, request.Count)
	page := &olderPage{Before: oldestOf(chat, request.Before), More: hasMore(chat)}
	for _, came := range past {
		came.Thread = request.thread()
		if came.Answers != "" {
			continue
		}
		if page.Shown++; page.Shown == 1 {
			page.From = came.At
		}
		page.To = came.At
	}
	if page.Shown == request.Count { // the phone may have sent more than it was asked for
		page.Before = olderAnchor{ID: past[0].ID, FromMe: past[0].FromMe, At: past[0].At}
	}
	return append([]*arrival{a.olderNotice(request, page)}, past...), nil
}

// isShown tells whether a message is in its room.
func (a *account) isShown(ctx context.Context, chat networkid.PortalID, came *arrival) (bool, error) {
	author := a.lid
	if !came.FromMe {
		var err error
		if author, err = a.knownLID(ctx, came.Sender, came.SenderAlt); err != nil || author.IsEmpty() {
			return false, err
		}
	}
	named := messageID{chat: chat, sender: userID(author), id: came.ID}
	row, err := a.connector.bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, named.networkID())
	if err != nil {
		return false, fmt.Errorf("look up an older message: %w", err)
	}
	return row != nil, nil
}

// oldestOf returns the oldest message of a page, shown or not, from which to go on; the one before which the page was asked for
// when it has none.
func oldestOf(chat *waHistorySync.Conversation, before olderAnchor) olderAnchor {
	for _, kept := range chat.GetMessages() {
		key, at := kept.GetMessage().GetKey(), time.Unix(int64(kept.GetMessage().GetMessageTimestamp()), 0)
		if key.GetID() != "" && !at.After(before.At) { // the newest come first
			before = olderAnchor{ID: key.GetID(), FromMe: key.GetFromMe(), At: at}
		}
	}
	return before
}

// hasMore tells whether the phone has still older messages of a chat, and gives them.
func hasMore(chat *waHistorySync.Conversation) bool {
	if chat.EndOfHistoryTransferType == nil {
		return len(chat.GetMessages()) > 0
	}
	switch chat.GetEndOfHistoryTransferType() {
	case waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY,
		waHistorySync.Conversation_COMPLETE_ON_DEMAND_SYNC_WITH_MORE_MSG_ON_PRIMARY_BUT_NO_ACCESS:
		return false
	}
	return true
}

// tellOlder says in the room, as the bot, what came of a request.
func (a *account) tellOlder(ctx context.Context, stored portal.Arrival, came *arrival) error {
	bridge, key := a.connector.bridge, portalKey(came.Chat, a.login.ID)
	room, err := bridge.GetExistingPortalByKey(ctx, key)
	if err != nil {
		return fmt.Errorf("look up a room: %w", err)
	}
	if !handover.HasRoom(room) {
		return nil // it is gone, and who asked with it
	}
	row := &database.Message{
		ID: messageID{chat: key.ID, sender: userID(a.lid), id: came.ID}.networkID(), Room: key, SenderID: userID(a.lid),
		SenderMXID: bridge.Bot.GetMXID(), Timestamp: came.Older.Before.At.Add(-time.Millisecond),
		Metadata: &MessageMetadata{Before: &came.Older.Before},
	}
	if came.Older.Silent {
		row.Timestamp, row.Metadata = came.Older.Before.At.Add(time.Millisecond), &MessageMetadata{}
	}
	if there, err := bridge.DB.Message.GetFirstPartByID(ctx, a.login.ID, row.ID); err != nil || there != nil {
		return err
	}
	passing := stored.WithPassage(ctx)
	sent, err := bridge.Bot.SendMessage(passing, room.MXID, event.EventMessage, &event.Content{Parsed: &event.MessageEventContent{
		MsgType: event.MsgNotice, Body: a.connector.olderSentence(a.connector.languageIn(room.PortalKey), came.Older), Mentions: &event.Mentions{},
	}}, &bridgev2.MatrixSendExtra{Timestamp: came.At, MessageMeta: row})
	if err != nil {
		return errors.Join(portal.Failure(passing), err)
	}
	row.MXID = sent.EventID
	if err := bridge.DB.Message.Insert(ctx, row); err != nil {
		return fmt.Errorf("note what was said of older messages: %w", err)
	}
	return nil
}

// hasThread tells whether the notice is in the room in whose thread the message shall stand. Without it there is no room any
// more.
func (d *delivery) hasThread(ctx context.Context) (bool, error) {
	row, err := d.known(ctx, messageID{chat: d.id.chat, sender: userID(d.account.lid), id: d.came.Thread})
	return row != nil, err
}

// threadRoot names the message in whose thread the message stands; nil: in none.
func (d *delivery) threadRoot() *networkid.MessageID {
	if d.came.Thread == "" {
		return nil
	}
	root := messageID{chat: d.id.chat, sender: userID(d.account.lid), id: d.came.Thread}.networkID()
	return &root
}

// oldestShown returns the message before which older ones are to be asked for. It is not ok for a room that shows none.
func (a *account) oldestShown(ctx context.Context, key networkid.PortalKey) (anchor olderAnchor, ok bool, err error) {
	rows := a.connector.bridge.DB.Message
	row, err := rows.GetFirstPortalMessage(ctx, key)
	for err == nil && row != nil {
		if kept, _ := row.Metadata.(*MessageMetadata); kept != nil && kept.Before != nil {
			return *kept.Before, true, nil
		}
		if named, err := parseMessageID(row.ID); err == nil && !strings.ContainsAny(named.id, ".-") { // others are ours
			return olderAnchor{ID: named.id, FromMe: named.sender == userID(a.lid), At: row.Timestamp}, true, nil
		}
		row, err = rows.GetFirstNonFakePartAfterTime(ctx, key, row.Timestamp)
	}
	if err != nil {
		err = fmt.Errorf("look for a room's oldest message: %w", err)
	}
	return olderAnchor{}, false, err
}
