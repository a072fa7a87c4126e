package telegram

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"maunium.net/go/mautrix/bridgev2/networkid"

	"passerelle/portal/say"
)

// somebody stands among those who came by a link for one who was erased: the link is used all the same.
const somebody = 0

// ForgetContact removes what the bots keep of a contact (see bridge.Forgetting).
func (c *Connector) ForgetContact(ctx context.Context, contact networkid.UserID, in say.Language) (left []string, err error) {
	number, err := parseNumber(string(contact))
	if err != nil {
		return nil, err
	}
	for _, login := range c.bridge.GetAllCachedUserLogins() {
		a, ok := login.Client.(*account)
		if !ok {
			continue
		}
		if err := a.keep(ctx, func(kept *LoginMetadata) { kept.forget(number) }); err != nil {
			return nil, fmt.Errorf("forget a contact: %w", err)
		}
		a.pictureChanged(number) // whoever writes again is somebody new
	}
	return []string{in.Say(say.StaysOnTelegram)}, nil
}

// forget removes what is kept of a contact. Everything is copied: what was there may be read.
func (kept *LoginMetadata) forget(contact int64) {
	pins := maps.Clone(kept.Pins)
	delete(pins, contact) // a chat with a person has the person's number (Bot API, Chat)
	var asking map[int64][]int64
	for chat, who := range kept.Asking {
		if others := slices.DeleteFunc(slices.Clone(who), func(one int64) bool { return one == contact }); len(others) > 0 {
			if asking == nil {
				asking = map[int64][]int64{}
			}
			asking[chat] = others
		}
	}
	links := slices.Clone(kept.Links)
	for i, link := range links {
		if at := slices.Index(link.UsedBy, contact); at >= 0 {
			links[i].UsedBy = slices.Clone(link.UsedBy)
			links[i].UsedBy[at] = somebody
		}
	}
	kept.Pins, kept.Asking, kept.Links = pins, asking, links
}
