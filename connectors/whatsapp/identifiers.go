package whatsapp

import (
	"context"
	"fmt"
	"strings"

	"go.mau.fi/util/dbutil"
)

// IdentifiersOf returns what the person with a phone number is called in our databases, as a person and as a direct chat, by
// what the network's database knows of numbers (whatsmeow, store/sqlstore/lidmap.go). It is empty when that knows none.
func IdentifiersOf(ctx context.Context, db *dbutil.Database, number string) ([]string, error) {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	rows, err := db.Query(ctx, `SELECT lid FROM whatsmeow_lid_map WHERE pn = $1`, digits)
	lids, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return nil, fmt.Errorf("look up a phone number: %w", err)
	}
	var identifiers []string
	for _, lid := range lids {
		jid := lidOf(lid)
		identifiers = append(identifiers, string(userID(jid)), string(portalID(jid)))
	}
	return identifiers, nil
}
