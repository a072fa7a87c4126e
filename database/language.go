package database

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// chosen is a row of the table language.
type chosen struct {
	person   id.UserID
	language say.Language
}

var scanChosen = dbutil.ConvertRowFn[chosen](func(row dbutil.Scannable) (c chosen, err error) {
	err = row.Scan(&c.person, &c.language)
	return c, err
})

// Languages returns the language of everybody who chose one.
func (s *Store) Languages(ctx context.Context) (map[id.UserID]say.Language, error) {
	rows, err := scanChosen.NewRowIter(s.db.Query(ctx, `SELECT person, language FROM language`)).AsList()
	if err != nil {
		return nil, fmt.Errorf("load people's languages: %w", err)
	}
	all := make(map[id.UserID]say.Language, len(rows))
	for _, row := range rows {
		all[row.person] = row.language
	}
	return all, nil
}

// SetLanguage keeps the language that a person chose.
func (s *Store) SetLanguage(ctx context.Context, person id.UserID, language say.Language) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO language (person, language) VALUES ($1, $2)
		ON CONFLICT (person) DO UPDATE SET language = excluded.language`, person, language)
	if err != nil {
		return fmt.Errorf("keep a person's language: %w", err)
	}
	return nil
}
