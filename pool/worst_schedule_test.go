package pool

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// scheduleAttacks are blocks in which many things end at once.
func scheduleAttacks() []attack {
	return []attack{
		{
			name:  "20000 statements forgotten when the clock jumps",
			block: jumpClock,
			want:  map[EventType]int{},
			check: func(t *testing.T, m *sim, u *Update) {
				if n := m.s.statements.times.Len(); n != 0 {
					t.Errorf("%d statements are kept, want none", n)
				}
				last, is := u.Undo.changes[len(u.Undo.changes)-1].(*statementsForgotten)
				if !is || len(last.was) != 20_000 {
					t.Errorf("the last change is %T, want 20000 statements forgotten", last)
				}
			},
		},
		{
			name:  "1000 pools with 20000 pledges of one key expiring",
			block: func() *sim { return expireMany(1_000, 20) },
			want:  map[EventType]int{PoolExpired: 1_000, PledgeReleased: 20_000},
			check: func(t *testing.T, m *sim, _ *Update) {
				if n := m.s.backings.Len(); n != 0 {
					t.Errorf("%d backings are left, want none", n)
				}
			},
		},
		{
			name:  "1000 pools closing",
			block: func() *sim { return closeMany(1_000) },
			want:  map[EventType]int{PoolClosed: 1_000},
		},
		{
			name:  "40 pools of 499 dissolving",
			block: func() *sim { return dissolveMany(40) },
			want:  map[EventType]int{PoolDissolved: 40, PledgeReleased: 40 * 499, PayoutSettled: 40},
		},
		{
			name:  "40 pools of 500 settling",
			block: func() *sim { return settleMany(40) },
			want:  map[EventType]int{RewardReceived: 40, PayoutSettled: 40},
		},
	}
}

// jumpClock makes a block whose time is two days after that of 20,000 statements.
func jumpClock() *sim {
	const pools = 40
	m := newSim(panicker{}, largeNetwork())
	m.people(pools*limitMembers, benchOwner)
	ids := m.open(pools, largePeriod)
	for k := range pools * limitMembers {
		m.pledge(ids[k%pools], k, largePledge, benchCoin(k), benchOwner(k))
	}
	m.mustMine()
	m.block.Time += 2 * statementLife
	return m
}

// expireMany releases, pool by pool, the pledges of one key, which joined the pools in turn.
func expireMany(pools, each int) *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(pools*each, oneKey)
	ids := m.open(pools, largePeriod)
	for k := range pools * each {
		m.pledge(ids[k%pools], k, largePledge, benchCoin(k), oneKey(0))
	}
	for end := m.s.pools[ids[0]].terms.ActivateUntil(&m.s.params); m.block.Height <= end; {
		m.mustMine()
	}
	return m
}

func closeMany(pools int) *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(pools, benchOwner)
	id := m.open(pools, largePeriod)[0]
	m.mineUntil(id, Expired)
	for end := m.s.pools[id].head.ended + m.s.params.IdleLimit; m.block.Height < end; {
		m.mustMine()
	}
	return m
}

func dissolveMany(pools int) *sim {
	m := largePools(pools, benchOwner)
	ids := m.s.Pools()
	for i, id := range ids {
		m.reward(id, 1250*pastel.PSL)
		m.tx([]pastel.OutPoint{benchCoin(i * limitMembers)})
	}
	m.mustMine()
	for end := m.s.pools[ids[0]].head.deadline; m.block.Height <= end; {
		m.mustMine()
	}
	return m
}

func settleMany(pools int) *sim {
	m := largePools(pools, benchOwner)
	ids := m.s.Pools()
	for m.s.pools[ids[0]].nextSettlement(m.s.tip.Height, &m.s.params) != m.block.Height {
		m.rewardAll()
		m.mustMine()
	}
	m.rewardAll()
	return m
}

// rewardAll lets the coinbase pay every pool.
func (m *sim) rewardAll() {
	var outs []pastel.TxOut
	for _, id := range m.s.Pools() {
		outs = append(outs, payEscrow(id, 1, 1250*pastel.PSL, 0)...)
	}
	m.coinbase(outs...)
}

// TestEndedPoolsCostNothing: no block visits ended pools that owe nothing until they close, however many exist.
func TestEndedPoolsCostNothing(t *testing.T) {
	m := expireMany(200, 2)
	m.mustMine()
	ended := m.s.tip.Height
	for {
		u, err := m.s.Apply(m.block)
		if err != nil {
			t.Fatal(err)
		}
		m.start()
		if closed := countEvents(u)[PoolClosed]; closed > 0 {
			if want := ended + m.s.params.IdleLimit; closed != 200 || u.Height != want {
				t.Errorf("%d pools close in block %d, want 200 in block %d", closed, u.Height, want)
			}
			return
		}
		if n := u.Undo.Len(); n > 0 {
			t.Fatalf("block %d changes %d things", u.Height, n)
		}
	}
}
