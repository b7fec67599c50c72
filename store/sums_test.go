package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// recount fails the test if a row of sums is not what the rest of the database makes of it.
func recount(t *testing.T, r *store.Reader, when string) {
	t.Helper()
	for _, d := range differences(t, r) {
		t.Errorf("%s: %s", when, d)
	}
	if t.Failed() {
		t.FailNow()
	}
}

func differences(t *testing.T, r *store.Reader) (list []store.Difference) {
	t.Helper()
	view(t, r, func(s *store.Snapshot) error {
		return s.Recount(func(int64, int64) {}, func(d store.Difference) { list = append(list, d) })
	})
	return list
}

// wandering is a chain of a recorded one's blocks that goes back and takes other branches, on which the same transactions come later.
type wandering struct {
	*rand.Rand
	blocks  []*pool.Prepared // recorded
	from    []int            // for each block of the chain, how many recorded ones it has used up
	hashes  []pastel.BlockHash
	highest int // height of the highest block so far
}

// next goes back and makes new blocks.
func (w *wandering) next() (base pastel.Height, blocks []*pool.Prepared) {
	keep := len(w.from)
	if keep > 0 && w.IntN(3) == 0 {
		keep = max(keep-w.IntN(90), w.highest-95, 0) // undo records are kept below the highest block there was
	}
	w.from, w.hashes = w.from[:keep], w.hashes[:keep]
	for range 1 + w.IntN(25) {
		h, used := len(w.from), 0
		prev := pastel.BlockHash{}
		if h > 0 {
			used, prev = w.from[h-1], w.hashes[h-1]
		}
		if h == len(w.blocks) || used == len(w.blocks) {
			break
		}
		b := *w.blocks[used]
		if h > used && w.IntN(4) > 0 || h > 100 && w.IntN(40) == 0 { // nothing but a coinbase
			b = pool.Prepared{Txs: w.blocks[h].Txs[:1]}
		} else {
			b.Txs = append([]pastel.Tx{w.blocks[h].Txs[0]}, b.Txs[1:]...)
			used++
		}
		b.Height, b.Time, b.Prev, b.Hash = pastel.Height(h), w.blocks[h].Time, prev, pastel.BlockHash{byte(h), byte(h >> 8), byte(w.Uint32())}
		w.from, w.hashes = append(w.from, used), append(w.hashes, b.Hash)
		blocks = append(blocks, &b)
	}
	w.highest = max(w.highest, len(w.from)-1)
	return pastel.Height(keep - 1), blocks
}

// After every step of histories that go back and forth, the rows of sums are what events, pledges, payouts and records make of them, and a
// pool's row says the same of the next block as its pledges do.
func TestSumsFollowTheLedger(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				seed := rand.Uint64()
				w := &wandering{Rand: rand.New(rand.NewPCG(seed, 0)), blocks: recorded(t, name)}
				l := open(t, url)
				r := reader(t, url)
				for step := range 60 {
					base, blocks := w.next()
					l.step(t, base, blocks)
					when := fmt.Sprintf("seed %d, step %d, block %d", seed, step, l.Last().Height)
					if len(w.from) > 0 {
						recount(t, r, when)
						sameOutlook(t, r, when)
					}
				}
				view(t, r, func(s *store.Snapshot) error {
					n, err := s.Network()
					if err == nil && n.Members == 0 && name == "dense" && len(w.from) > 300 {
						t.Errorf("%+v: the history shows nothing", n)
					}
					return err
				})
			})
		})
	}
}

// sameOutlook compares what a pool's row and the whole pool say about the next block.
func sameOutlook(t *testing.T, r *store.Reader, when string) {
	t.Helper()
	params := r.Params()
	view(t, r, func(s *store.Snapshot) error {
		tip, err := s.Tip()
		if err != nil {
			return err
		}
		rows, err := s.Pools(store.PoolFilter{})
		for i := range rows {
			h := &rows[i].Head
			p, err := s.Pool(h.ID)
			if err != nil {
				return err
			}
			got := fmt.Sprint(h.LeastPledge(tip.Height, &params), h.Waits(tip.Height, &params), h.NextSettlement(tip.Height, &params), h.JoinUntil(), h.Collateral())
			want := fmt.Sprint(p.LeastPledge, p.Waits(&params), p.NextSettlement, p.JoinUntil(), p.Collateral())
			for _, coins := range []int64{1, 10, 60, 100, 333, 1_000, 5_000} {
				one, is := h.Enters(tip.Height, coins, &params)
				two, was := p.Enters(coins, &params)
				got, want = got+fmt.Sprint(one, is), want+fmt.Sprint(two, was)
			}
			if got != want {
				t.Errorf("%s: pool %s: the row says %s, the pool %s", when, h.ID, got, want)
			}
		}
		return err
	})
}
