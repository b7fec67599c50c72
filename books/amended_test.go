package books_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// amendment is the block of the amendment in the recorded chain "life": a member changes her reward address.
const amendment pastel.Height = 246

// amending returns the PastelID that amends and its ticket.
func amending(t *testing.T, x *library) (transaction string, part *ticket.Part) {
	t.Helper()
	for _, a := range x.tickets(amendment) {
		if a.Kind == ticket.KindPart {
			return a.tx, a.Part
		}
	}
	t.Fatalf("block %d holds no pledge", amendment)
	return "", nil
}

// History, pool and account show an amended pledge as its last ticket says. A reorganization restores the previous one.
func TestAmendedPledge(t *testing.T) {
	t.Parallel()
	x := open(t, amendment-1, "")
	tx, part := amending(t, x)
	pledge := func() wire.Pledge {
		return x.pledges(t, wire.PledgeQuery{Live: true, OfID: ofID(part.PastelID)})[0]
	}
	old := pledge()
	if old.Amended != nil || old.Reward == part.RewardAddress {
		t.Fatalf("before the amendment: %+v", old)
	}
	amended := func(h pastel.Height) {
		t.Helper()
		got := pledge()
		if got.Amended == nil || got.Amended.Height != amendment || got.Ticket != tx || got.Seq != old.Seq || got.Joined != old.Joined {
			t.Errorf("block %d: history has %+v", h, got)
		}
		now := x.pool(t, got.Pool)
		i := slices.IndexFunc(now.Participants, func(pl wire.PoolPledge) bool { return int64(pl.Seq) == got.Seq })
		mine := x.member(t, part.PastelID)
		for _, reward := range []string{got.Reward, now.Participants[i].Reward, mine.Positions[0].Reward} {
			if reward != part.RewardAddress {
				t.Errorf("block %d: paid to %s, want %s", h, reward, part.RewardAddress)
			}
		}
		if mine.Offered != part.PledgedCoins || mine.Counted != now.Participants[i].Counted || now.Participants[i].Offered != part.PledgedCoins {
			t.Errorf("block %d: the account offers %d PSL, the pool has %+v", h, mine.Offered, now.Participants[i])
		}
	}
	x.move(t, amendment-1, amendment)
	amended(amendment)
	x.move(t, amendment-6, amendment-1)
	if got := pledge(); got != old {
		t.Errorf("after the reorganization %+v, want %+v", got, old)
	}
	if mine := x.member(t, part.PastelID); mine.Positions[0].Reward != old.Reward {
		t.Errorf("after the reorganization it is paid to %s, want %s", mine.Positions[0].Reward, old.Reward)
	}
	x.move(t, amendment-1, amendment+4)
	amended(amendment + 4)
	was := x.pledges(t, wire.PledgeQuery{Live: true, AsOf: asOf(245), OfID: ofID(part.PastelID)})[0]
	if was != old {
		t.Errorf("as of the block before it is %+v, want %+v", was, old)
	}
}

// An address that an amendment took rewards away from still shows what it was paid and is owed, but not the pledge that pays elsewhere.
func TestAddressThatIsNoLongerPaid(t *testing.T) {
	t.Parallel()
	x := open(t, amendment-1, "")
	_, part := amending(t, x)
	before := x.member(t, part.PastelID)
	reward := before.Positions[0].Reward
	address := x.address(t, reward)
	if len(address.Positions) != 1 || address.Elsewhere != 0 {
		t.Fatalf("before the amendment: %+v", address)
	}
	owed := func(a *wire.Account) pastel.Amount { // of the address: settled at some time
		sum := a.Paid
		for _, c := range a.Claims {
			if c.Address == reward {
				sum += c.Amount
			}
		}
		for _, p := range a.Pending {
			sum += p.Amount
		}
		return sum
	}
	for _, h := range []pastel.Height{amendment, 259} { // and after another payout
		x.move(t, x.ledger.Last().Height, h)
		a := x.address(t, reward)
		if len(a.Positions) != 0 || a.Elsewhere != 1 || a.Accrued != 0 {
			t.Errorf("block %d: the old address has positions %+v, %d are paid elsewhere", h, a.Positions, a.Elsewhere)
		}
		if got, want := owed(&a), a.Credited; got != want || got == 0 {
			t.Errorf("block %d: the old address was paid or is owed %s, and credited %s", h, got, want)
		}
		fresh := x.address(t, part.RewardAddress)
		mine := x.member(t, part.PastelID)
		if len(fresh.Positions) == 0 || mine.Credited != a.Credited || mine.Paid != a.Paid+fresh.Paid {
			t.Errorf("block %d: settled %s and paid %s, of them %s and %s at the old address, %s at the new one", h,
				mine.Credited, mine.Paid, a.Credited, a.Paid, fresh.Paid)
		}
		if mine.Claimed != a.Claimed+fresh.Claimed {
			t.Errorf("block %d: owed %s, of them %s at the old address, %s at the new one", h, mine.Claimed, a.Claimed, fresh.Claimed)
		}
	}
}

