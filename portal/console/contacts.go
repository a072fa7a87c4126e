package console

import (
	"net/http"
	"slices"

	"passerelle/portal/govern"
)

// contactSearch is what was entered to find contacts.
type contactSearch struct{ Network, Text, After string }

// contactsPage is the list of contacts.
type contactsPage struct {
	CSRF     string
	Networks []Network
	Search   contactSearch
	Contacts govern.Page[govern.Contact]
	Next     string // path
	First    bool
}

func (c *Console) showContacts(v *visit) error {
	var s contactSearch
	if err := v.openSearch(sealContactSearch, &s); err != nil {
		return err
	}
	p := contactsPage{CSRF: v.session.csrf, Networks: c.options.Networks, Search: s, First: s.After == ""}
	var err error
	if p.Contacts, err = v.seat.Contacts(v.r.Context(), s.Network, s.Text, s.After, pageSize); err != nil {
		return err
	}
	if p.Contacts.Next != "" {
		s.After = p.Contacts.Next
		if p.Next, err = v.searchPath("/contacts", sealContactSearch, s); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, "contacts", "contacts", p)
}

func (c *Console) searchContacts(v *visit) error {
	return v.leadToSearch("/contacts", sealContactSearch, contactSearch{Network: v.field("network"), Text: v.field("text")})
}

// contactPage is one contact.
type contactPage struct {
	govern.Contact
	Actions []action
}

func (c *Console) showContact(v *visit) error {
	var which thing
	if err := c.seal.open(sealContact, v.r.PathValue("ref"), &which); err != nil {
		return err
	}
	return c.contact(v, http.StatusOK, which, failed{})
}

// contact shows a contact, with what was wrong with the form of one of their actions.
func (c *Console) contact(v *visit, status int, which thing, wrong failed) error {
	contact, err := v.seat.Contact(v.r.Context(), which.Network, which.ID)
	if err != nil {
		return err
	}
	sealed, err := c.seal.close(sealContact, which)
	if err != nil {
		return err
	}
	p := contactPage{Contact: contact, Actions: v.actions(govern.OnContact, sealed, wrong)}
	p.Actions = slices.DeleteFunc(p.Actions, func(a action) bool {
		return a.Verb == govern.Block && contact.Blocked || a.Verb == govern.Unblock && !contact.Blocked
	})
	return v.showAs(status, "contact", plainName(contact.Name), p)
}
