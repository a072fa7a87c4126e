package telegram

import (
	"context"
	"encoding/json"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// The methods about groups, under the Bot API's names.

// pinChatMessage pins a message without a sound, or unpins it (unpinChatMessage).
func (a *api) pinChatMessage(ctx context.Context, of messageID, on bool) error {
	params := inChat(of.in)
	params["message_id"] = number(of.id)
	if !on {
		return a.call(ctx, "unpinChatMessage", params, nil)
	}
	params["disable_notification"] = "true"
	return a.call(ctx, "pinChatMessage", params, nil)
}

func (a *api) setChatTitle(ctx context.Context, id int64, title string) error {
	return a.call(ctx, "setChatTitle", tgbotapi.Params{"chat_id": number(id), "title": title}, nil)
}

func (a *api) setChatDescription(ctx context.Context, id int64, description string) error {
	return a.call(ctx, "setChatDescription", tgbotapi.Params{"chat_id": number(id), "description": description}, nil)
}

func aboutMember(id, who int64) tgbotapi.Params {
	return tgbotapi.Params{"chat_id": number(id), "user_id": number(who)}
}

// getChatMember tells what somebody is in a chat.
func (a *api) getChatMember(ctx context.Context, id, who int64) (m member, err error) {
	return m, a.call(ctx, "getChatMember", aboutMember(id, who), &m)
}

// banChatMember takes somebody out of a chat. A supergroup or channel lets them not come back.
func (a *api) banChatMember(ctx context.Context, id, who int64) error {
	return a.call(ctx, "banChatMember", aboutMember(id, who), nil)
}

// unbanChatMember takes somebody out of a supergroup or channel, and lets them come back.
func (a *api) unbanChatMember(ctx context.Context, id, who int64) error {
	return a.call(ctx, "unbanChatMember", aboutMember(id, who), nil)
}

// promoteChatMember gives somebody rights; none make them a member.
func (a *api) promoteChatMember(ctx context.Context, id, who int64, given rights) error {
	params := aboutMember(id, who)
	var all map[string]bool
	if err := json.Unmarshal([]byte(encoded(given)), &all); err != nil {
		return err
	}
	for name, is := range all {
		if is { // the others are false without being named
			params[name] = "true"
		}
	}
	return a.call(ctx, "promoteChatMember", params, nil)
}

// setChatPermissions says what members may do. Each permission stands for itself.
func (a *api) setChatPermissions(ctx context.Context, id int64, to permissions) error {
	return a.call(ctx, "setChatPermissions", tgbotapi.Params{"chat_id": number(id), "permissions": encoded(to),
		"use_independent_chat_permissions": "true"}, nil)
}

// restrictChatMember says what somebody in a supergroup may do, until it is said anew. All permissions lift what was said.
func (a *api) restrictChatMember(ctx context.Context, id, who int64, to permissions) error {
	params := aboutMember(id, who)
	params["permissions"], params["use_independent_chat_permissions"] = encoded(to), "true"
	return a.call(ctx, "restrictChatMember", params, nil)
}

// approveChatJoinRequest lets somebody in who asks to join a chat.
func (a *api) approveChatJoinRequest(ctx context.Context, id, who int64) error {
	return a.call(ctx, "approveChatJoinRequest", aboutMember(id, who), nil)
}

// declineChatJoinRequest turns somebody down who asks to join a chat.
func (a *api) declineChatJoinRequest(ctx context.Context, id, who int64) error {
	return a.call(ctx, "declineChatJoinRequest", aboutMember(id, who), nil)
}

// exportChatInviteLink makes a new link into a chat, the bot's own; its former one ends.
func (a *api) exportChatInviteLink(ctx context.Context, id int64) (link string, err error) {
	return link, a.call(ctx, "exportChatInviteLink", tgbotapi.Params{"chat_id": number(id)}, &link)
}
