package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"passerelle/portal/govern"
)

const (
	pageSize     = 50
	longestField = 200 // characters of a field of a search
	dateLayout   = "2006-01-02"
)

// chatSearch is what was entered to find chats.
type chatSearch struct {
	Network, Department, Owner, Contact, State, Text string
	ActiveSince, QuietSince, MinContacts             string
	Waiting                                          bool
	After                                            string
}

// faults are what is wrong with what was entered: field -> sentence.
type faults map[string]string

// chatsPage is the list of chats.
type chatsPage struct {
	CSRF     string
	Networks []Network
	Search   chatSearch
	More     bool // one of the fields that are folded away is filled in
	Faults   faults
	Chats    govern.Page[govern.Portal]
	States   []govern.State
	Next     string // path
	First    bool   // this is the first page
}

// filter reads what was entered.
func (s chatSearch) filter(v *visit, now time.Time) (govern.Filter, faults) {
	wrong := faults{}
	date := func(field, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(dateLayout, text, now.Location())
		if err != nil {
			wrong[field] = v.t("wrong-date")
		}
		return at
	}
	f := govern.Filter{
		Network: s.Network, Department: s.Department, Owner: id.UserID(s.Owner), Contact: s.Contact, State: govern.State(s.State),
		Waiting: s.Waiting, Text: s.Text, After: s.After, Limit: pageSize,
		ActiveSince: date("active", s.ActiveSince), QuietSince: date("quiet", s.QuietSince),
	}
	if s.Owner != "" && !isMatrixID(s.Owner) {
		wrong["owner"] = v.t("wrong-person")
	}
	if s.MinContacts != "" {
		n, err := strconv.Atoi(s.MinContacts)
		if err != nil || n < 0 {
			wrong["contacts"] = v.t("wrong-number")
		}
		f.MinContacts = n
	}
	return f, wrong
}

func isMatrixID(text string) bool {
	name, host, err := id.UserID(text).Parse()
	return err == nil && name != "" && host != ""
}

// field returns a field of a form, as people mean it.
func (v *visit) field(name string) string {
	text := strings.TrimSpace(strings.ToValidUTF8(v.r.PostFormValue(name), ""))
	if runes := []rune(text); len(runes) > longestField {
		text = string(runes[:longestField])
	}
	return text
}

// showChats lists chats; the search stands sealed in the address.
func (c *Console) showChats(v *visit) error {
	var s chatSearch
	if err := v.openSearch(sealChatSearch, &s); err != nil {
		return err
	}
	return c.listChats(v, s)
}

// searchChats seals a search into an address, and leads there.
func (c *Console) searchChats(v *visit) error {
	s := chatSearch{
		Network: v.field("network"), Department: v.field("department"), Owner: v.field("owner"), Contact: v.field("contact"),
		State: v.field("state"), Text: v.field("text"), ActiveSince: v.field("active"), QuietSince: v.field("quiet"),
		MinContacts: v.field("contacts"), Waiting: v.field("waiting") != "",
	}
	if _, wrong := s.filter(v, c.options.Now()); len(wrong) > 0 {
		return v.show(http.StatusUnprocessableEntity, "chats", "chats", c.chatsPage(v, s, wrong))
	}
	return v.leadToSearch("/chats", sealChatSearch, s)
}

func (c *Console) chatsPage(v *visit, s chatSearch, wrong faults) chatsPage {
	return chatsPage{
		CSRF: v.session.csrf, Networks: c.options.Networks, Search: s, Faults: wrong, First: s.After == "",
		More:   s.Department+s.Owner+s.Contact+s.ActiveSince+s.QuietSince+s.MinContacts != "",
		States: []govern.State{govern.Open, govern.Paused, govern.ReadOnly, govern.Closed},
	}
}

func (c *Console) listChats(v *visit, s chatSearch) error {
	f, _ := s.filter(v, c.options.Now())
	p := c.chatsPage(v, s, nil)
	var err error
	if p.Chats, err = v.seat.Portals(v.r.Context(), f); err != nil {
		return err
	}
	if p.Chats.Next != "" {
		s.After = p.Chats.Next
		if p.Next, err = v.searchPath("/chats", sealChatSearch, s); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, "chats", "chats", p)
}

// openSearch opens the search in the address, if there is one.
func (v *visit) openSearch(purpose string, search any) error {
	if sealed := v.r.URL.Query().Get("s"); sealed != "" {
		return v.c.seal.open(purpose, sealed, search)
	}
	return nil
}

// searchPath is the address of a search.
func (v *visit) searchPath(path, purpose string, search any) (string, error) {
	sealed, err := v.c.seal.close(purpose, search)
	return path + "?s=" + sealed, err
}

func (v *visit) leadToSearch(path, purpose string, search any) error {
	to, err := v.searchPath(path, purpose, search)
	if err != nil {
		return err
	}
	return v.leave(to)
}

// chatPage is one chat.
type chatPage struct {
	govern.Portal
	Actions   []action
	Approvals approvals
}

func (c *Console) showChat(v *visit) error {
	var key govern.PortalKey
	if err := c.seal.open(sealChat, v.r.PathValue("ref"), &key); err != nil {
		return err
	}
	return c.chat(v, http.StatusOK, key, failed{})
}

// chat shows a chat, with what was wrong with the form of one of its actions.
func (c *Console) chat(v *visit, status int, key govern.PortalKey, wrong failed) error {
	chat, err := v.seat.Portal(v.r.Context(), key)
	if err != nil {
		return err
	}
	sealed, err := c.seal.close(sealChat, key)
	if err != nil {
		return err
	}
	p := chatPage{Portal: chat}
	if p.Approvals, err = v.waiting(); err != nil {
		return err
	}
	p.Approvals.Back = "/chat/" + sealed
	p.Approvals.Approvals = slices.DeleteFunc(p.Approvals.Approvals, func(a govern.Approval) bool { return a.Portal != key })
	p.Actions = v.actions(govern.OnPortal, sealed, wrong)
	p.Actions = slices.DeleteFunc(p.Actions, func(a action) bool {
		leads := map[govern.Verb]govern.State{govern.Pause: govern.Paused, govern.Lock: govern.ReadOnly,
			govern.Close: govern.Closed, govern.Reopen: govern.Open}
		return leads[a.Verb] != "" && leads[a.Verb] == chat.State
	})
	for i := range p.Actions {
		if p.Actions[i].Wants == govern.Account {
			if p.Actions[i].Choices, err = v.accountChoices(key.Network); err != nil {
				return err
			}
		}
	}
	return v.showAs(status, "chat", plainName(chat.Name), p)
}

// accountChoices lists the accounts that a chat can be handed over to.
func (v *visit) accountChoices(network string) ([]choice, error) {
	logins, err := v.seat.Logins(v.r.Context(), network)
	if err != nil {
		return nil, err
	}
	var list []choice
	for _, l := range logins {
		list = append(list, choice{Value: l.ID, Label: plainName(l.Name) + " – " + string(l.Owner.User)})
	}
	return list, nil
}
