package books_test

import (
	"math/big"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Totals match the events at every height, however the ledger got there.
func TestTotalsFollowTheLedger(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := open(t, 130, db)
			acme := x.first(t)
			for _, to := range []struct{ base, height pastel.Height }{{130, 131}, {131, 260}, {260, 300}, {215, 240}, {240, 418}, {330, 400}, {400, 418}} {
				x.move(t, to.base, to.height)
				var income, forfeited, paid pastel.Amount
				var rewards, mined, cancelled int64
				for _, e := range x.events(t, wire.EventQuery{OfPool: ofPool(acme.ID)}) {
					switch e.Type {
					case "reward.received":
						income += e.Amount
						rewards++
					case "reward.forfeited":
						forfeited += e.Amount
					case "payout.paid":
						mined++
						paid += x.payout(t, e.TxID).Amount
					case "payout.cancelled":
						cancelled++
					}
				}
				p := x.pool(t, acme.ID)
				if p.Income != income || p.Rewards != rewards || p.Forfeited != forfeited || p.Paid != paid {
					t.Errorf("block %d: the pool has income %s in %d, forfeited %s, paid %s; the events say %s, %d, %s, %s", to.height,
						p.Income, p.Rewards, p.Forfeited, p.Paid, income, rewards, forfeited, paid)
				}
				o := x.operator(t, acme.Operator)
				s := x.statistics(t)
				if o.Income != income || o.Paid != paid || o.Payouts != mined || o.Cancelled != cancelled || s.Income != income || s.Paid != paid {
					t.Errorf("block %d: the operator has %+v, the network income %s and paid %s; want %s and %s, %d mined, %d cancelled", to.height, o,
						s.Income, s.Paid, income, paid, mined, cancelled)
				}
			}
		})
	}
}

// A yield uses the pool's own income once there is some, and when there has been none for so long that the pool is idle.
func TestYields(t *testing.T) {
	t.Parallel()
	x := open(t, 134, "")
	acme := x.first(t).ID
	at := func(height pastel.Height, q wire.PoolQuery) wire.Pool {
		x.move(t, x.ledger.Last().Height, height)
		for _, p := range x.pools(t, q) {
			if p.ID == acme {
				return p
			}
		}
		t.Fatalf("block %d: there is no pool %s", height, acme)
		return wire.Pool{}
	}
	if p := at(134, wire.PoolQuery{}); p.Yield != nil {
		t.Errorf("a yield before any pool had income: %+v", p.Yield)
	}
	// Activated in block 135 with 1200 PSL at 5 %. Blocks 136 to 150 brought 18,125.02253 PSL; 210,240 blocks are a year.
	p := at(150, wire.PoolQuery{Coins: 100})
	var income pastel.Amount
	for _, e := range x.events(t, wire.EventQuery{Type: types(pool.RewardReceived), From: 136, To: 150}) {
		income += e.Amount
	}
	const want = "20111524.99" // percent: 18,125.02253 * 210,240 / 15 * 0.95 / 1200 * 100, rounded down
	if income != 1_812_502_253 || p.Yield == nil || p.Yield.Basis != "pool" || p.Yield.Blocks != 15 || p.Yield.Percent != want {
		t.Errorf("block 150: income %d patoshi, %+v, want %s", income, p.Yield, want)
	}
	if !p.Waits || p.YieldWith != nil {
		t.Errorf("block 150: waits %t, with 100 PSL more %+v", p.Waits, p.YieldWith)
	}
	// It is stopped now, and yields nothing unless a new pledge makes it whole. Blocks while it was stopped count neither as blocks nor for the coins.
	if p := at(260, wire.PoolQuery{Coins: 149}); p.Status != "replenishing" || p.Counted != 850 || p.Yield != nil || p.YieldWith != nil {
		t.Errorf("block 260: %s with %d PSL: %+v, with 149 PSL more %+v", p.Status, p.Counted, p.Yield, p.YieldWith)
	}
	p = at(260, wire.PoolQuery{Coins: 150})
	stopped := int64(260)
	for _, e := range x.events(t, wire.EventQuery{Type: types(pool.PoolReplenishing, pool.PoolRestored), To: 260}) {
		if e.Type == string(pool.PoolReplenishing) {
			stopped -= int64(e.Height)
		} else {
			stopped += int64(e.Height)
		}
	}
	if stopped == 0 || p.Yield != nil || p.YieldWith == nil || p.YieldWith.Basis != "pool" || p.YieldWith.Blocks != 125-stopped {
		t.Errorf("block 260: %+v, with 150 PSL more %+v, stopped in %d blocks", p.Yield, p.YieldWith, stopped)
	}
}

