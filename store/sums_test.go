package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
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
	_, err := r.Recount(t.Context(), func(int64, int64) {}, func(d store.Difference) { list = append(list, d) })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// wandering is a chain of a recorded one's blocks that goes back and takes other branches, on which the same transactions come later.
type wandering struct {
	*rand.Rand
	name    string
	blocks  []*pool.Prepared // recorded
	from    []int            // for each block of the chain, how many recorded ones it has used up
	hashes  []pastel.BlockHash
	highest int // height of the highest block so far
}

// calm is the height up to which nothing comes late: tickets that start the pools would no longer be accepted.
var calm = map[string]int{"life": 100, "dense": 200}

// paysOut reports whether a transaction spends escrow.
func paysOut(tx pastel.Tx) bool {
	return slices.ContainsFunc(tx.Inputs, func(in pastel.TxIn) bool { return ticket.SpendsEscrow(in.ScriptSig) })
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
		switch {
		case h > used && w.IntN(4) > 0 || h > calm[w.name] && w.IntN(40) == 0: // nothing but a coinbase
			b = pool.Prepared{Txs: w.blocks[h].Txs[:1]}
		case h-used > 100 && slices.ContainsFunc(b.Txs, paysOut): // the payout may have expired
			b = pool.Prepared{Txs: w.blocks[h].Txs[:1]}
			used++
		default:
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
				w := &wandering{Rand: rand.New(rand.NewPCG(seed, 0)), name: name, blocks: recorded(t, name)}
				l := open(t, url)
				r := reader(t, url)
				members := name != "dense" // whether there were any: all pools may have ended in the end
				for step := range 60 {
					base, blocks := w.next()
					l.step(t, base, blocks)
					when := fmt.Sprintf("seed %d, step %d, block %d", seed, step, l.Last().Height)
					if len(w.from) > 0 {
						recount(t, r, when)
						sameOutlook(t, r, when)
						view(t, r, func(s *store.Snapshot) error {
							n, err := s.Network()
							members = members || n.Members > 0
							return err
						})
					}
				}
				if !members && w.highest > 300 {
					t.Errorf("seed %d: the history shows no members", seed)
				}
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

// Whatever of the sums is changed, missing or too much is found and named, and nothing else.
func TestAChangedSumIsFound(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		l := open(t, url)
		l.step(t, -1, blocks[:300])
		r := reader(t, url)
		recount(t, r, "before")
		d := raw(t, url)
		defer d.Close()
		for _, x := range []struct{ change, back, says string }{
			{"UPDATE pools SET members = members + 1 WHERE num = 1", "UPDATE pools SET members = members - 1 WHERE num = 1", "Members"},
			{"UPDATE pools SET room = room + 1 WHERE num = 1", "UPDATE pools SET room = room - 1 WHERE num = 1", "Room"},
			{"UPDATE pools SET shelf = shelf + 1 WHERE num = 1", "UPDATE pools SET shelf = shelf - 1 WHERE num = 1", "Shelf"},
			{"UPDATE pools SET escrowed = escrowed + 1 WHERE num = 2", "UPDATE pools SET escrowed = escrowed - 1 WHERE num = 2", "Escrowed"},
			{"UPDATE pools SET skeleton = skeleton || 'x' WHERE num = 1", "UPDATE pools SET skeleton = substr(skeleton, 1, length(skeleton) - 1) WHERE num = 1", "Skeleton"},
			{"UPDATE network SET members = members + 1", "UPDATE network SET members = members - 1", "network: Members"},
			{"UPDATE network SET operators = operators + 1", "UPDATE network SET operators = operators - 1", "network: Operators"},
			{"UPDATE network SET closed = closed + 1", "UPDATE network SET closed = closed - 1", "network: Pools"},
			{"UPDATE operators SET mined = mined + 1", "UPDATE operators SET mined = mined - 1", "Mined"},
			{"UPDATE operators SET gap = gap + 1", "UPDATE operators SET gap = gap - 1", "Gap"},
			{"UPDATE operators SET first_pool = first_pool + 100", "UPDATE operators SET first_pool = first_pool - 100", "First"},
			{"UPDATE network_sums SET paid = paid + 1", "UPDATE network_sums SET paid = paid - 1", "network_sums"},
			{"UPDATE pool_sums SET coins = coins + 1 WHERE pool = 1", "UPDATE pool_sums SET coins = coins - 1 WHERE pool = 1", "Coins"},
			{"UPDATE pool_sums SET lost = lost + 1 WHERE pool = 1", "UPDATE pool_sums SET lost = lost - 1 WHERE pool = 1", "Lost"},
			{"UPDATE pool_sums SET last_paid = last_paid + 1 WHERE pool = 1", "UPDATE pool_sums SET last_paid = last_paid - 1 WHERE pool = 1", "LastPaid"},
			{"UPDATE pledges SET role = role + 10 WHERE role = 2", "UPDATE pledges SET role = role - 10 WHERE role = 12", "role"},
			{"UPDATE pool_sums SET height = height + 1000 WHERE pool = 1", "UPDATE pool_sums SET height = height - 1000 WHERE pool = 1", "is missing"},
			{"UPDATE network_sums SET height = -height", "UPDATE network_sums SET height = -height", "network_sums"},
		} {
			exec(t, d, x.change)
			found := differences(t, r)
			named := slices.ContainsFunc(found, func(d store.Difference) bool { return strings.Contains(d.String(), x.says) })
			if !named {
				t.Errorf("%s: %v", x.change, found)
			}
			exec(t, d, x.back)
			recount(t, r, "after "+x.back)
		}
		exec(t, d, "DELETE FROM pool_sums WHERE pool = 1 AND height = (SELECT min(height) FROM pool_sums WHERE pool = 1)")
		if found := differences(t, r); len(found) == 0 || found[0].Has != "missing" {
			t.Errorf("without a pool's first row: %v", found)
		}
		exec(t, d, "DELETE FROM operators")
		if found := differences(t, r); !strings.Contains(found[len(found)-1].String(), "missing") {
			t.Errorf("without operators: %v", found)
		}
	})
}

