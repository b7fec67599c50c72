package books_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/wire"
)

// The network's limit: pools of 500 pledges, 30 days of income, and settlements once a day.
const (
	limitPools   = 4_150
	limitPledges = 500
	limitBlocks  = 17_280
)

// atTheLimit returns the read model of a database with the rows that lists read, as many as the whole network would have. They are made by
// SQL from those of a recorded pool.
func atTheLimit(b *testing.B) *books.Books {
	b.Helper()
	file := filepath.Join(b.TempDir(), "ledger.db")
	_, reader, writer := ledgertest.Open(b, ledgertest.Recorded(b, "dense"), 200, file)
	if err := writer.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	columns := `status, company, supernode, fee_address, escrow, required, target, factor, fee, period, opened_tx, activated, activation_tx,
		deadline, ended, counted, offered, shelf, low, broken, standby, plain, room, escrowed, claimed, pending`
	for _, text := range []string{
		"WITH RECURSIVE n (i) AS (VALUES (201) UNION ALL SELECT i + 1 FROM n WHERE i < %[3]d) INSERT INTO blocks SELECT i, hash, time + i, digest, NULL FROM n, (SELECT * FROM blocks WHERE height = 200)",
		"DELETE FROM pools WHERE num > 1",
		"UPDATE pools SET status = 'active', shelf = 4, activated = coalesce(activated, opened + 1), activation_tx = opened_tx, ended = NULL",
		"WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d) INSERT INTO pools (num, id, opened, operator, skeleton, members, " + columns +
			") SELECT i, 'pool' || i, 200 + i, (SELECT operator FROM pools WHERE num = 1), 'name' || i, %[2]d - i %% 400, " + columns + " FROM n, (SELECT * FROM pools WHERE num = 1)",
		"UPDATE pools SET counted = counted + num %% 997, room = num %% 313, fee = 300 + num %% 1200 WHERE num > 1",
		`WITH people AS (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS of FROM names WHERE text LIKE 'jX%%')
			UPDATE pools SET operator = (SELECT id FROM people WHERE n = 1 + pools.num %% of)`,
		"DELETE FROM operators",
		`INSERT INTO operators SELECT operator, min(num), 0, count(*), 0, 0, 0, 0, 0, 0, sum(counted), 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 FROM pools GROUP BY operator`,
		`WITH RECURSIVE n (i) AS (VALUES (201) UNION ALL SELECT i + 1 FROM n WHERE i < %[3]d) INSERT INTO pool_sums
			SELECT 1 + i %% %[1]d, i, 2, 1000, 1000 * i, i, 1000 * i, i / %[1]d, i, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1000 * i FROM n`,
		`WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d), d (at) AS (VALUES (300) UNION ALL SELECT at + 576 FROM d WHERE at < %[3]d - 576)
			INSERT OR IGNORE INTO pool_sums SELECT i, at, 2, 1000, 1000 * at, at, 1000 * at, at / %[1]d, at, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1000 * at FROM n, d`,
		`WITH RECURSIVE n (i) AS (VALUES (201) UNION ALL SELECT i + 1 FROM n WHERE i < %[3]d) INSERT INTO network_sums SELECT i, %[1]d, i * %[1]d, 1000 * i, 0, 1000 * i FROM n`,
		"ANALYZE",
	} {
		if _, err := db.Exec(fmt.Sprintf(text+" -- %[1]d %[2]d %[3]d", limitPools, limitPledges, limitBlocks)); err != nil {
			b.Fatalf("%s: %v", text, err)
		}
	}
	return books.New(reader)
}

// BenchmarkLists answers each list of the network at its limit, in pages of 50.
func BenchmarkLists(b *testing.B) {
	x := atTheLimit(b)
	ctx := context.Background()
	last := wire.Sorted{Limit: 50}
	for range 40 {
		_, _, next, err := x.Pools(ctx, wire.PoolQuery{Sorted: last})
		if err != nil {
			b.Fatal(err)
		}
		last.Cursor = next
	}
	for _, c := range []struct {
		name string
		ask  func() error
	}{
		{"statistics", func() error { _, err := x.Statistics(ctx); return err }},
		{"pools", func() error { _, _, _, err := x.Pools(ctx, wire.PoolQuery{}); return err }},
		{"pools, page 41", func() error { _, _, _, err := x.Pools(ctx, wire.PoolQuery{Sorted: last}); return err }},
		{"pools, open, by room", func() error {
			_, _, _, err := x.Pools(ctx, wire.PoolQuery{Open: true, Sort: wire.SortRoom, Coins: 100})
			return err
		}},
		{"pools, live, by coins", func() error {
			_, _, _, err := x.Pools(ctx, wire.PoolQuery{Status: []string{"subscribing", "active", "replenishing"}, Sort: wire.SortCounted})
			return err
		}},
		{"past pools", func() error { _, _, _, err := x.PastPools(ctx, 9_000, wire.Page{}); return err }},
		{"operators", func() error { _, _, _, err := x.Operators(ctx, wire.OperatorQuery{}); return err }},
		{"names like a text", func() error { _, err := x.NamedLike(ctx, "poll77", 50); return err }},
		{"income over time", func() error { _, err := x.Series(ctx, "pool77", 0); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				if err := c.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