// Income that a pool receives after it was stopped, by votes from before, counts as little as the blocks in which it was stopped.
func TestYieldsLeaveOutIncomeWhileStopped(t *testing.T) {
	t.Parallel()
	x := openOn(t, "dense", 0, "")
	type record struct {
		status         string
		counted        int64 // at the tip, if active
		earned         pastel.Amount
		blocks, coins  int64
		stopped, shown pastel.Amount // income while stopped, and how much of it was there when a yield was compared
	}
	pools := map[string]*record{}
	for h := range pastel.Height(len(x.blocks) - 1) {
		x.move(t, h, h+1)
		received := map[string]pastel.Amount{}
		for _, e := range x.events(t, wire.EventQuery{Type: types(pool.RewardReceived), From: int64(h + 1), To: int64(h + 1)}) {
			received[e.Pool] += e.Amount
		}
		for _, p := range x.pools(t, wire.PoolQuery{}) {
			r := pools[p.ID]
			if r == nil {
				r = &record{}
				pools[p.ID] = r
			}
			if r.status == "active" {
				r.earned, r.blocks, r.coins = r.earned+received[p.ID], r.blocks+1, r.coins+r.counted
			} else {
				r.stopped += received[p.ID]
			}
			r.status, r.counted = p.Status, p.Counted
			if p.Yield == nil || p.Yield.Basis != "pool" || r.coins == 0 {
				continue
			}
			fee, err := ticket.ParseDecimal(p.Fee)
			if err != nil {
				t.Fatal(err)
			}
			hundredths, ok := fee.Units(2)
			if !ok {
				t.Fatalf("fee %s", p.Fee)
			}
			net := new(big.Int).Mul(big.NewInt(int64(r.earned)), big.NewInt(10_000-hundredths))
			net.Div(net, big.NewInt(10_000))
			net.Mul(net, big.NewInt(210_240*10_000)).Div(net, big.NewInt(r.coins)).Div(net, big.NewInt(100_000))
			if want := ticket.NewDecimal(net.Int64(), 2).String(); p.Yield.Percent != want || p.Yield.Blocks != r.blocks {
				t.Fatalf("block %d, pool %s: %+v, want %s %% of %d blocks", h+1, p.ID, p.Yield, want, r.blocks)
			}
			r.shown = r.stopped
		}
	}
	for _, r := range pools {
		if r.shown > 0 {
			return
		}
	}
	t.Error("no pool of this chain had income while it was stopped")
}

// A pool without income of its own is expected to earn what others do, until it is idle: while it is stopped, by the rules' measure, and while it is
// active, after as many active blocks.
func TestYieldsOfIdlePools(t *testing.T) {
	t.Parallel()
	x := open(t, 1, "")
	const activated, coins = 1_000, 1_200
	limit := x.Params().IdleLimit
	sums := func(status pool.Status, active int64, lastPaid, tip pastel.Height) store.Sums {
		return store.Sums{Height: tip, Status: status, Active: active, CoinSum: active * coins, LastPaid: lastPaid, Income: 5 * pastel.PSL}
	}
	for name, c := range map[string]struct {
		status   pool.Status
		after    pastel.Height // activation
		active   int64         // blocks
		lastPaid pastel.Height
		basis    string
		percent  string
	}{
		"stopped soon after it started":      {pool.Replenishing, limit - 2, 10, -1, "network", "16644"},
		"stopped and idle":                   {pool.Replenishing, limit - 1, 10, -1, "pool", "0"},
		"stopped, but paid since":            {pool.Replenishing, 3 * limit, 10, activated + 2*limit + 2, "network", "16644"},
		"stopped, paid since, and idle":      {pool.Replenishing, 3 * limit, 10, activated + 2*limit + 1, "pool", "0"},
		"active for less than the limit":     {pool.Active, 9 * limit, int64(limit) - 1, -1, "network", "16644"},
		"active for the limit":               {pool.Active, limit, int64(limit), -1, "pool", "0"},
		"stopped and idle, not a block long": {pool.Replenishing, limit, 0, -1, "", ""},
	} {
		tip := activated + c.after
		h := &pool.Head{Status: c.status, Activated: activated, Counted: coins, Terms: pool.Terms{Target: coins, Fee: 500}}
		got := x.YieldOf(tip, h, sums(c.status, c.active, c.lastPaid, tip), pastel.PSL)
		if c.basis == "" {
			if got != nil {
				t.Errorf("%s: %+v", name, got)
			}
			continue
		}
		if got == nil || got.Basis != c.basis || got.Percent != c.percent {
			t.Errorf("%s: %+v, want %s %s", name, got, c.basis, c.percent)
		}
	}
}
