package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal"
)

// History comes from the phone in chunks: a message names a file, and the file holds chats with their last messages. The
// inbox keeps the naming message until each message of the file stands in the inbox by itself, in its chat's lane, in front
// of what comes live (history_messages.go), or is held there until more of its chat has come (history_held.go). A chunk that
// was asked for is shown elsewhere (history_older.go).

// HistoryOptions says how much of an account's history is shown when it is linked.
type HistoryOptions struct {
	// Messages is how many messages of a chat are shown; 0: none, of any chat.
	Messages int `yaml:"messages"`
	// Days is how old messages may be that are shown; 0: any age.
	Days int `yaml:"days"`
}

func (o HistoryOptions) validate() error {
	if o.Messages < 0 || o.Days < 0 {
		return errors.New("history.messages and history.days: must be 0 or more; 0 messages shows no history, 0 days sets no limit")
	}
	return nil
}

const (
	// firstHistory is how long after the linking live messages wait for the first chunk, so that it comes before them. Phones
	// send it at once.
	firstHistory = 20 * time.Second
	// chunkPatience is how long a chunk is tried to be fetched. WhatsApp keeps it for about as long.
	chunkPatience = 24 * time.Hour
)

// errBeforeHistory is the error of a live message that waits for the history of its chat.
var errBeforeHistory = errors.New("the history is still to come")

// chunkNews returns the news of a chunk of history that a message brings; nil: it brings none.
func chunkNews(event *events.Message) *waE2E.HistorySyncNotification {
	if !event.Info.IsFromMe || event.Info.Sender.Device != 0 {
		return nil
	}
	return event.Message.GetProtocolMessage().GetHistorySyncNotification()
}

// receiveChunk puts the news of a chunk into the inbox.
func (a *account) receiveChunk(event *events.Message) (stored bool) {
	came, err := arrivalOf(&event.Info, event.RawMessage)
	if err != nil {
		a.log.Err(err).Msg("The news of a chunk of history cannot be kept")
		return true
	}
	came.Kind = arrivalChunk
	name := "history:" + string(a.login.ID)
	return a.store(came, portal.Arrival{Lane: name, ID: name + ":" + came.ID})
}

// takeChunk puts the messages of a chunk into the inbox, each chat's into its lane.
func (a *account) takeChunk(ctx context.Context, stored portal.Arrival, came *arrival, message *events.Message) error {
	client := a.current()
	if message == nil || client == nil {
		return portal.Permanent(errors.New("nobody is linked to fetch the history for"))
	}
	news := message.Message.GetProtocolMessage().GetHistorySyncNotification()
	if !client.IsConnected() {
		return fmt.Errorf("fetch a chunk of history: %w", whatsmeow.ErrNotConnected)
	}
	chunk, err := client.DownloadHistorySync(ctx, news, true)
	switch {
	case err != nil && (isLost(err) || time.Since(stored.At) > chunkPatience):
		// The phone learns that it has to give the chunk again.
		if err := client.SendHistorySyncServerErrorReceipt(ctx, came.ID, news.GetMediaKey()); err != nil {
			return fmt.Errorf("ask for a chunk of history again: %w", err)
		}
		return portal.Permanent(fmt.Errorf("fetch a chunk of history: %w", err))
	case err != nil:
		return fmt.Errorf("fetch a chunk of history: %w", err)
	}
	if err := a.takeChats(ctx, client, chunk); err != nil {
		return err
	}
	a.doneWithChunk(ctx, client, came.ID, news)
	return nil
}

// takeChats puts the messages of a chunk's chats into the inbox.
func (a *account) takeChats(ctx context.Context, client *whatsmeow.Client, chunk *waHistorySync.HistorySync) error {
	kind, chats := chunk.GetSyncType(), chunk.GetConversations()
	switch kind {
	case waHistorySync.HistorySync_ON_DEMAND:
		return a.takeOlder(ctx, client, chats)
	case waHistorySync.HistorySync_INITIAL_BOOTSTRAP:
		a.beginHistory()
	}
	a.held.touch()
	sortByActivity(chats)
	count := 0
	for _, chat := range chats {
		messages, err := a.takeChat(ctx, client, chat)
		if err != nil {
			return err
		}
		count += messages
	}
	zerolog.Ctx(ctx).Info().Int("chats", len(chats)).Int("messages", count).Stringer("type", kind).
		Uint32("progress", chunk.GetProgress()).Msg("A chunk of history came")
	if kind == waHistorySync.HistorySync_INITIAL_BOOTSTRAP {
		return a.historyCame(ctx)
	}
	if isLast(chunk) {
		return a.releaseAll(ctx)
	}
	a.held.touch() // it may have taken long
	return nil
}