// A partly counted pledge shows what counts and that the rest may be spent without loss. Sums include each part once.
func TestPledgeCountedInPart(t *testing.T) {
	t.Parallel()
	x := openOn(t, "dense", 206, "") // 580 of 850 PSL have just come to count
	part := x.events(t, wire.EventQuery{From: 206, Type: types(pool.PledgePromoted)})[0]
	if part.Coins != 580 || part.Offered != 850 || part.Text != "580 of the 850 PSL of a pledge by "+pastel.Short(part.PastelID)+" now count." {
		t.Fatalf("it is %+v", part)
	}
	in := x.pool(t, part.Pool)
	var counted, offered int64
	for _, pl := range in.Participants {
		counted += pl.Counted
		offered += pl.Offered
	}
	if in.Counted != counted || in.Offered != offered || counted >= offered {
		t.Errorf("the pool counts %d of %d PSL, its pledges %d of %d", in.Counted, in.Offered, counted, offered)
	}
	a := x.member(t, part.PastelID)
	i := slices.IndexFunc(a.Positions, func(p wire.Position) bool { return p.Pool == part.Pool && p.Offered == 850 })
	if i < 0 {
		t.Fatalf("the account has no such pledge: %+v", a.Positions)
	}
	p := a.Positions[i]
	if p.Counted != 580 || p.Role != "member" || p.PoolCounted != in.Counted || p.Leaving.Free != 270 || p.Leaving.Reputation != 25 {
		t.Errorf("the position is %+v", p)
	}
	counted, offered = 0, 0
	for _, p := range a.Positions {
		counted += p.Counted
		offered += p.Offered
	}
	if a.Counted != counted || a.Offered != offered {
		t.Errorf("the account counts %d of %d PSL, its positions %d of %d", a.Counted, a.Offered, counted, offered)
	}
	x.move(t, 206, 336)
	x.move(t, 336, 337)
	reduced := x.last(t, "pledge.reduced", 337)
	x.move(t, 330, 336)
	of := func() wire.Position { // of the pledge, which counts 250 of 400 PSL
		a := x.member(t, reduced.PastelID)
		i := slices.IndexFunc(a.Positions, func(p wire.Position) bool { return p.Counted == 250 })
		if i < 0 {
			t.Fatalf("the account has no such pledge: %+v", a.Positions)
		}
		return a.Positions[i]
	}
	if p := of(); p.Offered != 400 || p.Leaving.Free != 150 {
		t.Errorf("before coins are spent that wait in line: %+v", p)
	}
	x.move(t, 336, 337)
	if e := reduced; e.Coins != 250 || e.Offered != 250 ||
		e.Text != pastel.Short(e.PastelID)+" spent coins that waited in line. The pledge now offers only the 250 PSL that count." {
		t.Errorf("block 337: %+v", e)
	}
	if p := of(); p.Offered != 250 || p.Leaving.Free != 0 || p.Role != "member" {
		t.Errorf("after it was reduced: %+v", p)
	}
}

// A closed pool is listed as closed, and its operator's record still says how it ended.
func TestClosedPool(t *testing.T) {
	t.Parallel()
	x := open(t, 338, "")
	list := x.pools(t, wire.PoolQuery{Status: []string{"closed"}})
	if len(list) != 1 || list[0].Status != "closed" || list[0].Ended == nil || list[0].LeastPledge != 0 || list[0].NextSettlement != nil {
		t.Fatalf("closed pools: %+v", list)
	}
	e := x.events(t, wire.EventQuery{Type: types(pool.PoolClosed)})[0]
	if e.Height != 338 || e.Amount != 1 || e.Text != "The pool closed: everything worth paying is paid. 0.00001 PSL stay in its escrow for good." {
		t.Errorf("the event is %+v", e)
	}
	p := x.pool(t, list[0].ID)
	if p.Escrowed != 0 || len(p.Claims) != 0 || p.Forecast != nil || p.Critical != nil || p.Yield != nil || p.Paid == 0 {
		t.Errorf("the pool is %+v", p)
	}
	o := x.operator(t, p.Operator)
	if o.Pools["closed"] != 1 || o.Pools["dissolved"] != 0 || o.Dissolved != 1 || o.Expired != 0 {
		t.Errorf("the operator's record is %+v", o)
	}
	s := x.statistics(t)
	if s.Pools["closed"] != 1 || s.Supernodes != 0 || s.Offered != 0 || s.Escrowed != 0 {
		t.Errorf("the network has %+v", s)
	}
	for h, want := range map[pastel.Height]string{337: "dissolved", 338: "closed"} {
		if at, _, _, err := x.PastPools(t.Context(), h, wire.Page{}); err != nil || len(at) != 1 || at[0].Status != want {
			t.Errorf("at block %d: %+v, %v", h, at, err)
		}
	}
	x.move(t, 330, 337)
	if p := x.pool(t, list[0].ID); p.Status != "dissolved" || p.Escrowed != 1 {
		t.Errorf("after the reorganization: %s with %s in escrow", p.Status, p.Escrowed)
	}
}
