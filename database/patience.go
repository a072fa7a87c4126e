package database

import (
	"context"
	"database/sql"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"
)

// patienceKey marks the contexts of [Patiently].
type patienceKey struct{}

// Patiently returns a context whose queries wait while the database cannot be used (see [IsTransient]), until the context ends:
// for libraries that go on without what they could not store. A transaction does not wait: it would be lost by then.
func Patiently(ctx context.Context) context.Context {
	return context.WithValue(ctx, patienceKey{}, true)
}

// patient is a database whose queries wait where their context says so.
type patient struct {
	*sql.DB
	log zerolog.Logger
}

func (p patient) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return patiently(ctx, p.log, func() (sql.Result, error) { return p.DB.ExecContext(ctx, query, args...) })
}

func (p patient) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return patiently(ctx, p.log, func() (*sql.Rows, error) { return p.DB.QueryContext(ctx, query, args...) })
}

func (p patient) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	row, _ := patiently(ctx, p.log, func() (*sql.Row, error) {
		row := p.DB.QueryRowContext(ctx, query, args...)
		return row, row.Err()
	})
	return row // which tells of the error when it is read
}

// patiently calls query until it does not fail for a reason that passes, if the context asks for that.
func patiently[T any](ctx context.Context, log zerolog.Logger, query func() (T, error)) (T, error) {
	if ctx.Value(patienceKey{}) == nil {
		return query()
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, time.Second
	began := time.Now()
	waited := false
	got, err := backoff.Retry(ctx, func() (T, error) {
		got, err := query()
		if err != nil && !IsTransient(err) {
			err = backoff.Permanent(err)
		}
		return got, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, _ time.Duration) {
		if !waited {
			log.Warn().Err(err).Msg("The database cannot be used now; what must not be lost waits for it")
			waited = true
		}
	}))
	if waited && err == nil {
		log.Info().Dur("waited", time.Since(began)).Msg("The database can be used again")
	}
	return got, err
}
