package pool

import "github.com/pastelnetwork/smartpool/pastel"

// limitAttacks are blocks at or near the limit of 2.1 million pledges, whose states take too long to make for a test. The other attacks
// include smaller ones of the same kinds.
func limitAttacks() []attack {
	return []attack{
		{name: "income of 4200 pools of 500", block: payAll},
		{name: "4200 pools of 500 settling", block: settleAll},
		{name: "500 pledges leaving that share a key with 210000", block: func() *sim { return leaveCrowdedKey(limitMembers) }},
	}
}

// payAll lets the coinbase pay all pools at the limit.
func payAll() *sim {
	m := full()
	m.start()
	m.rewardAll()
	return m
}

// settleAll leaves all pools at the limit one block before a settlement that pays everybody.
func settleAll() *sim {
	m := full()
	m.start()
	for p := m.s.pools[m.s.Pools()[0]]; p.nextSettlement(m.s.tip.Height, &m.s.params) != m.block.Height; {
		m.mustMine()
	}
	m.rewardAll()
	return m
}

// leaveCrowdedKey lets the last pledges of a key with 210,000 pledges leave; all the others move.
func leaveCrowdedKey(pledges int) *sim {
	m := largePools(limitPools/10, oneKey)
	for k := range pledges {
		m.tx([]pastel.OutPoint{benchCoin(k)})
	}
	return m
}
