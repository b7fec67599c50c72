package notify_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// A ledger that is rebuilt keeps the subscriptions, and tells nobody what was told before, not even what is long forgotten.
func TestDatabaseMadeAnewKeepsSubscriptions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r, to := toldUpTo(t, url, blocks[:end])
		const months = 90 * 24 * time.Hour
		r.pass(months)
		if err := r.alerts.Do(ctx, func(x *store.AlertTx) error { return x.ForgetAlerts(end-100, r.clock(), r.clock()) }); err != nil {
			t.Fatal(err)
		}
		r.ledger.Close()
		if err := r.store.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		var err error
		if r.ledger, err = chain.OpenLedger(ctx, regtest(t), false, r.store); err != nil {
			t.Fatal(err)
		}
		if h := r.ledger.Last().Height; h != -1 {
			t.Fatalf("the ledger begins at block %d", h)
		}
		r.restart()
		r.tellsOnlyNews(to, blocks)
	})
}

// end is how many blocks of the recorded chain are told of before the ledger is rebuilt.
const end = 330

// toldUpTo is a rig of which a receiver has heard all that concerns the pool acme in some blocks.
func toldUpTo(t *testing.T, url string, blocks []*pool.Prepared) (*rig, *receiver) {
	t.Helper()
	const start = 146
	r := newRig(t, url)
	r.step(-1, blocks[:start])
	to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
	r.step(start-1, blocks[start:])
	r.round()
	r.round()
	if told := to.take(); len(told) < 10 {
		t.Fatalf("%d messages", len(told))
	}
	return r, to
}

// tellsOnlyNews rebuilds the ledger from the chain. Up to end, all was told before; of the rest, messages must say what happens.
func (r *rig) tellsOnlyNews(to *receiver, blocks []*pool.Prepared) {
	t, ctx := r.t, context.Background()
	t.Helper()
	const steps = 25
	for h := 0; h < end; h += steps {
		r.step(pastel.Height(h)-1, blocks[h:min(h+steps, end)])
		r.round()
	}
	wantKinds(t, to.take())
	if list, err := r.svc.List(ctx); err != nil || len(list) != 1 {
		t.Errorf("the subscriptions are %v, %v", list, err)
	}
	c, err := r.ledger.Step(ctx, pastel.Height(end)-1, blocks[end:])
	if err != nil {
		t.Fatal(err)
	}
	r.round()
	var want []string
	for _, b := range c.Blocks {
		for _, e := range b.Events {
			if e.Pool == acme && slices.Contains(ofEvents, notify.Kind(e.Type)) {
				want = append(want, string(e.Type))
			}
		}
	}
	if len(want) == 0 {
		t.Fatal("nothing happens in the last blocks")
	}
	wantKinds(t, to.take(), want...)
}

// A daemon of this release on the database of one from before the ledger's tables were made smaller sends nothing that the earlier one sent.
func TestUpgradeTellsNothingTwice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		old, to := toldUpTo(t, url, blocks[:end])
		old.alerts.Close()
		old.ledger.Close()
		if err := old.store.Close(); err != nil {
			t.Fatal(err)
		}

		upgraded := filepath.Join(t.TempDir(), "old.db")
		if store.IsPostgres(url) {
			upgraded = pgtest.Open(t)
		}
		const numbered = 8 // the version that empties the ledger
		d := ledgertest.AtVersion(t, upgraded, numbered-1, "../store/migrations")
		for _, table := range []string{"subscriptions", "alerts", "deliveries", "alert_endings", "alert_cursor"} {
			copyTable(t, url, d, table)
		}
		if _, err := d.ExecContext(ctx, "INSERT INTO blocks (height, hash, time, digest) VALUES (0, $1, 0, $1)", make([]byte, 32)); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, upgraded)
		if n := r.store.Emptied(); n != 1 {
			t.Fatalf("%d blocks were emptied", n)
		}
		r.tellsOnlyNews(to, blocks)
	})
}

// copyTable copies the rows of a table from a database to another one.
func copyTable(t *testing.T, url string, to *sql.DB, table string) {
	t.Helper()
	driver := "sqlite"
	if store.IsPostgres(url) {
		driver = "pgx"
	}
	from, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	rows, err := from.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	row, places, marks := make([]any, len(columns)), make([]any, len(columns)), make([]string, len(columns))
	for i := range row {
		places[i], marks[i] = &row[i], fmt.Sprintf("$%d", i+1)
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
