// Package ledgertest keeps a chain's ledger in a database, for tests of what reads it.
package ledgertest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
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
	ctx := context.Background()
	if url == "" {
		url = filepath.Join(t.TempDir(), "ledger.db")
	}
	s, err := store.Open(ctx, url, regtest(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ledger, err := chain.OpenLedger(ctx, regtest(t), false, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Step(ctx, -1, blocks[:height+1]); err != nil {
		t.Fatal(err)
	}
	reader, err := store.OpenReader(ctx, url, regtest(t), false)
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
