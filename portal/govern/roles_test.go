package govern

import (
	"slices"
	"testing"

	"maunium.net/go/mautrix/id"
)

func TestARoleIsThePersonsOwnOrTheirDomains(t *testing.T) {
	roles := NewRoleBook(map[string]Position{
		"@olga:taxes.example":  {Role: RoleOperator, Departments: []string{"taxes"}},
		"audit.example":        {Role: RoleAuditor},
		"@bruno:audit.example": {Role: RoleOperator},
		"@odd:taxes.example":   {Role: "king"},
	}, map[string]string{"*": "relay", "it.example": "admin", "@trainee:it.example": "user", "@chief:taxes.example": "admin"})
	for user, want := range map[id.UserID]Role{
		"@olga:taxes.example":       RoleOperator,
		"@anybody:audit.example":    RoleAuditor,
		"@bruno:audit.example":      RoleOperator,
		"@anybody:it.example":       RoleAdministrator,
		"@trainee:it.example":       "",
		"@chief:taxes.example":      RoleAdministrator,
		"@eve:taxes.example":        "",
		"@eve:sub.audit.example":    "",
		"@eve:evil.example:audit":   "",
		"audit.example":             "",
		"@odd:taxes.example":        "",
		"":                          "",
		"@olga:taxes.example.other": "",
	} {
		if p, ok := roles.Of(user); ok != (want != "") || ok && (p.Role != want || p.ID != user) {
			t.Errorf("%q is %+v, %v; want %q", user, p, ok, want)
		}
	}
	if p, _ := roles.Of("@olga:taxes.example"); !slices.Equal(p.Departments, []string{"taxes"}) {
		t.Errorf("olga's departments are %q", p.Departments)
	}
}

func TestABookThatIsReplacedHoldsAtOnce(t *testing.T) {
	roles := NewRoleBook(map[string]Position{"@olga:state": {Role: RoleOperator}}, nil)
	desk := NewDesk(&town{}, roles, &book{})
	if _, err := desk.Sit("@olga:state", Console); err != nil {
		t.Fatal(err)
	}
	roles.Replace(nil, nil)
	if _, err := desk.Sit("@olga:state", Console); err == nil {
		t.Error("olga sits although her role went away")
	}
}

func TestWhoIsTurnedAwayIsWrittenDown(t *testing.T) {
	audit := &book{}
	if err := NewDesk(&town{}, staff, audit).TurnAway(t.Context(), Console, "@olga:state", "used link"); err != nil {
		t.Fatal(err)
	}
	want := Deed{By: "@olga:state", Door: Console, Verb: "sign-in", Result: "used link"}
	if len(audit.deeds) != 1 || audit.deeds[0] != want {
		t.Errorf("written down: %+v", audit.deeds)
	}
}