// doneWithChunk tells the phone that a chunk has been taken, and removes its file from WhatsApp's servers. Nothing of it is
// needed.
func (a *account) doneWithChunk(ctx context.Context, client *whatsmeow.Client, id types.MessageID, news *waE2E.HistorySyncNotification) {
	err := client.SendProtocolMessageReceipt(ctx, id, types.ReceiptTypeHistorySync)
	if news.GetDirectPath() != "" {
		err = errors.Join(err, client.DeleteMedia(ctx, whatsmeow.MediaHistory, news.GetDirectPath(), news.GetFileEncSHA256(), news.GetEncHandle()))
	}
	if err != nil {
		zerolog.Ctx(ctx).Debug().Str("reason", withoutPhoneNumbers(err.Error())).Msg("A chunk of history was not tidied up")
	}
}

// takeChat puts the messages of a chat into the inbox that are shown, and returns how many there were.
func (a *account) takeChat(ctx context.Context, client *whatsmeow.Client, chat *waHistorySync.Conversation) (int, error) {
	options := a.connector.options.History
	jid, err := types.ParseJID(chat.GetID())
	if err != nil || options.Messages == 0 {
		return 0, nil
	}
	past := recollect(client, jid, chat, options.Days)
	lane, _ := a.place(ctx, &arrival{Chat: jid, Sender: jid})
	newest, err := a.newestShown(ctx, jid)
	if err != nil {
		return 0, err
	}
	if newest.IsZero() {
		if err := a.connector.border.Inbox.Put(ctx, a.pastTimer(ctx, jid, chat)...); err != nil {
			return 0, err
		}
	} else { // nothing older can take its place any more
		past.arrivals = slices.DeleteFunc(past.arrivals, func(came *arrival) bool { return came.At.Before(newest) })
	}
	// Whether a chat's transfer is complete is known only where the phone says that it has no more (waHistorySync.Conversation,
	// endOfHistoryTransferType).
	allThere := chat.EndOfHistoryTransferType != nil &&
		chat.GetEndOfHistoryTransferType() == waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
	return past.messages, a.shown(ctx, lane, past, allThere || past.tooOld || !newest.IsZero())
}

// newestShown returns when the newest message was written that the room of a chat shows; zero: it shows none.
func (a *account) newestShown(ctx context.Context, jid types.JID) (time.Time, error) {
	if jid.Server != types.GroupServer {
		lid, err := a.knownLID(ctx, jid, jid)
		if err != nil || lid.IsEmpty() {
			return time.Time{}, err
		}
		jid = lid
	}
	newest, err := a.connector.bridge.DB.Message.GetLastNInPortal(ctx, portalKey(jid, a.login.ID), 1)
	if err != nil {
		return time.Time{}, fmt.Errorf("look up a room's newest message: %w", err)
	}
	if len(newest) == 0 {
		return time.Time{}, nil
	}
	return newest[0].Timestamp, nil
}

// newLogin is what is kept of a login that has just been made.
func (c *Connector) newLogin(user *bridgev2.User, id networkid.UserLoginID, device types.JID) *LoginMetadata {
	metadata := &LoginMetadata{Device: device, PhoneSeen: c.now()}
	for _, other := range user.GetUserLogins() {
		metadata.Further = metadata.Further || other.ID != id
	}
	if c.options.History.Messages > 0 {
		metadata.HistoryUntil = time.Now().Add(firstHistory)
	}
	return metadata
}

// historyCame notes that live messages need not wait for the first chunk any more.
func (a *account) historyCame(ctx context.Context) error {
	a.mu.Lock()
	waited := !a.historyUntil.IsZero()
	a.historyUntil = time.Time{}
	a.mu.Unlock()
	if !waited {
		return nil
	}
	if err := a.keep(ctx, func(kept *LoginMetadata) { kept.HistoryUntil = time.Time{} }); err != nil {
		return fmt.Errorf("note that the history has come: %w", err)
	}
	return nil
}

// awaitsHistory tells whether live messages still wait for the first chunk.
func (a *account) awaitsHistory() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Now().Before(a.historyUntil)
}

// comesLate tells whether a message of the past is older than what its room shows already: then it cannot take its place.
func (d *delivery) comesLate(ctx context.Context) (bool, error) {
	if _, ok := d.setsTimer(); ok {
		return false, nil // what holds is known by when it was decided
	}
	newest, err := d.account.newestShown(ctx, d.chat)
	return newest.After(d.came.At), err
}
