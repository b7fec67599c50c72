package daemon_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/pastelnetwork/smartpool/pool"
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

// checkHistory compares the history tables with updates.
func checkHistory(t *testing.T, database string, updates []*pool.Update) {
	t.Helper()
	db := openSQL(t, database)
	defer db.Close()
	column := func(query string) (list []string) {
		rows, err := db.QueryContext(context.Background(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var v any
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			switch v := v.(type) {
			case []byte:
				list = append(list, hex.EncodeToString(v))
			case string:
				list = append(list, v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return list
	}
	var events, digests, payouts []string
	for _, u := range updates {
		digests = append(digests, hex.EncodeToString(u.Digest[:]))
		for i := range u.Events {
			text, err := u.Events[i].MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, string(text))
		}
		for _, po := range u.Settled {
			payouts = append(payouts, hex.EncodeToString(po.Tx.Bytes()))
		}
	}
	for _, c := range []struct {
		what, query string
		want        []string
	}{
		{"events", "SELECT json FROM events ORDER BY height, position", events},
		{"digests", "SELECT digest FROM blocks ORDER BY height", digests},
		{"payouts", "SELECT tx FROM payouts ORDER BY settled, pool", payouts},
	} {
		got := column(c.query)
		if len(c.want) == 0 || len(got) != len(c.want) {
			t.Errorf("%d %s, want %d", len(got), c.what, len(c.want))
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s %d: %s, want %s", c.what, i, got[i], c.want[i])
				break
			}
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
