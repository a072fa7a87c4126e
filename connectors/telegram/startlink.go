package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"
)

// A bot cannot write first. Who is to write to it gets a link, t.me/<bot>?start=<token> (Telegram, "Deep linking"): whoever opens it
// and presses the start button sends the bot “/start <token>”, and the chat goes to whom the link is for.
//
// People can type such a message, so a token is random, and is kept as a hash: neither who reads the database nor who guesses has one.

const (
	// tokenBytes make a token of 43 characters; Telegram takes 64 of A-Z, a-z, 0-9, _ and -.
	tokenBytes = 32
	// linkLasts and linkUses hold for a link unless its maker says otherwise; longestLink bounds what they say.
	linkLasts   = 7 * 24 * time.Hour
	linkUses    = 1
	longestLink = 366 * 24 * time.Hour
	mostUses    = 100_000
	// linkKnown is how long it is known of a link that it has ended, for those who come by it later.
	linkKnown = 90 * 24 * time.Hour
	// mostLinks bounds how many links a bot has at a time.
	mostLinks = 200
)

// startLink is a link as it is kept.
type startLink struct {
	Number  int       `json:"n"` // by which its maker names it
	Hash    string    `json:"hash"`
	Staff   id.UserID `json:"staff,omitempty"` // who is invited; or
	Room    id.RoomID `json:"room,omitempty"`  // the room that the chat comes into; or
	Own     bool      `json:"own,omitempty"`   // it proves whose the account is that opens it (business.go)
	Ends    time.Time `json:"ends"`
	Uses    int       `json:"uses,omitempty"` // by how many contacts; 0: any number
	UsedBy  []int64   `json:"used_by,omitempty"`
	Revoked bool      `json:"revoked,omitempty"`
}

// fate is what becomes of somebody who comes by a link.
type fate int

const (
	linkUnknown fate = iota // nobody here made it
	linkGood
	linkExpired
	linkUsedUp
	linkRevoked
)

// fate tells what becomes of a contact who comes by the link. One who came before comes again.
func (l *startLink) fate(contact int64, now time.Time) fate {
	switch {
	case l.Revoked:
		return linkRevoked
	case now.After(l.Ends):
		return linkExpired
	case slices.Contains(l.UsedBy, contact), l.Uses == 0, len(l.UsedBy) < l.Uses:
		return linkGood
	}
	return linkUsedUp
}

// newToken returns a token for a link, and its hash.
func newToken() (token, hash string) {
	random := make([]byte, tokenBytes)
	rand.Read(random) // never fails (crypto/rand)
	token = base64.RawURLEncoding.EncodeToString(random)
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// startPayload returns what stands behind “/start” in a message; false: the message is something else.
func startPayload(text string) (payload string, ok bool) {
	command, payload, _ := strings.Cut(strings.TrimSpace(text), " ")
	command, _, _ = strings.Cut(command, "@") // in clients that name the bot
	if command != "/start" {
		return "", false
	}
	return strings.TrimSpace(payload), true
}

// errTooManyLinks is the error of a link that would be one too many.
var errTooManyLinks = errors.New("too many links")

// addLink makes a link, and returns it with its number and its URL.
func (a *account) addLink(ctx context.Context, link startLink) (startLink, string, error) {
	token, hash := newToken()
	link.Hash = hash
	now, full := a.connector.now(), false
	err := a.keep(ctx, func(kept *LoginMetadata) {
		kept.Links = slices.DeleteFunc(slices.Clone(kept.Links), func(old startLink) bool { return now.Sub(old.Ends) > linkKnown })
		if full = len(kept.Links) >= mostLinks; full {
			return
		}
		kept.LastLink++
		link.Number = kept.LastLink
		kept.Links = append(kept.Links, link)
	})
	if err == nil && full {
		err = errTooManyLinks
	}
	return link, "https://t.me/" + a.kept().Username + "?start=" + token, err
}

// redeem notes that a contact has come by a link, and tells what becomes of them. The link's use is stored when it returns.
func (a *account) redeem(ctx context.Context, token string, contact int64) (link startLink, what fate, err error) {
	hash, now := hashOf(token), a.connector.now()
	err = a.keep(ctx, func(kept *LoginMetadata) {
		kept.Links = slices.Clone(kept.Links) // others read the one before
		at := slices.IndexFunc(kept.Links, func(l startLink) bool { return l.Hash == hash })
		if at < 0 {
			return
		}
		found := &kept.Links[at]
		what = found.fate(contact, now)
		if what == linkGood && !slices.Contains(found.UsedBy, contact) {
			found.UsedBy = append(slices.Clone(found.UsedBy), contact)
		}
		link = *found
	})
	return link, what, wrapped("note that a link was used", err)
}

// revokeLink ends a link. It is false when there is none of the number.
func (a *account) revokeLink(ctx context.Context, number int) (found bool, err error) {
	err = a.keep(ctx, func(kept *LoginMetadata) {
		kept.Links = slices.Clone(kept.Links)
		for i := range kept.Links {
			if kept.Links[i].Number == number {
				kept.Links[i].Revoked, found = true, true
			}
		}
	})
	return found, wrapped("revoke a link", err)
}

// openLinks lists the links that somebody can still come by.
func (a *account) openLinks() (open []startLink) {
	now := a.connector.now()
	for _, l := range a.kept().Links {
		if !l.Revoked && !now.After(l.Ends) && (l.Uses == 0 || len(l.UsedBy) < l.Uses) {
			open = append(open, l)
		}
	}
	return open
}

// linkWishes are what the maker of a link says about it.
type linkWishes struct {
	staff id.UserID // ""; the maker
	here  bool      // the room that the command is written in
	lasts time.Duration
	uses  int
}

// errLinkWords is the error of words that say nothing about a link.
var errLinkWords = errors.New("not about a link")

// parseLinkWishes reads what stands behind “start-link”: whom it is for (“@karim:example.org” or “here”), for how long (“12h”, “30d”)
// and for how many contacts (“5x”, “any”), in any order.
func parseLinkWishes(words []string) (linkWishes, error) {
	wishes := linkWishes{lasts: linkLasts, uses: linkUses}
	var toSomebody, toLast, toUse bool
	for _, word := range words {
		word = strings.ToLower(word)
		once := &toSomebody
		ok := true
		switch unit := word[max(0, len(word)-1):]; {
		case word == "here":
			wishes.here = true
		case strings.HasPrefix(word, "@"):
			_, _, err := id.UserID(word).Parse()
			wishes.staff, ok = id.UserID(word), err == nil
		case word == "any":
			once, wishes.uses = &toUse, 0
		case unit == "x":
			once = &toUse
			wishes.uses, ok = count(strings.TrimSuffix(word, "x"), mostUses)
		case unit == "d", unit == "h":
			once = &toLast
			length := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour}[unit]
			var n int
			n, ok = count(strings.TrimSuffix(word, unit), int(longestLink/length))
			wishes.lasts = time.Duration(n) * length
		default:
			ok = false
		}
		if !ok || *once {
			return linkWishes{}, errLinkWords
		}
		*once = true
	}
	return wishes, nil
}

// count reads a number from 1 to most.
func count(text string, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= most
}
