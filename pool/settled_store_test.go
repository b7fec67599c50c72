package pool_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// claimsSettled is what a settlement of the benchmarks pays: 500 members and the operator.
const claimsSettled = 501

// BenchmarkSettlementStored stores the step of a block that settles a pool of 500, and reports the time for each claim. Every time, the block
// before was taken back, so that the writer knows no names.
func BenchmarkSettlementStored(b *testing.B) {
	for name, open := range map[string]func(testing.TB) string{"SQLite": newFile, "PostgreSQL": pgtest.Open} {
		b.Run(name, func(b *testing.B) {
			s, history, apply := pool.Settling()
			stored(b, open(b), s, history, apply)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/claimsSettled, "µs/claim")
		})
	}
}

func newFile(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") }

// BenchmarkClaimBytes reports how much larger a database grows with each claim that is settled and paid: by the payouts of a pool of 500
// members, the events and the blocks, of which the last hundred keep undo records.
func BenchmarkClaimBytes(b *testing.B) {
	const first, more = 20, 40 // settlements
	for name, open := range map[string]func(testing.TB) string{"SQLite": newFile, "PostgreSQL": pgtest.Open} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				url := open(b)
				before := grow(b, url, first)
				bytes := float64(grow(b, open(b), first+more)-before) / more / claimsSettled
				b.ReportMetric(bytes, "bytes/claim")
			}
		})
	}
}

// grow stores settlements block by block and returns the size of the database in bytes.
func grow(b *testing.B, url string, settlements int) (size int64) {
	ctx := context.Background()
	var db *store.Store
	var history []*pool.Update
	pool.EachSettled(settlements, func(s *pool.State, before pool.Tip, u *pool.Update) {
		if s == nil {
			history = append(history, u)
			return
		}
		step := change(b, s, before, u)
		if db == nil {
			var err error
			if db, err = store.Open(ctx, url, s.Params()); err != nil {
				b.Fatal(err)
			}
			none := pool.Tip{Height: -1}
			step.From, step.Base, step.Blocks, step.Records = none, none, append(history, u), s.Records()
		}
		if err := db.Commit(ctx, step); err != nil {
			b.Fatal(err)
		}
	})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if !store.IsPostgres(url) {
		info, err := os.Stat(url)
		if err != nil {
			b.Fatal(err)
		}
		return info.Size()
	}
	d, err := sql.Open("pgx", url)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	// Records and blocks are written over, which vacuuming makes room for; history only grows.
	if err := d.QueryRowContext(ctx, `SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
		AND relkind = 'r' AND relname <> 'records'`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	return size
}
