// Package ledgertest keeps a chain's ledger in a database, for tests of what reads it.
package ledgertest

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Recorded returns the blocks of a recorded chain (see chaintest.Read), prepared, from height 0.
func Recorded(t testing.TB, name string) (blocks []*pool.Prepared) {
	t.Helper()
	net := regtest(t)
	for h, b := range chaintest.Parsed(t, name) {
		blocks = append(blocks, pool.Prepare(&net, pastel.Height(h), b))
	}
	return blocks
}

// Open stores a chain on regtest up to a height, and returns its ledger, a reader of the database, which is an SQLite file of the test unless
// a URL is given, and the writer.
func Open(t testing.TB, blocks []*pool.Prepared, height pastel.Height, url string) (*chain.Ledger, *store.Reader, *store.Store) {
	t.Helper()
	return open(t, regtest(t), blocks[:height+1], url, enforced)
}

// Shadow is Open for a shadow run in an SQLite file: the ledger reports what breaks the rules.
func Shadow(t testing.TB, blocks []*pool.Prepared, height pastel.Height) (*chain.Ledger, *store.Reader) {
	t.Helper()
	ledger, reader, _ := open(t, regtest(t), blocks[:height+1], "", shadow)
	return ledger, reader
}

// Whether a network enforces the rules.
const enforced, shadow = false, true

// LargePool stores the first half of the chain of a large pool as Open does. From there on, every block changes what is shown of the pool.
func LargePool(t testing.TB, url string) (*largepool.Chain, *chain.Ledger, *store.Reader) {
	t.Helper()
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	ledger, reader, _ := open(t, c.Params, c.Blocks[:len(c.Blocks)/2], url, enforced)
	return c, ledger, reader
}

func open(t testing.TB, params pool.Params, blocks []*pool.Prepared, url string, shadow bool) (*chain.Ledger, *store.Reader, *store.Store) {
	t.Helper()
	ctx := context.Background()
	if url == "" {
		url = filepath.Join(t.TempDir(), "ledger.db")
	}
	s, err := store.Open(ctx, url, params)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ledger, err := chain.OpenLedger(ctx, params, shadow, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Step(ctx, -1, blocks); err != nil {
		t.Fatal(err)
	}
	reader, err := store.OpenReader(ctx, url, params, shadow)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return ledger, reader, s
}

func regtest(t testing.TB) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// AtVersion makes a database with the tables of an earlier release. The folder has the migrations of both engines.
func AtVersion(t testing.TB, url string, version int64, folder string) *sql.DB {
	t.Helper()
	dialect, engine, driver := goose.DialectSQLite3, "sqlite", "sqlite"
	if store.IsPostgres(url) {
		dialect, engine, driver = goose.DialectPostgres, "postgres", "pgx"
	}
	d, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if engine == "sqlite" {
		if _, err := d.Exec("PRAGMA application_id = 0x53506f6c"); err != nil {
			t.Fatal(err)
		}
	}
	versions, err := database.NewStore(dialect, "smartpool_version")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider("", d, os.DirFS(filepath.Join(folder, engine)), goose.WithStore(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
	return d
}
