package store_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	goosedb "github.com/pressly/goose/v3/database"

	"github.com/pastelnetwork/smartpool/store"
)

// atVersion makes a database with the tables of an earlier release.
func atVersion(t *testing.T, url string, version int64) *sql.DB {
	t.Helper()
	dialect, engine := goose.DialectSQLite3, "sqlite"
	if store.IsPostgres(url) {
		dialect, engine = goose.DialectPostgres, "postgres"
	}
	d := raw(t, url)
	if engine == "sqlite" {
		exec(t, d, "PRAGMA application_id = 0x53506f6c")
	}
	versions, err := goosedb.NewStore(dialect, "smartpool_version")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider("", d, os.DirFS("migrations/"+engine), goose.WithStore(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
	return d
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
// have become messages, and the writer's row. A ledger made anew then stores the same rows as any other.
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
