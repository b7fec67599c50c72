package pool

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// predicted predicts a pool's next block from its view, mines it and compares.
type predicted struct {
	*rapid.T
	*sim
	id    ticket.PoolID
	coins []pastel.OutPoint // of people, by their number; the zero value once spent
}

// predictedPeople is the number of people; each has one output of predictedCoins PSL.
const (
	predictedPeople = 8
	predictedCoins  = 4000
)

func newPredicted(t *rapid.T) *predicted {
	params := simNetwork()
	drawForks(&params, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "fork") })
	x := &predicted{T: t, sim: newSim(t, params)}
	var outs []pastel.TxOut
	for k := range predictedPeople {
		x.register(k)
		outs = append(outs, pay(simOwner(k), predictedCoins*pastel.PSL))
	}
	at := x.tx(nil, outs...)
	for k := range predictedPeople {
		x.coins = append(x.coins, pastel.OutPoint{TxID: x.block.Txs[at].ID(), Vout: uint32(k)})
	}
	x.mine(t)
	terms := simTerms("predicted", &x.s.params, 1000, rapid.Int64Range(10_000, 15_000).Draw(t, "factor"), 500, 30, 0, 1)
	x.id = terms.ID
	terms.InitHeight = x.block.Height
	x.init(terms)
	x.mine(t)
	return x
}

func (x *predicted) pool() *Pool {
	p, found := x.s.Pool(x.id)
	if !found {
		x.Fatal("there is no pool")
	}
	return &p
}

// pledgeOf returns a person's live pledge, or nil.
func pledgeOf(p *Pool, k int) *Pledge {
	i := slices.IndexFunc(p.Pledges, func(pl Pledge) bool { return pl.PastelID == simID(k) })
	if i < 0 {
		return nil
	}
	return &p.Pledges[i]
}

// pledge lets a person join or amend and compares what counts.
func (x *predicted) pledge(k int, offered int64) {
	before := x.pool()
	old := pledgeOf(before, k)
	x.part(x.id, k, offered, x.coins[k], simOwner(k), simReward(k))
	u := x.mine(x.T)
	after := x.pool()
	got := pledgeOf(after, k)
	rejected := slices.ContainsFunc(u.Events, func(e Event) bool { return e.Type == TicketRejected })
	if old != nil {
		if want := before.CountsNext(old.Seq, offered, &x.s.params); !rejected && got.Counted != want {
			x.Fatalf("an amendment from %d to %d PSL counts %d PSL, predicted %d", old.Offered, offered, got.Counted, want)
		}
		return
	}
	entry, enters := before.Enters(offered, &x.s.params)
	if offered == before.LeastPledge && enters && before.Waits(&x.s.params) != (got.Role == Standby) {
		x.Fatalf("the smallest pledge is %s, predicted that it waits: %v", got.Role, before.Waits(&x.s.params))
	}
	switch {
	case enters == rejected:
		x.Fatalf("a pledge of %d PSL is rejected: %v, predicted that it enters: %v (least pledge %d)", offered, rejected, enters, before.LeastPledge)
	case enters && (got.Role != entry.Role || got.Counted != entry.Counts):
		x.Fatalf("a pledge of %d PSL is %s and counts %d PSL, predicted %s and %d", offered, got.Role, got.Counted, entry.Role, entry.Counts)
	}
}

// leave lets people spend their coins in one block and compares what they lose and what becomes of the pool.
func (x *predicted) leave(who ...int) {
	before := x.pool()
	losses := map[uint64]Loss{}
	var offered int64
	for _, k := range who {
		pl := pledgeOf(before, k)
		points, _, _ := x.s.Reputation(simID(k))
		losses[pl.Seq] = before.Loss(pl, points)
		offered += pl.Offered
		x.tx([]pastel.OutPoint{x.coins[k]})
		x.coins[k] = pastel.OutPoint{}
	}
	reputation := map[string]int{}
	for _, k := range who {
		reputation[simID(k).String()], _, _ = x.s.Reputation(simID(k))
	}
	u := x.mine(x.T)
	points := map[string]int{}
	for _, e := range u.Events {
		if e.Type == ReputationChanged {
			points[e.PastelID] = reputation[e.PastelID] - e.Points
		}
	}
	for i := range u.Events {
		if e := &u.Events[i]; e.Type == PledgeLeft {
			if want := losses[e.Pledge]; e.Forfeited != want.Forfeits || points[e.PastelID] != want.Points {
				x.Fatalf("leaving forfeits %s PSL and costs %d points, predicted %s and %d", e.Forfeited, points[e.PastelID], want.Forfeits, want.Points)
			}
			delete(losses, e.Pledge)
		}
	}
	if len(losses) > 0 {
		x.Fatalf("%d of %d pledges did not leave", len(losses), len(who))
	}
	if after := x.pool(); before.Status == Active && (after.Status == Active) != before.Collateral().Survives(offered) {
		x.Fatalf("the pool is %s after %d of %d PSL left, predicted that it survives: %v", after.Status, offered, before.Offered, before.Collateral().Survives(offered))
	}
}

