package store_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// outputsOf reads all records of outputs, by owner, the most valuable first.
func outputsOf(t *testing.T, url string) (of map[pastel.KeyHash][]pool.Coin, records int) {
	t.Helper()
	of = map[pastel.KeyHash][]pool.Coin{}
	list := rows(t, raw(t, url), "SELECT key, value FROM records WHERE kind = $1", int16(pool.RecordCoin))
	for _, row := range list {
		c, err := pool.ReadCoin(pool.Record{Kind: pool.RecordCoin, Key: row[0].([]byte), Value: row[1].([]byte)})
		if err != nil {
			t.Fatal(err)
		}
		of[c.Owner] = append(of[c.Owner], c)
	}
	for _, coins := range of {
		slices.SortFunc(coins, func(a, b pool.Coin) int {
			return -cmp.Or(cmp.Compare(a.Value, b.Value), bytes.Compare(pool.CoinKey(a.Output), pool.CoinKey(b.Output)))
		})
	}
	return of, len(list)
}

// The outputs of every address are those of the state, in order and page by page, and so is what backs its pledges: while the chain grows and
// reorganizes, and in a database of the release before, which gets its index at the first start.
func TestOutputsOfAnAddress(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "dense")
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		for _, to := range [][2]int{{-1, 150}, {150, 220}, {140, 200}, {200, 230}, {131, 229}} { // forks of a chain with itself: what is above is taken back
			l.step(t, pastel.Height(to[0]), blocks[to[0]+1:to[1]+1])
			sameOutputs(t, url, fmt.Sprintf("from %d to %d", to[0], to[1]))
		}
		l.close(t)
		d := raw(t, url)
		exec(t, d, "DROP INDEX coins_by_owner")
		for _, later := range []string{"posted_tickets", "member_requests", "member_subscriptions"} {
			exec(t, d, "DROP TABLE "+later)
		}
		exec(t, d, "DELETE FROM smartpool_version WHERE version_id >= 11")
		if n := open(t, url).store.Emptied(); n != 0 {
			t.Errorf("the upgrade emptied %d blocks", n)
		}
		sameOutputs(t, url, "upgraded")
	})
}

func sameOutputs(t *testing.T, url, when string) {
	t.Helper()
	of, records := outputsOf(t, url)
	most, backs := 0, 0
	err := reader(t, url).View(context.Background(), func(s *store.Snapshot) error {
		for owner, want := range of {
			most = max(most, len(want))
			var worth pastel.Amount
			for _, c := range want {
				if c.Backs {
					worth += c.Value
					backs++
				}
			}
			if got, err := s.Backing(owner); err != nil || got != worth {
				t.Errorf("%s: %d patoshi back the pledges of %x, want %d, %v", when, got, owner, worth, err)
			}
			var got []pool.Coin
			for p := (store.Page{Limit: 3, Desc: true}); ; {
				part, err := s.CoinsOf(owner, p)
				if err != nil {
					return err
				}
				if got = append(got, part...); len(part) < p.Limit || len(got) > records {
					break
				}
				last := part[len(part)-1]
				p.After = store.CoinPlace(last.Value, last.Output)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %x has outputs\n%v\nwant\n%v", when, owner, got, want)
			}
		}
		none, err := s.CoinsOf(pastel.KeyHash{1}, store.Page{Limit: 3})
		if len(none) != 0 {
			t.Errorf("%s: nobody has outputs %v", when, none)
		}
		return err
	})
	if err != nil || most < 7 || backs == 0 {
		t.Errorf("%s: the largest owner has %d outputs, and %d back pledges, %v", when, most, backs, err)
	}
}
