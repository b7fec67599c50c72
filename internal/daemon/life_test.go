package daemon_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// A chain recorded from a real node, followed over RPC into either database, gives the same as its replay, and as an independent
// implementation of the protocol.
func TestLifeOverRPC(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	state, updates := replayed(t, blocks)
	var recorded struct {
		Digest  string
		Payouts []struct{ TxID string }
	}
	text, err := os.ReadFile("../../testdata/life/expected.json")
	if err == nil {
		err = json.Unmarshal(text, &recorded)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			database := fresh(t)
			d := start(t, n.settings(t.TempDir(), database))
			for from := 0; from < len(blocks); from += 60 { // some at once, some one by one
				n.submit(blocks[from:min(from+60, len(blocks))])
				d.synced(n)
			}
			var got []byte
			d.Ledger().View(func(s *pool.State) { got = s.Encode() })
			if !bytes.Equal(got, state.Encode()) {
				t.Error("the daemon's state is not the replay's")
			}
			if digest := d.Ledger().Last().Digest; hex.EncodeToString(digest[:]) != recorded.Digest {
				t.Errorf("digest %x, recorded %s", digest, recorded.Digest)
			}
			d.end()
			checkHistory(t, database, updates)
		})
	}
}

// checkHistory compares the history in a database with updates.
func checkHistory(t *testing.T, database string, updates []*pool.Update) {
	t.Helper()
	ctx := context.Background()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenReader(ctx, database, net, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var want, got []string
	all := store.Page{Limit: 1 << 20}
	err = r.View(ctx, func(s *store.Snapshot) error {
		for _, u := range updates {
			want = append(want, fmt.Sprintf("block %d: digest %x", u.Height, u.Digest))
			b, err := s.Block(u.Height)
			if err != nil {
				return err
			}
			got = append(got, fmt.Sprintf("block %d: digest %x", b.Height, b.Digest))
			for _, po := range u.Settled {
				want = append(want, fmt.Sprintf("payout %x", po.Tx.Bytes()))
				list, err := s.Payouts(store.PayoutFilter{TxID: po.Tx.ID(), At: store.Now}, store.Page{Limit: 2})
				if err != nil || len(list) != 1 {
					return fmt.Errorf("%d payouts %s: %w", len(list), po.Tx.ID(), err)
				}
				got = append(got, fmt.Sprintf("payout %x", list[0].Tx))
			}
		}
		for _, u := range updates {
			for i := range u.Events {
				text, err := u.Events[i].MarshalJSON()
				if err != nil {
					return err
				}
				want = append(want, string(text))
			}
		}
		events, err := s.Events(store.EventFilter{To: store.Now}, all)
		for _, e := range events {
			got = append(got, string(e.JSON))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d blocks, payouts and events, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s, want %s", got[i], want[i])
		}
	}
}

// A ticket that a reorganization moves to another height is in the tables at its new place, although one step removed it and added it
// again.
func TestTicketMinedElsewhere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const opened = 123 // the recorded chain's pool
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.submit(life(t)[:opened+1])
			database := fresh(t)
			d := start(t, n.settings(t.TempDir(), database))
			d.synced(n)
			d.end()
			hash, _ := n.HashAt(opened)
			if err := n.Invalidate(ctx, hash); err != nil {
				t.Fatal(err)
			}
			if hash, _ = n.HashAt(opened - 1); n.Invalidate(ctx, hash) != nil {
				t.Fatal("not invalidated")
			}
			if _, err := n.Generate(ctx, 3); err != nil {
				t.Fatal(err)
			}
			d = start(t, n.settings(t.TempDir(), database))
			d.synced(n)
			var at int
			d.Ledger().View(func(s *pool.State) {
				for _, id := range s.Pools() {
					p, _ := s.Pool(id)
					at = int(p.InitHeight)
				}
			})
			d.end()
			if at != opened-1 {
				t.Fatalf("the pool opened at block %d, the test wants block %d", at, opened-1)
			}
			other := fresh(t)
			d = start(t, n.settings(t.TempDir(), other))
			d.synced(n)
			d.end()
			if got, want := dump(t, database), dump(t, other); got != want {
				t.Errorf("the tables differ: %s", firstDifference(got, want))
			}
		})
	}
}
