package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/simplevent"

	"passerelle/portal"
	"passerelle/portal/say"
)

// GetUserInfo describes a person for a ghost's profile: by the message that is being delivered, otherwise as Telegram does (see
// [bridgev2.NetworkAPI]).
func (a *account) GetUserInfo(ctx context.Context, ghost *bridgev2.Ghost) (*bridgev2.UserInfo, error) {
	id, err := parseNumber(string(ghost.ID))
	if err != nil {
		return nil, err
	}
	if d := deliveryOf(ctx); d != nil && d.message != nil && d.message.sender() == id && d.message.senderName() != "" {
		return a.userInfo(d.message.senderName()), nil
	}
	if !a.IsLoggedIn() {
		return nil, nil
	}
	described, err := a.api.getChat(ctx, id)
	switch {
	case err != nil && !portal.IsPermanent(err):
		return nil, fmt.Errorf("ask who somebody is: %w", err)
	case err != nil || described.name() == "": // who has not written to the bot is not told to it
		return a.userInfo(a.neutralName(id)), nil
	}
	return a.userInfo(described.name()), nil
}

// userInfo describes a person by the name that they published.
func (a *account) userInfo(name string) *bridgev2.UserInfo {
	shown := a.connector.displayName.Of(name)
	return &bridgev2.UserInfo{Name: &shown}
}

// neutralName stands for a name that is not known.
func (a *account) neutralName(id int64) string {
	text := number(id)
	return a.connector.say(say.UnnamedContact, text[max(0, len(text)-4):])
}

// renameGhost shows the name that a message's sender has now, in the goroutine of the message's room, since rooms read it.
func (d *delivery) renameGhost(ctx context.Context) {
	if d.message == nil || d.message.senderName() == "" || d.Sender.IsFromMe {
		return
	}
	info := d.account.userInfo(d.message.senderName())
	row, err := d.account.connector.bridge.DB.Ghost.GetByID(ctx, d.Sender.Sender)
	if err != nil || row == nil || row.Name == *info.Name && row.NameSet {
		return
	}
	who := d.Sender.Sender
	d.account.login.QueueRemoteEvent(&simplevent.EventMeta{
		Type: bridgev2.RemoteEventUnknown, PortalKey: d.PortalKey,
		PreHandleFunc: func(ctx context.Context, portal *bridgev2.Portal) {
			if ghost, err := portal.Bridge.GetExistingGhostByID(ctx, who); err == nil && ghost != nil {
				ghost.UpdateInfo(ctx, info)
			}
		},
	})
}
