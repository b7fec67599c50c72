package books_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Pledges to a pool that has not started back no Supernode and earn nothing, so sums do not count them. Once the pool is active, sums count
// its members' coins.
func TestPlainPledgesAreNotCounted(t *testing.T) {
	t.Parallel()
	const activation pastel.Height = 135
	x := open(t, activation-1, "")
	sums := func() (network, operator, members, offered int64) {
		in := x.first(t)
		seen := map[string]bool{}
		for _, pl := range in.Participants {
			if seen[pl.PastelID] {
				continue
			}
			seen[pl.PastelID] = true
			members += x.member(t, pl.PastelID).Counted
		}
		s := x.statistics(t)
		return s.Counted, x.operator(t, in.Operator).Counted, members, s.Offered
	}
	if network, operator, members, offered := sums(); network != 0 || operator != 0 || members != 0 || offered == 0 {
		t.Errorf("before activation %d PSL are offered; the network counts %d, the operator %d, the members %d", offered, network, operator, members)
	}
	x.move(t, activation-1, activation)
	want := x.pools(t, wire.PoolQuery{})[0].Counted
	if network, operator, members, _ := sums(); network != want || operator != want || members != want || want == 0 {
		t.Errorf("the pool counts %d PSL; the network counts %d, the operator %d, the members %d", want, network, operator, members)
	}
}

// The list of pledges selects by the reward address in force in the requested block, whatever came later.
func TestPledgesOfARewardAddressInTime(t *testing.T) {
	t.Parallel()
	x := open(t, amendment+4, "")
	_, part := amending(t, x)
	old := x.pledges(t, wire.PledgeQuery{AsOf: asOf(amendment - 1), Live: true, OfID: ofID(part.PastelID)})[0]
	for _, c := range []struct {
		at     pastel.Height
		reward string
		found  bool
	}{
		{amendment - 1, old.Reward, true},
		{amendment - 1, part.RewardAddress, false},
		{amendment, old.Reward, false},
		{amendment, part.RewardAddress, true},
		{wire.Now, old.Reward, false},
		{wire.Now, part.RewardAddress, true},
	} {
		list := x.pledges(t, wire.PledgeQuery{AsOf: asOf(c.at), Reward: c.reward})
		if slices.ContainsFunc(list, func(p wire.Pledge) bool { return p.Seq == old.Seq }) != c.found {
			t.Errorf("block %d: %s is paid for pledge %d: want %t of %+v", c.at, c.reward, old.Seq, c.found, list)
		}
		for _, p := range list {
			if p.Reward != c.reward {
				t.Errorf("block %d: asked for %s, pledge %d is paid to %s", c.at, c.reward, p.Seq, p.Reward)
			}
		}
	}
}

// For a reduced pledge, the list of pledges shows the pool's current offer and, as of an earlier block, the offer at that time.
func TestPledgesAfterAReduction(t *testing.T) {
	t.Parallel()
	const reduction pastel.Height = 337
	x := openOn(t, "dense", reduction, "")
	e := x.last(t, "pledge.reduced", reduction)
	i := slices.IndexFunc(x.pool(t, e.Pool).Participants, func(p wire.PoolPledge) bool {
		return p.PastelID == e.PastelID && p.Offered == e.Offered
	})
	if i < 0 {
		t.Fatalf("the pool has no pledge that %+v reduced", e)
	}
	seq := int64(x.pool(t, e.Pool).Participants[i].Seq)
	for at, want := range map[pastel.Height]int64{reduction - 1: 400, reduction: 250, wire.Now: 250} {
		list := x.pledges(t, wire.PledgeQuery{AsOf: asOf(at), OfPool: ofPool(e.Pool)})
		for _, p := range list {
			if p.Seq == seq && p.Offered != want {
				t.Errorf("block %d: pledge %d offers %d PSL, want %d", at, seq, p.Offered, want)
			}
		}
	}
}

// A pool that earns has a forecast. A pool that owes nothing worth paying has none: it never pays carry without income or a claim of one
// patoshi.
func TestForecastIsWhatIsPaid(t *testing.T) {
	t.Parallel()
	x := open(t, 200, "")
	id := x.pools(t, wire.PoolQuery{})[0].ID
	if p := x.pool(t, id); p.Forecast == nil || p.Forecast.Amount <= p.Accrued || p.Forecast.At != *p.NextSettlement {
		t.Errorf("block 200: forecast %+v, %s PSL accrued", p.Forecast, p.Accrued)
	}
	x.move(t, 200, 264)
	if p := x.pool(t, id); p.Status != "replenishing" || p.Carry != 1 || p.NextSettlement == nil || p.Forecast != nil {
		t.Errorf("block 264: %s with %s PSL of carry, forecast %+v", p.Status, p.Carry, p.Forecast)
	}
	x.move(t, 264, 287)
	if p := x.pool(t, id); p.Status != "dissolved" || len(p.Claims) != 1 || p.Claims[0].Amount != 1 || p.Forecast != nil {
		t.Errorf("block 287: %s with claims %+v, forecast %+v", p.Status, p.Claims, p.Forecast)
	}
}

// Leaving never costs more reputation than the PastelID has.
func TestLeavingCostsNoMoreThanThereIs(t *testing.T) {
	t.Parallel()
	pledge := func(id string, costs, has int) wire.Position {
		p := wire.Position{Pool: "atlas", PoolPledge: wire.PoolPledge{PastelID: id, Role: "member"}}
		p.Leaving.Reputation, p.Leaving.Has = costs, has
		return p
	}
	for _, c := range []struct {
		list []wire.Position
		want int
	}{
		{[]wire.Position{pledge("a", 25, 100)}, 25},
		{[]wire.Position{pledge("a", 25, 100), pledge("a", 25, 100)}, 50},
		{slices.Repeat([]wire.Position{pledge("a", 25, 90)}, 5), 90},
		{append(slices.Repeat([]wire.Position{pledge("a", 25, 60)}, 3), pledge("b", 25, 100)), 85},
		{[]wire.Position{pledge("a", 10, 10), pledge("a", 10, 10)}, 10},
	} {
		sums := client.Holdings(c.list, false)
		if len(sums) != 1 || sums[0].Leaving.Reputation != c.want {
			t.Errorf("%d pledges cost %+v, want %d points", len(c.list), sums, c.want)
		}
	}
	x := openOn(t, "dense", 336, "")
	poor := 0
	for _, pl := range x.pledges(t, wire.PledgeQuery{Live: true}) {
		a := x.member(t, pl.PastelID)
		for _, p := range a.Positions {
			if p.Leaving.Has != a.Reputation || p.Leaving.Reputation > a.Reputation {
				t.Errorf("%s has %d points, leaving with pledge %d costs %+v", pl.PastelID, a.Reputation, p.Seq, p.Leaving)
			}
		}
		for _, h := range client.Holdings(a.Positions, false) {
			if h.Leaving.Reputation > a.Reputation {
				t.Errorf("%s has %d points, leaving pool %s costs %d", pl.PastelID, a.Reputation, h.Pool, h.Leaving.Reputation)
			}
		}
		if a.Reputation < 100 {
			poor++
		}
	}
	if poor == 0 {
		t.Error("every member has full reputation: the test shows nothing")
	}
}
