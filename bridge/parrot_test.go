package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/configupgrade"
	"go.mau.fi/util/ptr"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/bridgev2/networkid"
	"maunium.net/go/mautrix/bridgev2/simplevent"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
)

// parrot is about the least connector that crosses the border: a network of chats with one contact each, that lives in
// this process.
type parrot struct {
	border portal.Border
	bridge *bridgev2.Bridge
	heard  chan string // what staff said
}

// pastTheGate is a message with which the parrot is careless: it forgets to ask the gate.
const pastTheGate = "past the gate"

// pastShowing is a message that the parrot cannot show, which it finds after the gate has let it through.
const pastShowing = "past showing"

var (
	_ bridgev2.NetworkConnector = (*parrot)(nil)
	_ portal.Deliverer          = (*parrot)(nil)
)

// contactSays is what a contact says in a chat.
func (p *parrot) contactSays(ctx context.Context, login, chat, id, text string) error {
	payload, err := json.Marshal(text)
	if err != nil {
		return err
	}
	return p.border.Inbox.Put(ctx, portal.Arrival{Login: login, Lane: chat, ID: id, Payload: payload, At: time.Now()})
}

func (p *parrot) Deliver(ctx context.Context, a portal.Arrival) error {
	var text string
	if err := json.Unmarshal(a.Payload, &text); err != nil {
		return portal.Permanent(err)
	}
	login := p.bridge.GetCachedUserLoginByID(networkid.UserLoginID(a.Login))
	if login == nil {
		return errors.New("the login is not loaded")
	}
	key := networkid.PortalKey{ID: networkid.PortalID(a.Lane), Receiver: login.ID}
	room, err := p.bridge.GetPortalByKey(ctx, key)
	if err != nil {
		return err
	}
	if err := room.CreateMatrixRoom(ctx, login, nil); err != nil {
		return err
	}
	done := make(chan struct{})
	login.QueueRemoteEvent(&simplevent.Message[string]{
		EventMeta: simplevent.EventMeta{
			Type: bridgev2.RemoteEventMessage, Timestamp: a.At, PortalKey: key,
			Sender:            bridgev2.EventSender{Sender: networkid.UserID("u-" + a.Lane)},
			MutateContextFunc: a.WithPassage,
			PostHandleFunc:    func(context.Context, *bridgev2.Portal) { close(done) },
		},
		Data: text, ID: networkid.MessageID(a.ID),
		ConvertMessageFunc: func(ctx context.Context, at *bridgev2.Portal, _ bridgev2.MatrixAPI, text string) (*bridgev2.ConvertedMessage, error) {
			if text != pastTheGate {
				_, err := portal.Pass(ctx, p.border.Gate, portal.Crossing{Key: a.ID, Network: p.border.Network,
					Direction: portal.In, Kind: portal.KindText, Portal: string(at.ID), Login: a.Login, Text: text}, text)
				if err != nil {
					return nil, err
				}
			}
			if text == pastShowing {
				return nil, errors.New("cannot be shown")
			}
			return &bridgev2.ConvertedMessage{Parts: []*bridgev2.ConvertedMessagePart{{Type: event.EventMessage,
				Content: &event.MessageEventContent{MsgType: event.MsgText, Body: text}}}}, nil
		},
	})
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	sent, err := p.bridge.DB.Message.GetFirstPartByID(ctx, login.ID, networkid.MessageID(a.ID))
	switch {
	case err != nil:
		return err
	case sent == nil && text == pastTheGate:
		return portal.Permanent(errors.New("forgot to ask the gate"))
	case sent == nil && text == pastShowing:
		return portal.Permanent(errors.New("cannot be shown"))
	case sent == nil:
		return errors.New("the message is not in its room")
	}
	return nil
}

