package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/store"
)

// atVersion makes a database with the tables of an earlier release.
func atVersion(t *testing.T, url string, version int64) *sql.DB {
	t.Helper()
	return ledgertest.AtVersion(t, url, version, "migrations")
}

// Messages that an earlier release left unsent wait behind nothing but what they end or withdraw, as those of this release do.
func TestOneBadItemOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx, now := context.Background(), time.Unix(100, 0)
		d := atVersion(t, url, 6)
		for i, a := range []struct {
			id, cause, kind, state string
			attempts               int
		}{
			{"NEWS", "payout.settled atlas 1", "payout.settled", "pending", 0},
			{"ENDED", "cushion.low atlas ENDED", "cushion.low", "sending", 5},
			{"END", "about ENDED", "cushion.low", "pending", 0},
			{"AGAIN", "cushion.low atlas", "cushion.low", "pending", 0},
			{"LEFT", "pledge.left atlas jX 1", "pledge.left", "pending", 0},
			{"ORPHAN", "about FORGOTTEN", "pledge.left", "pending", 0},
		} {
			exec(t, d, `INSERT INTO alerts (id, seq, subscription, cause, kind, height, lost, standing, text, json, state, created, attempts, next_try)
				VALUES ($1, $2, 'mine', $3, $4, 1, 0, 0, '', '', $5, 0, $6, 0)`, a.id, i+1, a.cause, a.kind, a.state, a.attempts)
		}

		alerts, err := open(t, url).store.OpenAlerts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer alerts.Close()
		for _, want := range []string{"LEFT", "ORPHAN", "ENDED", "END", "AGAIN", "NEWS"} {
			lane := store.Lane{Subscription: "mine", Urgent: want != "NEWS"}
			var a store.Alert
			err := alerts.View(ctx, func(x *store.AlertTx) (err error) {
				a, _, err = x.NextAlert(lane, now, now, true)
				return err
			})
			if err != nil || a.ID != want {
				t.Fatalf("%q instead of %s, %v", a.ID, want, err)
			}
			exec(t, d, "UPDATE alerts SET state = 'sent' WHERE id = $1", a.ID)
		}
	})
}

