package console

import (
	"net/http"
	"slices"

	"passerelle/portal/govern"
)

// accountsPage is the list of accounts.
type accountsPage struct {
	Network  string
	Networks []Network
	Accounts []govern.Login
}

// showAccounts lists accounts: of one network, or of all.
func (c *Console) showAccounts(v *visit) error {
	network := v.r.URL.Query().Get("network")
	logins, err := v.seat.Logins(v.r.Context(), network)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "accounts", "accounts", accountsPage{Network: network, Networks: c.options.Networks, Accounts: logins})
}

// accountPage is one account.
type accountPage struct {
	govern.Login
	Actions []action
}

func (c *Console) showAccount(v *visit) error {
	var which thing
	if err := c.seal.open(sealAccount, v.r.PathValue("ref"), &which); err != nil {
		return err
	}
	return c.account(v, http.StatusOK, which, failed{})
}

// account shows an account, with what was wrong with the form of one of its actions.
func (c *Console) account(v *visit, status int, which thing, wrong failed) error {
	login, err := v.login(which)
	if err != nil {
		return err
	}
	sealed, err := c.seal.close(sealAccount, which)
	if err != nil {
		return err
	}
	return v.showAs(status, "account", plainName(login.Name), accountPage{Login: login, Actions: v.actions(govern.OnLogin, sealed, wrong)})
}

// login returns one account that the person sees. It fails with [govern.ErrNotFound].
func (v *visit) login(which thing) (govern.Login, error) {
	logins, err := v.seat.Logins(v.r.Context(), which.Network)
	if err != nil {
		return govern.Login{}, err
	}
	at := slices.IndexFunc(logins, func(l govern.Login) bool { return l.ID == which.ID && l.Network == which.Network })
	if at < 0 {
		return govern.Login{}, govern.ErrNotFound
	}
	return logins[at], nil
}
