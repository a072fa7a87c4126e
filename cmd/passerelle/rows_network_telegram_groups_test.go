package main

import (
	"context"
	"reflect"
	"slices"
	"time"

	"passerelle/bridge/bridgetest"
	"passerelle/bridge/bridgetest/rowtest"
	"passerelle/connectors/telegram/telegramtest"
)

// id is the number of somebody, or of their bot.
func (m rowMember) id(who rowtest.Person) int64 { return m.network.number(who.Address()) }

func (m rowMember) Founds(name string, members ...rowtest.Person) rowtest.Address {
	m.t.Helper()
	var ids []int64
	for _, member := range members {
		ids = append(ids, m.id(member))
	}
	group, err := m.CreateGroup(name, telegramtest.GroupOptions{Supergroup: true}, ids...)
	m.did(err)
	return m.network.address(group)
}

func (m rowMember) Renames(group rowtest.Address, name string) {
	m.t.Helper()
	m.did(m.Retitle(m.network.number(group), name))
}

func (m rowMember) Describes(group rowtest.Address, description string) {
	m.t.Helper()
	m.did(m.Describe(m.network.number(group), description))
}

func (m rowMember) Pictures(group rowtest.Address, picture []byte) {
	m.t.Helper()
	if picture == nil {
		m.did(m.RemovePicture(m.network.number(group)))
		return
	}
	m.did(m.Person.Picture(m.network.number(group), picture))
}

// permits changes one kind of what members may do.
func (m rowMember) permits(group rowtest.Address, change func(telegramtest.Permissions)) {
	m.t.Helper()
	id := m.network.number(group)
	now, err := m.network.server.Group(id)
	m.did(err)
	change(now.Permissions)
	m.did(m.Permit(id, now.Permissions))
}

func (m rowMember) Announces(group rowtest.Address, adminsOnly bool) {
	m.t.Helper()
	m.permits(group, func(p telegramtest.Permissions) {
		for _, name := range telegramtest.SendingPermissions() {
			p[name] = !adminsOnly
		}
	})
}

func (m rowMember) Locks(group rowtest.Address, locked bool) {
	m.t.Helper()
	m.permits(group, func(p telegramtest.Permissions) { p["can_change_info"] = !locked })
}

func (m rowMember) Adds(group rowtest.Address, who rowtest.Person) {
	m.t.Helper()
	m.did(m.Invite(m.network.number(group), m.id(who)))
}

func (m rowMember) Removes(group rowtest.Address, who rowtest.Person) {
	m.t.Helper()
	m.did(m.Remove(m.network.number(group), m.id(who)))
}

func (m rowMember) Promotes(group rowtest.Address, who rowtest.Person) {
	m.t.Helper()
	m.did(m.Promote(m.network.number(group), m.id(who), true))
}

func (m rowMember) Demotes(group rowtest.Address, who rowtest.Person) {
	m.t.Helper()
	m.did(m.Promote(m.network.number(group), m.id(who), false))
}

func (m rowMember) Leaves(group rowtest.Address) {
	m.t.Helper()
	m.did(m.Leave(m.network.number(group)))
}

func (m rowMember) SeesGroup(group rowtest.Address, what string, match func(rowtest.Group) bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), bridgetest.Patience)
	defer cancel()
	id := m.network.number(group)
	now, err := m.network.server.Group(id)
	for err == nil && !match(m.group(now)) { // which may look at the server itself
		seen := now
		now, err = m.network.server.WaitForGroup(ctx, id, func(now telegramtest.GroupInfo) bool { return !reflect.DeepEqual(now, seen) })
	}
	if err != nil {
		m.t.Fatalf("%s: the group is %+v: %v", what, now, err)
	}
}

// group puts a group into the words of rows.
func (m rowMember) group(now telegramtest.GroupInfo) rowtest.Group {
	g := rowtest.Group{Name: now.Title, Description: now.Description, Locked: !now.Permissions["can_change_info"]}
	for _, id := range now.Members {
		g.Members = append(g.Members, m.network.address(id))
	}
	for _, id := range now.Admins {
		g.Admins = append(g.Admins, m.network.address(id))
	}
	g.Announce = !slices.ContainsFunc(telegramtest.SendingPermissions(), func(name string) bool { return now.Permissions[name] })
	return g
}

func (m rowMember) Picture(group rowtest.Address) []byte {
	m.t.Helper()
	now, err := m.network.server.Group(m.network.number(group))
	m.did(err)
	return now.Photo
}

// Opens does nothing: Telegram shows who types to everybody in a chat.
func (m rowMember) Opens(rowtest.Address) {}

// SeesTyping waits until the app shows that somebody types. Telegram has no word for the end: it is shown for some seconds, which the
// server's clock skips here.
func (m rowMember) SeesTyping(chat rowtest.Address, typing bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), bridgetest.Patience)
	defer cancel()
	action := "typing"
	if !typing {
		m.network.server.Advance(6 * time.Second)
		action = ""
	}
	m.did(m.WaitForDoing(ctx, m.network.number(chat), action))
}