// The first start on tables of version 7 empties the ledger and keeps what exists only in the database: subscriptions, messages, how far events
// have become messages, and the writer's row. A ledger rebuilt then stores the same rows as any other.
func TestUpgradeToNumberedTables(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		d := atVersion(t, url, 7)
		cursor := make([]byte, 32)
		cursor[0] = 9
		for _, statement := range []string{
			"INSERT INTO events (height, position, type, json) VALUES (1, 0, 'pool.created', '{}')",
			"INSERT INTO credits (height, position, pool, address, amount) VALUES (1, 0, 'atlas', 'tP', 5)",
			"INSERT INTO payout_outputs (pool, settled, position, address, amount) VALUES ('atlas', 1, 0, 'tP', 5)",
			`INSERT INTO subscriptions (id, created, since, to_url, secret, kinds, cushion, overdue)
				VALUES ('mine', 7, 1, 'https://example.org', 'secret', 'pledge.left', 50, 100)`,
			`INSERT INTO alerts (id, seq, subscription, cause, kind, height, lost, standing, text, json, state, created, attempts, next_try)
				VALUES ('told', 1, 'mine', 'pledge.left atlas jX 1', 'pledge.left', 1, 0, 0, 'words', '{}', 'sent', 8, 1, 0)`,
			"INSERT INTO deliveries (subscription, delivered, failure, given_up) VALUES ('mine', 1, '', 0)",
			"INSERT INTO alert_endings (subscription, cause, ended) VALUES ('mine', 'cushion.low atlas', 2)",
		} {
			exec(t, d, statement)
		}
		exec(t, d, "INSERT INTO blocks (height, hash, time, digest) VALUES (0, $1, 0, $1), (1, $1, 0, $1)", cursor)
		exec(t, d, "INSERT INTO records (kind, key, value) VALUES (1, $1, $1)", cursor)
		exec(t, d, "INSERT INTO alert_cursor (one, height, position, hash) VALUES (1, 1, 0, $1)", cursor)
		kept := []string{"subscriptions", "alerts", "deliveries", "alert_endings", "alert_cursor"}
		content := func() string { return dumpOf(t, url, kept) }
		before := content()

		l := open(t, url)
		if got := l.store.Emptied(); got != 2 {
			t.Errorf("%d blocks were emptied, want 2", got)
		}
		if content() != before {
			t.Errorf("what exists only in the database changed: %s", difference(content(), before))
		}
		if l.Last().Height != -1 {
			t.Errorf("the ledger begins at block %d", l.Last().Height)
		}
		l.step(t, -1, blocks)
		l.close(t)
		again := open(t, url)
		if again.store.Emptied() != 0 || again.Last().Height != blocks[len(blocks)-1].Height {
			t.Errorf("opened again, %d blocks were emptied and the last is %d", again.store.Emptied(), again.Last().Height)
		}
		alerts, err := again.store.OpenAlerts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer alerts.Close()
		err = alerts.View(ctx, func(x *store.AlertTx) error {
			c, err := x.Cursor()
			if err == nil && (c.Height != 1 || c.Hash[0] != 9) {
				t.Errorf("the cursor is at %+v", c)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		fresh := sqliteFile(t)
		other := open(t, fresh)
		other.step(t, -1, blocks)
		ledger := []string{"records", "blocks", "events", "names", "pools", "pledges", "pledge_tickets", "claims", "earnings", "payouts"}
		if got, want := dumpOf(t, url, ledger), dumpOf(t, fresh, ledger); got != want {
			t.Errorf("the tables are not those of a new database: %s", difference(got, want))
		}
	})
}

// toVersion9 takes a database of this release back to the tables of version 9.
func toVersion9(t *testing.T, url string) *sql.DB {
	t.Helper()
	d := raw(t, url)
	for _, statement := range []string{
		"ALTER TABLE pool_sums DROP COLUMN active_income", "ALTER TABLE network_sums DROP COLUMN active_income", "DROP TABLE history",
		"DROP INDEX coins_by_owner", "DROP TABLE posted_tickets", "DROP TABLE member_requests", "DROP TABLE member_subscriptions",
		"DELETE FROM smartpool_version WHERE version_id >= 10",
	} {
		exec(t, d, statement)
	}
	return d
}

// The income of pools while they were active, which an upgrade derives from rows, is what the ledger itself would have kept.
func TestUpgradeDerivesActiveIncome(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "dense")
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		l.step(t, -1, blocks[:200])
		l.step(t, 199, blocks[200:])
		l.close(t)
		tables := []string{"pool_sums", "network_sums", "history"}
		want := dumpOf(t, url, tables)
		d := raw(t, url)
		if n := rows(t, d, "SELECT count(*) FROM pool_sums WHERE active_income > 0 AND active_income < income")[0][0]; n == int64(0) {
			t.Error("no pool of this history had income while it was stopped")
		}
		toVersion9(t, url)
		again := open(t, url)
		if got := dumpOf(t, url, tables); got != want {
			t.Errorf("after the upgrade: %s", difference(got, want))
		}
		if n := again.store.Emptied(); n != 0 {
			t.Errorf("%d blocks were emptied", n)
		}
		recount(t, reader(t, url), "after the upgrade")
	})
}

// A ledger of version 8 has no sums, and one of version 9 that went on from there has none of its older pools: both are emptied, and the ledger
// rebuilt is like any other.
func TestUpgradeEmptiesALedgerWithoutSums(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "dense")
	for name, old := range map[string]func(t *testing.T, url string) (blocks int64){
		"version 8": func(t *testing.T, url string) int64 {
			d, hash := atVersion(t, url, 8), make([]byte, 32)
			exec(t, d, "INSERT INTO blocks (height, hash, time, digest) VALUES (0, $1, 0, $1), (1, $1, 0, $1), (2, $1, 0, $1)", hash)
			exec(t, d, `INSERT INTO pools (num, id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period, opened,
				opened_tx, counted, offered) VALUES (1, 'atlas', 'subscribing', 'Atlas', 1, 2, 3, 4, 5, 5, 10000, 300, 10, 1, $1, 0, 0)`, hash)
			exec(t, d, "INSERT INTO records (kind, key, value) VALUES (1, $1, $1)", hash)
			return 3
		},
		"version 9": func(t *testing.T, url string) int64 {
			l := open(t, url)
			l.step(t, -1, blocks[:170])
			l.close(t)
			exec(t, raw(t, url), "DELETE FROM pool_sums WHERE height < (SELECT max(height) FROM pool_sums)")
			toVersion9(t, url)
			return 170
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				want := old(t, url)
				l := open(t, url)
				if got := l.store.Emptied(); got != want || l.Last().Height != -1 {
					t.Errorf("%d blocks were emptied, want %d; the ledger ends at block %d", got, want, l.Last().Height)
				}
				l.step(t, -1, blocks[:200])
				l.close(t)
				fresh := sqliteFile(t)
				open(t, fresh).step(t, -1, blocks[:200])
				noted := strings.Replace(content(t, fresh), "history | 1 | 0 | 0 | 0", fmt.Sprintf("history | 1 | 0 | 0 | %d", want), 1)
				if got, want := content(t, url), noted; got != want {
					t.Errorf("the tables are not those of a new database: %s", difference(got, want))
				}
				recount(t, reader(t, url), "rebuilt")
			})
		})
	}
}

