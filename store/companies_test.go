package store_test

import (
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// The rules allow a zero byte in a company's name, and PostgreSQL's texts do not: such a name stopped the ledger for ever. Each name is read as it
// is, on both engines, and after a restore to the other.
func TestCompanyNamesWithZeroBytes(t *testing.T) {
	t.Parallel()
	pools := []largepool.Opening{
		{Label: "zero", Company: "\x00"}, {Label: "inside", Company: "Atlas\x00Nodes"}, {Label: "mark", Company: "\ufffe"},
		{Label: "marks", Company: "\ufffe0\x00\ufffe1\ufffe\ufffe"}, {Label: "plain", Company: "Atlas Nodes"},
	}
	net, blocks, err := largepool.Named(pools)
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, url string) {
		t.Helper()
		r := reader(t, url)
		recount(t, r, "with odd names") // compares each row with the pool's record
		view(t, r, func(s *store.Snapshot) error {
			names, err := s.NewestNames(len(pools) + 1)
			if err != nil || len(names) != len(pools) {
				t.Fatalf("%d names, %v", len(names), err)
			}
			got := map[string]string{}
			for _, x := range names {
				got[string(x.ID)] = x.Company
			}
			for i := range pools {
				p := &pools[i]
				rows, err := s.Pools(store.PoolFilter{ID: p.ID})
				if err != nil || len(rows) != 1 || rows[0].Company != p.Company || got[string(p.ID)] != p.Company {
					t.Errorf("%s: %+v and %q, want %q: %v", p.Label, rows, got[string(p.ID)], p.Company, err)
				}
				o, err := s.Operator(p.Operator)
				if err != nil {
					return err
				}
				of, err := s.PoolsOfOperators([]int64{o.ID}, 1)
				if err != nil || len(of) != 1 || of[0].Company != p.Company {
					t.Errorf("%s: its operator has %+v, %v", p.Label, of, err)
				}
			}
			return nil
		})
	}
	for i, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			url := d.open(t)
			ledger, _, s := ledgertest.Open(t, blocks, pastel.Height(len(blocks)-1), url)
			check(t, url)
			ledger.Close()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			other := databases[1-i].open(t)
			if _, err := store.Restore(t.Context(), backedUp(t, url), other, net, false, filepath.Join(t.TempDir(), "kept.db")); err != nil {
				t.Fatal(err)
			}
			check(t, other)
		})
	}
}
