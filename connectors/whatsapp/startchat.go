package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/handover"
	"passerelle/portal/say"
)

// askPatience bounds one question to WhatsApp that a person waits for.
const askPatience = 20 * time.Second

var _ bridgev2.GhostDMCreatingNetworkAPI = (*account)(nil)

// parsePhone reads a phone number as people write it, and returns its digits in international form. A local number is none:
// which country's it is cannot be known.
func parsePhone(text string) (digits string, ok bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "tel:")
	text = strings.NewReplacer("(0)", "", " ", "", "\u00a0", "", "\u202f", "", "-", "", ".", "", "/", "", "(", "", ")", "").Replace(text)
	number, international := strings.CutPrefix(text, "+")
	if !international {
		number, international = strings.CutPrefix(text, "00") // ITU-T E.123, as dialled from most countries
	}
	// ITU-T E.164: a country code begins with no zero, and 15 digits are the most.
	if !international || len(number) < 7 || len(number) > 15 || number[0] == '0' || strings.Trim(number, "0123456789") != "" {
		return "", false
	}
	return number, true
}

// sorry is the error that the account's owner reads.
func (a *account) sorry(sentence say.Sentence, args ...any) bridgev2.RespError {
	return bridgev2.RespError{ErrCode: mautrix.MUnknown.ErrCode, Err: a.say(sentence, args...), StatusCode: http.StatusBadRequest}
}

// ResolveIdentifier finds the person behind a phone number in international form, or behind an identifier that
// GetContactList gave (see [bridgev2.IdentifierResolvingNetworkAPI]). Its errors carry the sentence that the asking person
// reads. The person is known by LID from then on, however they were asked for.
func (a *account) ResolveIdentifier(ctx context.Context, identifier string, _ bool) (*bridgev2.ResolveIdentifierResponse, error) {
	lid, err := a.personBy(ctx, identifier)
	if err != nil {
		return nil, err
	}
	ghost, err := a.connector.bridge.GetGhostByID(ctx, userID(lid))
	if err != nil {
		return nil, fmt.Errorf("look up a person: %w", err)
	}
	info, err := a.GetUserInfo(ctx, ghost)
	if err != nil {
		return nil, err
	}
	return &bridgev2.ResolveIdentifierResponse{Ghost: ghost, UserID: ghost.ID, UserInfo: info, Chat: a.chatWith(ctx, lid)}, nil
}

// personBy returns the LID of the person that an identifier names.
func (a *account) personBy(ctx context.Context, identifier string) (types.JID, error) {
	if isLIDUser(identifier) {
		lid := lidOf(networkid.UserID(identifier))
		if phone, err := a.phone(ctx, lid); err == nil && phone != "" {
			return lid, nil
		}
	}
	number, ok := parsePhone(identifier)
	if !ok {
		return types.EmptyJID, a.sorry(say.PhoneNumberWrong)
	}
	client := a.current()
	if client == nil {
		return types.EmptyJID, a.sorry(say.LinkFirst, networkName)
	}
	patience, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	found, err := client.IsOnWhatsApp(patience, []string{"+" + number})
	if err != nil {
		a.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("WhatsApp could not be asked about a number")
		return types.EmptyJID, a.sorry(say.NotAsked, networkName)
	}
	for _, person := range found {
		if !person.IsIn {
			continue
		}
		lid, err := a.findLID(patience, person.JID, person.PhoneNumber)
		if err != nil {
			return types.EmptyJID, a.sorry(say.NotAsked, networkName)
		}
		return lid, nil
	}
	return types.EmptyJID, a.sorry(say.NobodyThere, networkName)
}

// chatWith names the direct chat with a person, and describes it for its room.
func (a *account) chatWith(ctx context.Context, lid types.JID) *bridgev2.CreateChatResponse {
	info := a.directChat(ctx, lid)
	var err error
	if info.UserLocal, err = a.marksForRoom(ctx, lid); err != nil {
		a.log.Err(err).Msg("A new room does not show its chat's marks")
	}
	return &bridgev2.CreateChatResponse{PortalKey: portalKey(lid, a.login.ID), PortalInfo: info}
}

// CreateChatWithGhost begins the chat with somebody whom staff invited into a room (see
// [bridgev2.GhostDMCreatingNetworkAPI]). What comes of it is said in the owner's chat with the bot when it is not the new
// room: bridgev2 would let the ghost say it, and ghosts say only what contacts said.
func (a *account) CreateChatWithGhost(ctx context.Context, ghost *bridgev2.Ghost) (*bridgev2.CreateChatResponse, error) {
	lid := lidOf(ghost.ID)
	if err := a.isThere(ctx, lid); err != nil {
		a.tellOwner(a.readable(err))
		return nil, err
	}
	chat := a.chatWith(ctx, lid)
	chat.PortalInfo.Name = nil // others may be in a room that is there already
	room, err := a.connector.bridge.GetExistingPortalByKey(ctx, chat.PortalKey)
	if err != nil {
		return nil, fmt.Errorf("look up a chat: %w", err)
	}
	if room != nil {
		if err := a.letGoOfRoom(ctx, room); err != nil {
			return nil, err
		}
		if handover.HasRoom(room) {
			a.tellOwner(a.say(say.HaveChat, a.calls(ctx, lid), a.connector.link(room.MXID)))
		} else {
			room.Name, room.NameIsCustom = "", false
		}
	}
	return chat, nil
}

// letGoOfRoom takes a direct chat out of a room that its owner has left. bridgev2's way leaves the bot in it
// (bridgev2/matrixinvite.go, CleanupOrphanedDM), and the next room of the chat would be the same one.
func (a *account) letGoOfRoom(ctx context.Context, room *bridgev2.Portal) error {
	if !handover.HasRoom(room) {
		return nil
	}
	members, err := a.connector.bridge.Matrix.GetMembers(ctx, room.MXID)
	if err != nil {
		return fmt.Errorf("look up a room's members: %w", err)
	}
	if owner := members[a.login.UserMXID]; owner != nil && owner.Membership.IsInviteOrJoin() {
		return nil
	}
	left := room.MXID
	if err := room.RemoveMXID(ctx); err != nil {
		return fmt.Errorf("let go of a room: %w", err)
	}
	return a.connector.bridge.Bot.DeleteRoom(ctx, left, true)
}

// isThere tells whether a LID is somebody's. One that came with a phone number is.
func (a *account) isThere(ctx context.Context, lid types.JID) error {
	if phone, err := a.phone(ctx, lid); err != nil || phone != "" {
		return err
	}
	client := a.current()
	if client == nil {
		return a.sorry(say.LinkFirst, networkName)
	}
	patience, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	found, err := client.GetUserInfo(patience, []types.JID{lid})
	switch {
	case err != nil:
		return a.sorry(say.NotAsked, networkName)
	case len(found[lid].Devices) == 0:
		return a.sorry(say.NobodyInvited, networkName)
	}
	return nil
}

// readable returns the sentence that an error carries.
func (a *account) readable(err error) string {
	var sentence bridgev2.RespError
	if errors.As(err, &sentence) {
		return sentence.Err
	}
	a.log.Warn().Str("reason", withoutPhoneNumbers(err.Error())).Msg("Something that a person asked for could not be done")
	return a.say(say.ChatNotStarted, networkName)
}
