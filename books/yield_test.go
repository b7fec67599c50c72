package books_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
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
	// Blocks while the pool was stopped count neither as blocks nor for the coins. It is stopped now.
	p = at(260, wire.PoolQuery{})
	stopped := int64(260)
	for _, e := range x.events(t, wire.EventQuery{Type: types(pool.PoolReplenishing, pool.PoolRestored), To: 260}) {
		if e.Type == string(pool.PoolReplenishing) {
			stopped -= int64(e.Height)
		} else {
			stopped += int64(e.Height)
		}
	}
	if stopped == 0 || p.Yield == nil || p.Yield.Basis != "pool" || p.Yield.Blocks != 125-stopped {
		t.Errorf("block 260: %+v, stopped in %d blocks", p.Yield, stopped)
	}
}
