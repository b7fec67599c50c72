package pool

import "github.com/pastelnetwork/smartpool/pastel"

// limitAttacks are blocks at or near the limit of 2.1 million pledges, whose states take too long to make for a test. Smaller
// ones like them stand among the attacks.
func limitAttacks() []attack {
	return []attack{
		{name: "income of 4200 pools of 500", block: payAll},
		{name: "4200 pools of 500 settling", block: settleAll},
		{name: "500 pledges leaving that share a key with 210000", block: func() *sim { return leaveCrowdedKey(limitMembers) }},
	}
}

// payAll has the coinbase pay all pools at the limit.
func payAll() *sim {
	m := full()
	m.start()
	m.rewardAll()
	return m
}

// settleAll leaves all pools at the limit one block before a settlement that has something to pay everybody.
func settleAll() *sim {
	m := full()
	m.start()
	for p := m.s.pools[m.s.Pools()[0]]; p.nextSettlement(m.s.tip.Height, &m.s.params) != m.block.Height; {
		m.mustMine()
	}
	m.rewardAll()
	return m
}

// leaveCrowdedKey has the last pledges of a key leave that has 210,000 of them; all the others move.
func leaveCrowdedKey(pledges int) *sim {
	m := largePools(limitPools/10, oneKey)
	for k := range pledges {
		m.tx([]pastel.OutPoint{benchCoin(k)})
	}
	return m
}