// check compares the view with itself and with what the engine warned of.
func (x *predicted) check(u *Update) {
	p := x.pool()
	c := p.Collateral()
	if p.Status == Active && (c.Low() != p.Low || c.Short()) {
		x.Fatalf("%+v is low: %v, short: %v; the engine says %v", c, c.Low(), c.Short(), p.Low)
	}
	for i := range p.Pledges {
		if pl := &p.Pledges[i]; RoleOf(p.Status, pl.Counted) != pl.Role {
			x.Fatalf("a pledge that counts %d PSL is %s", pl.Counted, pl.Role)
		}
	}
	if until := p.JoinUntil(); until >= 0 && (p.LeastPledge > 0) != (x.s.tip.Height < until) {
		x.Fatalf("block %d: a pool that takes pledges until %d takes at least %d PSL", x.s.tip.Height, until, p.LeastPledge)
	}
	for _, po := range u.Settled {
		if from, to := PayoutWindow(u.Height, &x.s.params); po.ValidFrom != from || po.ValidTo != to {
			x.Fatalf("a payout of block %d is valid from %d to %d, predicted %d to %d", u.Height, po.ValidFrom, po.ValidTo, from, to)
		}
	}
}

// TestPredictions: the engine does what a view predicts of the pool's next block.
func TestPredictions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := newPredicted(t)
		steps := rapid.IntRange(3, 25).Draw(t, "steps")
		for range steps {
			k := rapid.IntRange(0, predictedPeople-1).Draw(t, "who")
			p := x.pool()
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2, 3:
				if x.coins[k] != (pastel.OutPoint{}) {
					offered := rapid.Int64Range(5, 900).Draw(t, "offered")
					if rapid.Bool().Draw(t, "smallest") {
						offered = max(1, p.LeastPledge)
					}
					x.pledge(k, offered)
				}
			case 4:
				if pledgeOf(p, k) != nil {
					x.leave(k)
				}
			case 5:
				ids, _ := p.CriticalMembers()
				var who []int
				for k := range predictedPeople {
					if slices.Contains(ids, simID(k)) {
						who = append(who, k)
					}
				}
				if len(who) > 0 {
					x.leave(who...)
					if after := x.pool(); after.Status == Active {
						t.Fatal("the critical members left, and the pool is active")
					}
				}
			case 6, 7:
				x.activate(x.id, x.some(p)...)
				x.mine(t)
			case 8:
				if p.Status.Live() {
					x.reward(x.id, 7*pastel.PSL)
				}
				x.mine(t)
			default:
				for range rapid.IntRange(1, 12).Draw(t, "blocks") {
					x.check(x.mine(t))
				}
			}
			x.check(x.mine(t))
		}
	})
}

// some lists some of the pledges of a pool.
func (x *predicted) some(p *Pool) (list []ticket.Participant) {
	for i := range p.Pledges {
		if rapid.IntRange(0, 3).Draw(x.T, "listed") > 0 {
			list = append(list, x.participant(p.Pledges[i].PastelID, p.Pledges[i].Owner))
		}
	}
	return list
}

// TestCollateral restates protocol 7 and 9 on a line of numbers.
func TestCollateral(t *testing.T) {
	for _, tt := range []struct {
		c             Collateral
		cushion, room int64
		low, short    bool
	}{
		{Collateral{1000, 1200, 1200, 1500}, 200, 0, false, false},
		{Collateral{1000, 1200, 1300, 1300}, 300, 0, false, false},
		{Collateral{1000, 1200, 1100, 1100}, 100, 100, false, false},
		{Collateral{1000, 1200, 1099, 1099}, 99, 101, true, false},
		{Collateral{1000, 1201, 1100, 1100}, 100, 101, false, false}, // half of 201 is 100
		{Collateral{1000, 1200, 1000, 1000}, 0, 200, true, false},
		{Collateral{1000, 1200, 999, 999}, -1, 201, true, true},
		{Collateral{1000, 1000, 1000, 1000}, 0, 0, false, false},
	} {
		c := tt.c
		if c.Cushion() != tt.cushion || c.Room() != tt.room || c.Low() != tt.low || c.Short() != tt.short {
			t.Errorf("%+v: cushion %d, room %d, low %v, short %v", c, c.Cushion(), c.Room(), c.Low(), c.Short())
		}
	}
	c := Collateral{1000, 1201, 1100, 1100} // 49.75 % of the cushion
	if !c.Below(50) || c.Below(49) {
		t.Errorf("%+v is below 50 %%: %v, below 49 %%: %v", c, c.Below(50), c.Below(49))
	}
}

// TestCanBack: an output backs pledges from MinPledge on, but not with exactly the collateral; a coinbase matures first.
func TestCanBack(t *testing.T) {
	params := simNetwork()
	for value, want := range map[pastel.Amount]bool{
		10*pastel.PSL - 1: false, 10 * pastel.PSL: true, 1000*pastel.PSL - 1: true, 1000 * pastel.PSL: false, 1000*pastel.PSL + 1: true,
	} {
		if CanBack(value, &params) != want {
			t.Errorf("an output of %s PSL backs pledges: %v", value, !want)
		}
	}
	if ConfirmationsToPledge(false, &params) != 1 || ConfirmationsToPledge(true, &params) != 8 {
		t.Error("confirmations are not those of the network")
	}
}
