package database

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
)

// outageKey is the key of a context's *outage.
type outageKey struct{}

// outage keeps the first query that failed since the database could not be used.
type outage struct {
	mu    sync.Mutex
	first error
}

// NotingOutages returns a context, and a function that returns the first transient failure (see [IsTransient]) of the queries
// that were made with it so far, nil for none: for libraries that keep it to themselves. A query for one row is not noted; its
// failure comes as the row is read.
func NotingOutages(ctx context.Context) (noting context.Context, away func() error) {
	o := &outage{}
	return context.WithValue(ctx, outageKey{}, o), func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.first
	}
}

// noting is a logger that also notes outages where the context asks for it.
type noting struct{ dbutil.DatabaseLogger }

func (n noting) QueryTiming(ctx context.Context, method, query string, args []any, nrows int, duration time.Duration, err error) {
	if o, ok := ctx.Value(outageKey{}).(*outage); ok && IsTransient(err) {
		o.mu.Lock()
		if o.first == nil {
			o.first = err
		}
		o.mu.Unlock()
	}
	n.DatabaseLogger.QueryTiming(ctx, method, query, args, nrows, duration, err)
}
