package store_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

func regtest(t testing.TB) pool.Params { return params(t, "regtest") }

func params(t testing.TB, network string) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName(network)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// recorded returns the prepared blocks of a recorded chain.
func recorded(t testing.TB, name string) []*pool.Prepared {
	t.Helper()
	net := regtest(t)
	var blocks []*pool.Prepared
	for h, b := range chaintest.Parsed(t, name) {
		blocks = append(blocks, pool.Prepare(&net, pastel.Height(h), b))
	}
	return blocks
}

// opened is a ledger on a database.
type opened struct {
	*chain.Ledger
	store *store.Store
}

func open(t testing.TB, url string) opened {
	t.Helper()
	s, err := store.Open(context.Background(), url, regtest(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l, err := chain.OpenLedger(context.Background(), regtest(t), false, s)
	if err != nil {
		t.Fatal(err)
	}
	return opened{l, s}
}

func (o opened) close(t testing.TB) {
	t.Helper()
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func (o opened) bytes() (b []byte) {
	o.View(func(s *pool.State) { b = s.Encode() })
	return b
}

func (o opened) step(t testing.TB, base pastel.Height, blocks []*pool.Prepared) {
	t.Helper()
	if _, err := o.Step(context.Background(), base, blocks); err != nil {
		t.Fatal(err)
	}
}

func TestRecordedChainsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		for _, name := range []string{"life", "dense", "odd"} {
			t.Run(d.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				blocks := recorded(t, name)
				url := d.open(t)
				one := open(t, url)
				for _, b := range blocks[:200] {
					one.step(t, b.Height-1, []*pool.Prepared{b})
				}
				one.step(t, 199, blocks[200:])
				want := one.bytes()
				one.close(t)
				two := open(t, url)
				if !bytes.Equal(two.bytes(), want) {
					t.Fatal("the state loaded is another")
				}
				end := blocks[len(blocks)-1].Height
				two.step(t, end-99, nil)
				two.step(t, end-99, blocks[end-98:])
				if !bytes.Equal(two.bytes(), want) {
					t.Fatal("the state after 99 blocks taken back and applied again is another")
				}
			})
		}
	}
}