// A check that runs while blocks come and go finds nothing in a sound ledger, and keeps no transaction open between its portions: SQLite can
// begin its log anew.
func TestRecountBesideAWriter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				seed := rand.Uint64()
				w := &wandering{Rand: rand.New(rand.NewPCG(seed, 0)), name: name, blocks: recorded(t, name)}
				l := open(t, url)
				for len(w.from) < 250 {
					base, blocks := w.next()
					l.step(t, base, blocks)
				}
				r := reader(t, url)
				d := raw(t, url)
				portions := 0
				for len(w.from) < 380 {
					_, err := r.Recount(t.Context(), func(int64, int64) {
						portions++
						base, blocks := w.next()
						l.step(t, base, blocks)
						if store.IsPostgres(url) {
							return
						}
						if row := rows(t, d, "PRAGMA wal_checkpoint(TRUNCATE)")[0]; row[0] != int64(0) {
							t.Errorf("seed %d: the log cannot begin anew in portion %d: %v", seed, portions, row)
						}
					}, func(d store.Difference) { t.Errorf("seed %d, portion %d: %s", seed, portions, d) })
					if err != nil {
						t.Fatal(err)
					}
				}
				recount(t, r, "at the end")
			})
		})
	}
}

// Once a reorganization has taken back the first pool, the network's row is missing, as before.
func TestFirstPoolIsTakenBack(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		d := raw(t, url)
		network := func() int { return len(rows(t, d, "SELECT one FROM network")) }
		first := 0
		for ; network() == 0; first++ {
			if first == len(blocks) {
				t.Fatal("no pool opens")
			}
			l.step(t, pastel.Height(first)-1, blocks[first:first+1])
		}
		l.step(t, pastel.Height(first)-3, blocks[first-2:first-1])
		if n := network(); n != 0 {
			t.Errorf("%d rows without a pool", n)
		}
	})
}

// A payout is overdue in the block after which nobody can mine it on time any more, and not before.
func TestOverdue(t *testing.T) {
	t.Parallel()
	for tip, want := range map[pastel.Height]bool{99: false, 100: false, 119: false, 120: true, 121: true} {
		if got := store.Overdue(100, tip); got != want {
			t.Errorf("after block %d: %t", tip, got)
		}
	}
}
