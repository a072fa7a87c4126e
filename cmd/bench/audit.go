package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
)

// auditRounds is how often each is measured, in turn: what the disk is busy with changes.
const auditRounds = 5

// measureAudit writes decisions down without the audit log and with it, one at a time and many at once, and compares.
func measureAudit(ctx context.Context, b *bench) (value, beside string, err error) {
	dir, err := os.MkdirTemp("", "passerelle-bench-audit-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	plain, log, closeAll, err := twoLedgers(ctx, dir)
	if err != nil {
		return "", "", err
	}
	took := map[string][]time.Duration{}
	for round := range auditRounds {
		for _, together := range []int{1, b.amounts.rooms} {
			for name, ledger := range map[string]portal.Ledger{"off": plain, "on": log} {
				one, err := recordAll(ctx, ledger, round, together, b.amounts.decisions)
				if err != nil {
					return "", "", errors.Join(err, closeAll())
				}
				took[name+strconv.Itoa(together)] = append(took[name+strconv.Itoa(together)], one)
			}
		}
	}
	of := func(name string, together int) float64 {
		list := took[name+strconv.Itoa(together)]
		slices.Sort(list)
		return float64(list[len(list)/2].Microseconds()) / 1000
	}
	const one = 1
	many := b.amounts.rooms
	return fmt.Sprintf("%.2f / %.2f", of("on", one)/of("off", one), of("on", many)/of("off", many)),
		fmt.Sprintf("%.2f ms with it and %.2f ms without, one at a time; %.2f and %.2f ms with %d at once; the median of %d rounds of %d, SQLite, on the disk",
			of("on", one), of("off", one), of("on", many), of("off", many), many, auditRounds, b.amounts.decisions), closeAll()
}

// twoLedgers opens two databases, one of which has an audit log.
func twoLedgers(ctx context.Context, dir string) (plain *database.Store, log *audit.Log, closeAll func() error, err error) {
	open := func(name string) (*database.Store, error) {
		return database.Open(ctx, database.Place(filepath.Join(dir, name)), database.NewSealer(), zerolog.Nop())
	}
	if plain, err = open("off"); err != nil {
		return nil, nil, nil, err
	}
	store, err := open("on")
	if err != nil {
		return nil, nil, nil, errors.Join(err, plain.Close())
	}
	closeAll = func() error { return errors.Join(plain.Close(), store.Close()) }
	options := audit.Options{Store: store, Patience: patience, Transient: database.IsTransient, Now: time.Now, Log: zerolog.Nop()}
	if options.Pseudonyms, err = audit.ParsePseudonyms(audit.NewPseudonymKey()); err == nil {
		log, err = audit.Open(ctx, options)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, closeAll())
	}
	return plain, log, closeAll, nil
}

// recordAll writes decisions down, some at a time, and returns what each took.
func recordAll(ctx context.Context, ledger portal.Ledger, round, together, count int) (time.Duration, error) {
	failed := make([]error, together)
	var all sync.WaitGroup
	start := time.Now()
	for worker := range together {
		all.Go(func() {
			for n := worker; n < count && failed[worker] == nil; n += together {
				failed[worker] = ledger.Record(ctx, portal.Decision{Key: fmt.Sprintf("%d-%d-%d", round, together, n), Network: "whatsapp",
					Direction: portal.In, Kind: portal.KindText, Portal: "84512345678901@lid", Login: "84598765432109",
					Sender: "84512345678901", Size: 20, Outcome: portal.Admit, Rule: "default", At: time.Now()})
			}
		})
	}
	all.Wait()
	return time.Since(start) / time.Duration(count), errors.Join(failed...)
}