func (p *parrot) Init(br *bridgev2.Bridge)    { p.bridge = br }
func (p *parrot) Start(context.Context) error { return nil }
func (p *parrot) GetName() bridgev2.BridgeName {
	return bridgev2.BridgeName{DisplayName: "Parrot " + p.border.Network, NetworkID: p.border.Network,
		NetworkURL: "https://parrot.invalid", BeeperBridgeType: "parrot"}
}
func (p *parrot) GetDBMetaTypes() database.MetaTypes { return database.MetaTypes{} }
func (p *parrot) GetCapabilities() *bridgev2.NetworkGeneralCapabilities {
	return &bridgev2.NetworkGeneralCapabilities{}
}
func (p *parrot) GetConfig() (string, any, configupgrade.Upgrader) {
	return "", nil, configupgrade.NoopUpgrader
}
func (p *parrot) GetBridgeInfoVersion() (int, int) { return 1, 1 }
func (p *parrot) LoadUserLogin(_ context.Context, login *bridgev2.UserLogin) error {
	login.Client = &perch{parrot: p, login: login}
	return nil
}
func (p *parrot) GetLoginFlows() []bridgev2.LoginFlow {
	return []bridgev2.LoginFlow{{Name: "free", ID: "free"}}
}
func (p *parrot) CreateLogin(_ context.Context, user *bridgev2.User, _ string) (bridgev2.LoginProcess, error) {
	return &hop{user: user}, nil
}

// hop logs anybody in.
type hop struct{ user *bridgev2.User }

func (h *hop) Cancel() {}
func (h *hop) Start(ctx context.Context) (*bridgev2.LoginStep, error) {
	login, err := h.user.NewLogin(ctx, &database.UserLogin{
		ID: networkid.UserLoginID(h.user.MXID.Localpart()), RemoteName: h.user.MXID.Localpart(),
	}, nil)
	if err != nil {
		return nil, err
	}
	login.Client.Connect(ctx)
	return &bridgev2.LoginStep{Type: bridgev2.LoginStepTypeComplete, Instructions: "You are in.",
		CompleteParams: &bridgev2.LoginCompleteParams{UserLoginID: login.ID, UserLogin: login}}, nil
}

// perch is one login.
type perch struct {
	parrot *parrot
	login  *bridgev2.UserLogin
}

func (c *perch) Connect(context.Context) {
	c.login.BridgeState.Send(status.BridgeState{StateEvent: status.StateConnected})
}
func (c *perch) Disconnect()                  {}
func (c *perch) IsLoggedIn() bool             { return true }
func (c *perch) LogoutRemote(context.Context) {}
func (c *perch) IsThisUser(_ context.Context, id networkid.UserID) bool {
	return string(id) == string(c.login.ID)
}
func (c *perch) GetChatInfo(_ context.Context, at *bridgev2.Portal) (*bridgev2.ChatInfo, error) {
	other := networkid.UserID("u-" + string(at.ID))
	return &bridgev2.ChatInfo{Type: ptr.Ptr(database.RoomTypeDM), Members: &bridgev2.ChatMemberList{
		IsFull: true, OtherUserID: other, MemberMap: bridgev2.ChatMemberMap{
			networkid.UserID(c.login.ID): {EventSender: bridgev2.EventSender{IsFromMe: true, Sender: networkid.UserID(c.login.ID)}},
			other:                        {EventSender: bridgev2.EventSender{Sender: other}},
		}}}, nil
}
func (c *perch) GetUserInfo(_ context.Context, ghost *bridgev2.Ghost) (*bridgev2.UserInfo, error) {
	return &bridgev2.UserInfo{Name: ptr.Ptr("Contact " + string(ghost.ID))}, nil
}
func (c *perch) GetCapabilities(context.Context, *bridgev2.Portal) *event.RoomFeatures {
	return &event.RoomFeatures{ID: "parrot"}
}
func (c *perch) HandleMatrixMessage(ctx context.Context, m *bridgev2.MatrixMessage) (*bridgev2.MatrixMessageResponse, error) {
	said, err := portal.Pass(ctx, c.parrot.border.Gate, portal.Crossing{Key: string(m.Event.ID),
		Network: c.parrot.border.Network, Direction: portal.Out, Kind: portal.KindText, Portal: string(m.Portal.ID),
		Sender: string(m.Event.Sender), Text: m.Content.Body}, m.Content.Body)
	if err != nil {
		return nil, err
	}
	c.parrot.heard <- said.Content()
	return &bridgev2.MatrixMessageResponse{DB: &database.Message{
		ID: networkid.MessageID("out-" + m.Event.ID), SenderID: networkid.UserID(c.login.ID), Timestamp: time.Now(),
	}}, nil
}

// hears waits for what staff said.
func (p *parrot) hears(ctx context.Context, want string) error {
	select {
	case got := <-p.heard:
		if got != want {
			return fmt.Errorf("the contact heard %q, want %q", got, want)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the contact did not hear %q", want)
	}
}