// What says that the ledger was emptied outlasts a program that ends between two migrations, and starts without a block after that. It ends with
// the first block.
func TestUpgradeSaysThatTheLedgerWasEmptiedThoughItBroke(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		d := atVersion(t, url, 7)
		exec(t, d, "INSERT INTO blocks (height, hash, time, digest) VALUES (0, $1, 0, $1), (1, $1, 0, $1)", make([]byte, 32))
		exec(t, d, "CREATE TABLE pool_sums (of BIGINT)") // is in the way of migration 9
		if s, err := store.Open(context.Background(), url, regtest(t)); err == nil {
			t.Fatal("the upgrade did not break", s.Close())
		}
		if n := rows(t, d, "SELECT max(version_id) FROM smartpool_version")[0][0]; n != int64(8) {
			t.Fatalf("the upgrade broke at version %d", n)
		}
		exec(t, d, "DROP TABLE pool_sums")
		for _, when := range []string{"first", "second"} {
			l := open(t, url)
			if n := l.store.Emptied(); n != 2 {
				t.Errorf("at the %s start, %d blocks were emptied, want 2", when, n)
			}
			l.close(t)
		}
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:1])
		l.close(t)
		if n := open(t, url).store.Emptied(); n != 0 {
			t.Errorf("with a block, %d blocks were emptied", n)
		}
	})
}

// A program that ends while it copies a file before an upgrade, or after that, starts again: it makes another copy and keeps the first.
func TestUpgradeCopiesAgain(t *testing.T) {
	t.Parallel()
	file := sqliteFile(t)
	atVersion(t, file, 7).Close()
	for _, name := range []string{file + ".version-7", file + ".version-7.part"} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, file)
	if first, err := os.ReadFile(file + ".version-7"); err != nil || string(first) != "half" {
		t.Errorf("the first copy is %d bytes, %v", len(first), err)
	}
	if n := rows(t, raw(t, file+".version-7.2"), "SELECT max(version_id) FROM smartpool_version")[0][0]; n != int64(7) {
		t.Errorf("the copy has version %v", n)
	}
	if _, err := os.Stat(file + ".version-7.part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("part of a copy is left: %v", err)
	}
}

// An upgrade that breaks off at each start does not fill the disk with copies.
func TestUpgradeCopiesAreBounded(t *testing.T) {
	t.Parallel()
	file := sqliteFile(t)
	d := atVersion(t, file, 8)
	exec(t, d, "CREATE TABLE history (of BIGINT)") // is in the way of migration 10
	var err error
	for range 5 {
		var s *store.Store
		if s, err = store.Open(context.Background(), file, regtest(t)); err == nil {
			t.Fatal("the upgrade did not break", s.Close())
		}
	}
	if !strings.Contains(err.Error(), "3 copies") {
		t.Error(err)
	}
	copies, err := filepath.Glob(file + ".version-*")
	if err != nil || len(copies) > 4 { // it breaks at version 9 from the second start on
		t.Errorf("%q, %v", copies, err)
	}
	if err := os.Remove(file + ".version-9.3"); err != nil {
		t.Fatal(err)
	}
	exec(t, d, "DROP TABLE history")
	open(t, file)
}
