package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"passerelle/portal/govern"
)

// action is the form of something that can be done.
type action struct {
	govern.Description
	CSRF    string
	Sealed  string // what it is about
	Choices []choice
	Value   string // as it was entered
	Fault   string // what is wrong with it
}

// choice is one of those that an action offers.
type choice struct{ Value, Label string }

// failed is what was wrong with the form of an action.
type failed struct {
	verb        govern.Verb
	value, text string
}

// actions returns the forms of everything that the person may do to something.
func (v *visit) actions(target govern.Target, sealed string, wrong failed) []action {
	var list []action
	for _, d := range govern.Verbs() {
		if d.Target != target || !v.seat.May(d.Verb) {
			continue
		}
		a := action{Description: d, CSRF: v.session.csrf, Sealed: sealed}
		if d.Wants == govern.RepairWay {
			for _, way := range govern.RepairWays() {
				a.Choices = append(a.Choices, choice{Value: way, Label: label(v.language, "repair", way)})
			}
		}
		if d.Verb == wrong.verb {
			a.Value, a.Fault = wrong.value, wrong.text
		}
		list = append(list, a)
	}
	return list
}

// do does what the form of an action says; what cannot be taken back only once the person has said so again.
func (c *Console) do(v *visit) error {
	d, ok := govern.Describe(govern.Verb(v.r.PostFormValue("verb")))
	if !ok {
		return govern.ErrArgument
	}
	a := govern.Action{Verb: d.Verb, Language: v.language, With: strings.TrimSpace(strings.ToValidUTF8(v.r.PostFormValue("with"), ""))}
	back, name, err := c.aim(v, d, &a)
	switch {
	case errors.Is(err, govern.ErrNotYours), errors.Is(err, govern.ErrMayNot), err == nil && !v.seat.May(d.Verb):
		_, err := v.seat.Do(v.r.Context(), a) // refuses, and writes that down
		return err
	case err != nil:
		return err
	}
	if d.Final && v.r.PostFormValue("sure") != "yes" {
		return v.show(http.StatusOK, "confirm", "confirm", confirmPage{
			action: action{Description: d, CSRF: v.session.csrf, Sealed: v.r.PostFormValue("target"), Value: a.With}, Name: name, Back: back,
		})
	}
	if text := v.wanting(d, a.With); text != "" {
		return c.again(v, d, a, failed{d.Verb, a.With, text})
	}
	result, err := v.seat.Do(v.r.Context(), a)
	switch {
	case errors.Is(err, govern.ErrArgument):
		return c.again(v, d, a, failed{d.Verb, a.With, v.t("wrong-" + string(d.Wants))})
	case errors.Is(err, govern.ErrCannotNow), errors.Is(err, govern.ErrDecided), errors.Is(err, govern.ErrTakenBack):
		c.sessions.tell(v.session.hash, &news{Text: v.t("error-" + complaintOf(err).id + "-text"), Wrong: true})
		return v.leave(back)
	case err != nil:
		return err
	case d.Verb == govern.Access:
		return v.known(a, name, result)
	}
	done := result.Done
	if done == "" {
		done = v.t("done-" + string(d.Verb))
	}
	c.sessions.tell(v.session.hash, &news{Text: done, Left: result.Left})
	if d.Verb == govern.Delete {
		back = "/chats"
	}
	return v.leave(back)
}

// aim finds what an action is about: where its page is, and what it is called. What the person does not see is not found.
func (c *Console) aim(v *visit, d govern.Description, a *govern.Action) (back, name string, err error) {
	sealed := v.r.PostFormValue("target")
	var which thing
	switch d.Target {
	case govern.OnPortal:
		if err := c.seal.open(sealChat, sealed, &a.Portal); err != nil {
			return "", "", err
		}
		chat, err := v.seat.Portal(v.r.Context(), a.Portal)
		return "/chat/" + sealed, chat.Name, err
	case govern.OnLogin:
		if err := c.seal.open(sealAccount, sealed, &which); err != nil {
			return "", "", err
		}
		a.Network, a.ID = which.Network, which.ID
		login, err := v.login(which)
		if errors.Is(err, govern.ErrNotFound) && !v.seesAll() {
			err = govern.ErrNotYours // it was there when it was sealed
		}
		return "/account/" + sealed, login.Name, err
	case govern.OnContact:
		if err := c.seal.open(sealContact, sealed, &which); err != nil {
			return "", "", err
		}
		a.Network, a.ID = which.Network, which.ID
		contact, err := v.seat.Contact(v.r.Context(), which.Network, which.ID)
		return "/contact/" + sealed, contact.Name, err
	default:
		if a.Approval, err = strconv.ParseInt(sealed, 10, 64); err != nil {
			return "", "", govern.ErrNotFound
		}
		return local(v.r.PostFormValue("back")), "", nil
	}
}

// wanting says what is wrong with what an action wants beside; "": nothing.
func (v *visit) wanting(d govern.Description, with string) string {
	ok := true
	switch d.Wants {
	case govern.Staff:
		ok = isMatrixID(with)
	case govern.Account:
		ok = with != ""
	case govern.Number:
		n, err := strconv.Atoi(with)
		ok = err == nil && n >= 0
	case govern.RepairWay:
		ok = slices.Contains(govern.RepairWays(), with)
	case govern.Text:
		ok = len(with) <= 2000
	}
	if ok {
		return ""
	}
	return v.t("wrong-" + string(d.Wants))
}

// again shows the page of what an action is about, with what was wrong beside its form.
func (c *Console) again(v *visit, d govern.Description, a govern.Action, wrong failed) error {
	switch d.Target {
	case govern.OnPortal:
		return c.chat(v, http.StatusUnprocessableEntity, a.Portal, wrong)
	case govern.OnLogin:
		return c.account(v, http.StatusUnprocessableEntity, thing{a.Network, a.ID}, wrong)
	case govern.OnContact:
		return c.contact(v, http.StatusUnprocessableEntity, thing{a.Network, a.ID}, wrong)
	default:
		return govern.ErrArgument
	}
}

// confirmPage asks once more.
type confirmPage struct {
	action
	Name string
	Back string
}

// knownPage is everything that is known about a contact.
type knownPage struct {
	CSRF   string
	Sealed string
	Name   string
	Facts  []fact
	Left   []string
}

type fact struct{ Name, Value string }

// known shows what is known of a contact, or gives it as a file.
func (v *visit) known(a govern.Action, name string, result govern.Result) error {
	if v.r.PostFormValue("as") == "file" {
		body, err := json.MarshalIndent(struct {
			Network string            `json:"network"`
			Contact string            `json:"contact"`
			Known   map[string]string `json:"known"`
			Left    []string          `json:"left,omitempty"`
		}{a.Network, a.ID, result.Data, result.Left}, "", "  ")
		if err != nil {
			return fmt.Errorf("write what is known: %w", err)
		}
		v.w.Header().Set("Content-Type", "application/json")
		v.w.Header().Set("Content-Disposition", `attachment; filename="contact.json"`)
		_, _ = v.w.Write(body) // a reader who has gone away needs no answer
		return nil
	}
	p := knownPage{CSRF: v.session.csrf, Sealed: v.r.PostFormValue("target"), Name: name, Left: result.Left}
	for _, key := range slices.Sorted(maps.Keys(result.Data)) {
		p.Facts = append(p.Facts, fact{key, result.Data[key]})
	}
	return v.show(http.StatusOK, "known", "known", p)
}
