package store_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// states holds the states after each block of a chain, by height, from a replay without a database.
type states [][]byte

func replay(t testing.TB, blocks []*pool.Prepared) (list states) {
	t.Helper()
	l, err := chain.OpenLedger(context.Background(), regtest(t), false, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range blocks {
		if _, err := l.Step(context.Background(), b.Height-1, blocks[i:i+1]); err != nil {
			t.Fatal(err)
		}
		l.View(func(s *pool.State) { list = append(list, s.Encode()) })
	}
	return list
}

// check fails the test unless a ledger has the replay's state at its height, which it returns.
func (list states) check(t testing.TB, l opened) pastel.Height {
	t.Helper()
	h := l.Last().Height
	if h >= 0 && !bytes.Equal(l.bytes(), list[h]) {
		t.Fatalf("the state at block %d is not the replay's", h)
	}
	return h
}

// undisturbed is the dump of a database in which a chain was stored without incidents.
func undisturbed(t testing.TB, blocks []*pool.Prepared) string {
	t.Helper()
	file := sqliteFile(t)
	l := open(t, file)
	for i, b := range blocks {
		l.step(t, b.Height-1, blocks[i:i+1])
	}
	l.close(t)
	return content(t, file)
}

func compare(t testing.TB, url, want string) {
	t.Helper()
	if got := content(t, url); got != want {
		t.Errorf("the tables are not those of an undisturbed run: %s", difference(got, want))
	}
}
