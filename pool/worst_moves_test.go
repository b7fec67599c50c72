package pool

import (
	"testing"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// moveAttacks are attacks that spend pledged coins.
func moveAttacks() []attack {
	const pledged = 20_000 // pledges of one key
	allLeft := map[EventType]int{PledgeLeft: pledged, ReputationChanged: pledged, RewardForfeited: 40, PoolReplenishing: 40}
	return []attack{
		{
			name:  "9400 moves of one backing with 500 pledges",
			block: moveAgainAndAgain,
			want:  map[EventType]int{PledgeMoved: 500},
		},
		{
			name:  "6000 backings hit by a transaction with 30000 outputs",
			block: func() *sim { return hitManyBackings(6_000, 5) },
			want:  map[EventType]int{PledgeMoved: 6_000},
			check: func(t *testing.T, m *sim, _ *Update) { m.checkReplaced(t, 6_000, 30_000) },
		},
		{
			name:  "20000 pledges of one key leaving in one transaction",
			block: func() *sim { return leaveTogether(false) },
			want:  allLeft,
			check: latestLeftFirst,
		},
		{
			name:  "20000 pledges of one key leaving in 20000 transactions",
			block: func() *sim { return leaveTogether(true) },
			want:  allLeft,
			check: latestLeftFirst,
		},
		{
			name:  "400 pledges of one PastelID leaving",
			block: leaveWith400,
			want:  map[EventType]int{PledgeLeft: 400, ReputationChanged: 400, PoolReplenishing: 1},
			check: lostReputation400Times,
		},
		{
			name:  "800 amendments between moves of 20000 pledges",
			block: amendBetweenMoves,
			want:  map[EventType]int{PledgeAmended: 800, PledgeReduced: 800, PledgeMoved: pledged},
		},
		{
			name:  "800 activations between moves of 20000 pledges",
			block: activateBetweenMoves,
			want:  map[EventType]int{PoolActivated: 800, PledgeLeft: 800, PledgeMoved: pledged + 800},
		},
	}
}

// moveAgainAndAgain sends a coin to its own key 9,400 times. Each move used to be an event of each pledge.
func moveAgainAndAgain() *sim {
	m := largePools(1, oneKey)
	last := benchCoin(0)
	for range 9_400 {
		i := m.tx([]pastel.OutPoint{last}, pay(oneKey(0), largePledge*pastel.PSL))
		last = pastel.OutPoint{TxID: m.block.Txs[i].ID()}
	}
	return m
}

// hitManyBackings spends a coin of each of many keys and pays each several coins, in an order that makes every search for replacements
// read all outputs.
func hitManyBackings(backings, each int) *sim {
	m := largePools(backings/limitMembers, benchOwner)
	var ins []pastel.OutPoint
	var outs []pastel.TxOut
	for k := range backings {
		ins = append(ins, benchCoin(k))
	}
	for range each {
		for k := range backings {
			outs = append(outs, pay(benchOwner(backings-1-k), largePledge*pastel.PSL))
		}
	}
	m.tx(ins, outs...)
	return m
}

// checkReplaced: every backing has one of the new coins; the others back nothing.
func (m *sim) checkReplaced(t *testing.T, backings, coins int) {
	n := 0
	m.s.coins.Each(func(_ table.Ref, _ pastel.OutPoint, c *coin) {
		if c.origin.backing() {
			n++
		}
	})
	if n != backings || m.s.coins.Len() != coins {
		t.Errorf("%d of %d coins back pledges, want %d of %d", n, m.s.coins.Len(), backings, coins)
	}
}

// leaveTogether spends the coins of 20,000 pledges in 40 pools, of 20,000 PastelIDs and one key.
func leaveTogether(oneByOne bool) *sim {
	const pools = 40
	m := largePools(pools, oneKey)
	for _, id := range m.s.Pools() {
		m.reward(id, 1250*pastel.PSL)
	}
	m.mustMine()
	var ins []pastel.OutPoint
	for k := range pools * limitMembers {
		ins = append(ins, benchCoin(k))
	}
	if !oneByOne {
		m.tx(ins)
		return m
	}
	for _, out := range ins {
		m.tx([]pastel.OutPoint{out})
	}
	return m
}

func latestLeftFirst(t *testing.T, _ *sim, u *Update) {
	next := uint64(0)
	for _, e := range u.Events {
		if e.Type != PledgeLeft {
			continue
		}
		if next != 0 && e.Pledge != next-1 {
			t.Fatalf("pledge %d leaves after pledge %d", e.Pledge, next)
		}
		next = e.Pledge
	}
	if next != 0 {
		t.Errorf("the last pledge to leave is %d, want 0", next)
	}
}

// leaveWith400 spends the coins of 400 pledges of one PastelID, each with a key of its own.
func leaveWith400() *sim {
	const pledges = 400
	m := newSim(panicker{}, largeNetwork())
	m.people(limitMembers, benchOwner)
	id := m.open(1, largePeriod)[0]
	for k := range limitMembers {
		who := k
		if k < pledges {
			who = 0
		}
		m.pledge(id, who, largePledge, benchCoin(k), benchOwner(k))
	}
	m.activate(id)
	m.mustMine()
	m.mustMine()
	for k := range pledges {
		m.tx([]pastel.OutPoint{benchCoin(k)})
	}
	return m
}

func lostReputation400Times(t *testing.T, m *sim, u *Update) {
	want := []int{75, 50, 25, 0}
	for _, e := range u.Events {
		if e.Type != ReputationChanged {
			continue
		}
		if e.Points != want[0] {
			t.Fatalf("reputation falls to %d, want %d", e.Points, want[0])
		}
		if len(want) > 1 {
			want = want[1:]
		}
	}
	saved := 0
	for _, x := range u.Undo.changes {
		if _, is := x.(*reputationChanged); is {
			saved++
		}
	}
	if saved != 1 {
		t.Errorf("undo keeps the reputation %d times, want once", saved)
	}
	if points, _, _ := m.s.Reputation(benchID(0)); points != 0 {
		t.Errorf("reputation is %d, want 0", points)
	}
}

// amendBetweenMoves lets the oldest pledges of a key offer more, one after the other, and each time spends the coin that covered the
// rise: every search for what can be given up goes from the youngest pledge to the oldest.
func amendBetweenMoves() *sim {
	const amendments = 800
	m := largePools(40, oneKey)
	more := m.coinsFor(oneKey(0), amendments, largePledge*pastel.PSL)
	id := m.s.Pools()[0]
	for i, out := range more {
		if i == limitMembers {
			id = m.s.Pools()[1]
		}
		m.pledge(id, i, 2*largePledge, out, oneKey(0))
		m.tx([]pastel.OutPoint{out})
	}
	return m
}

// coinsFor mines a block that pays a key n coins.
func (m *sim) coinsFor(owner pastel.KeyHash, n int, value pastel.Amount) []pastel.OutPoint {
	outs := make([]pastel.TxOut, n)
	coins := make([]pastel.OutPoint, n)
	for i := range outs {
		outs[i] = pay(owner, value)
	}
	id := m.block.Txs[m.tx(nil, outs...)].ID()
	for i := range coins {
		coins[i] = pastel.OutPoint{TxID: id, Vout: uint32(i)}
	}
	m.mustMine()
	return coins
}

// activateBetweenMoves activates 800 pools, each with one member who reaches the target and one standby pledge. The standby pledges are
// the oldest of their key, which has 20,000 pledges in other pools. After each activation a coin of the key moves away, which costs the
// standby pledge its place: every search goes from the youngest pledge to the oldest.
func activateBetweenMoves() *sim {
	const pools, small = 40, 800
	m := newSim(panicker{}, largeNetwork())
	m.people(pools*limitMembers+small, oneKey)
	big := m.coinsFor(oneKey(0), small, 2*limitMembers*largePledge*pastel.PSL)
	ids := m.open(pools+small, largePeriod)
	for i, id := range ids[pools:] {
		k := pools*limitMembers + i
		m.pledge(id, k, largePledge, benchCoin(k), oneKey(0))
		m.pledge(id, 0, limitMembers*largePledge, big[i], oneKey(0))
	}
	m.mustMine()
	m.fill(ids[:pools], oneKey)
	// Spend the coins that are worth more than the pledges they back, so that any loss matters at once.
	m.tx(big, pay(oneKey(0), small*limitMembers*largePledge*pastel.PSL))
	m.mustMine()
	for i, id := range ids[pools:] {
		m.activate(id, m.participant(benchID(0), oneKey(0)))
		m.tx([]pastel.OutPoint{benchCoin(pools*limitMembers + i)})
	}
	return m
}
