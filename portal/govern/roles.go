package govern

import (
	"maps"
	"sync/atomic"

	"maunium.net/go/mautrix/id"
)

// Position is what somebody is in the administration.
type Position struct {
	Role        Role
	Departments []string // of an operator
}

// RoleBook is the [Roles] of a list: a Matrix ID, or a domain for everybody on it, and their position. It can be replaced while people
// are at the desk: what it says holds from the next time that they do or ask something.
type RoleBook struct {
	pages atomic.Pointer[pages]
}

// pages are what a RoleBook says at one time.
type pages struct {
	positions   map[string]Position
	permissions map[string]string
}

// NewRoleBook returns a book of positions. Who has the bridge's permission "admin" is an administrator, too: permissions is that list,
// a Matrix ID, a domain or "*", and a level.
func NewRoleBook(positions map[string]Position, permissions map[string]string) *RoleBook {
	b := &RoleBook{}
	b.Replace(positions, permissions)
	return b
}

// Replace puts new lists in the place of those that are there.
func (b *RoleBook) Replace(positions map[string]Position, permissions map[string]string) {
	b.pages.Store(&pages{positions: maps.Clone(positions), permissions: maps.Clone(permissions)})
}

// Of returns the person of a Matrix ID (see [Roles]). The entry of the ID itself counts before that of its domain. An ID that is none has
// no role.
func (b *RoleBook) Of(user id.UserID) (Person, bool) {
	if _, _, err := user.Parse(); err != nil {
		return Person{}, false
	}
	p := b.pages.Load()
	if p.isAdmin(user) {
		return Person{ID: user, Role: RoleAdministrator}, true
	}
	for _, pattern := range []string{string(user), user.Homeserver()} {
		if position, ok := p.positions[pattern]; ok {
			return Person{ID: user, Role: position.Role, Departments: position.Departments}, rank(position.Role) >= 0
		}
	}
	return Person{}, false
}

// isAdmin looks in the order that bridgev2 does (bridgev2/bridgeconfig/permissions.go).
func (p *pages) isAdmin(user id.UserID) bool {
	for _, pattern := range []string{string(user), user.Homeserver(), "*"} {
		if level, ok := p.permissions[pattern]; ok {
			return level == "admin"
		}
	}
	return false
}
