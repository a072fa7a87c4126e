package database_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"passerelle/database"
	"passerelle/portal"
	"passerelle/portal/audit"
)

// BenchmarkRecord measures what a decision costs with the audit log and without it, one after another and many at once.
func BenchmarkRecord(b *testing.B) {
	for _, audited := range []bool{false, true} {
		for _, together := range []int{1, 20} {
			b.Run(fmt.Sprintf("audit=%t/at-once=%d", audited, together), func(b *testing.B) {
				s := database.NewSealer()
				store, err := database.Open(b.Context(), database.Place(b.TempDir()), s, zerolog.Nop())
				if err != nil {
					b.Fatal(err)
				}
				defer store.Close()
				var ledger portal.Ledger = store
				if audited {
					signer, names := auditKeys()
					ledger, err = audit.Open(b.Context(), audit.Options{Store: store, Pseudonyms: names, Signer: signer,
						Patience: time.Minute, Transient: database.IsTransient, Now: time.Now, Log: zerolog.Nop()})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ResetTimer()
				var all sync.WaitGroup
				for worker := range together {
					all.Go(func() {
						for n := worker; n < b.N; n += together {
							if err := ledger.Record(b.Context(), said(n)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				all.Wait()
			})
		}
	}
}
