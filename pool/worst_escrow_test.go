package pool

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// escrowAttacks are attacks that pay pools.
func escrowAttacks() []attack {
	return []attack{
		{
			name:  "9800 outputs to a dissolved pool with 499 last members",
			block: func() *sim { return payDissolved(9_800) },
			want:  map[EventType]int{RewardReceived: 1},
			check: func(t *testing.T, m *sim, _ *Update) { m.checkLateIncome(t, 9_800*100*pastel.PSL) },
		},
		{
			name:  "20000 coinbase outputs to an active pool of 500",
			block: func() *sim { return payByCoinbase(20_000) },
			want:  map[EventType]int{RewardReceived: 1},
			check: func(t *testing.T, m *sim, _ *Update) {
				if got := m.s.pools[m.s.Pools()[0]].tracked; got != 16*pastel.PSL {
					t.Errorf("%s PSL are tracked, want 16: a coinbase pays a pool with its first 16 outputs", got)
				}
			},
		},
		{
			name:  "50000 outputs to a pool with 150000 tracked ones",
			block: payCrowdedEscrow,
			want:  map[EventType]int{RewardReceived: 1},
			check: func(t *testing.T, m *sim, _ *Update) {
				if n := len(m.s.escrow); n != 200_000 {
					t.Errorf("%d outputs are tracked, want 200000", n)
				}
			},
		},
		{
			name:  "settlement with 10000 claims and 500 amendments",
			block: settleManyClaims,
			want:  map[EventType]int{PledgeAmended: 500, RewardReceived: 1, PayoutSettled: 1, PayoutCancelled: 1},
			check: func(t *testing.T, m *sim, _ *Update) {
				if n := len(m.s.pools[m.s.Pools()[0]].claims); n < 10_000 {
					t.Errorf("the pool has %d claims, want 10000 and more", n)
				}
			},
		},
	}
}

// payEscrow returns n outputs to a pool's escrow script, each worth more than the last by step.
func payEscrow(id ticket.PoolID, n int, first, step pastel.Amount) []pastel.TxOut {
	script := ticket.EscrowAddress(id).Script()
	outs := make([]pastel.TxOut, n)
	for i := range outs {
		outs[i] = pastel.TxOut{Value: first + step*pastel.Amount(i), Script: script}
	}
	return outs
}

// payDissolved pays a dissolved pool. Each output used to be shared out by itself.
func payDissolved(outputs int) *sim {
	m := largePools(1, benchOwner)
	m.tx([]pastel.OutPoint{benchCoin(0)})
	m.mustMine()
	id := m.s.Pools()[0]
	m.mineUntil(id, Dissolved)
	m.tx(nil, payEscrow(id, outputs, 100*pastel.PSL, 0)...)
	return m
}

// checkLateIncome: 499 last members have equal claims, the operator has the fee of 5 %, the rest is carry.
func (m *sim) checkLateIncome(t *testing.T, gross pastel.Amount) {
	p := m.s.pools[m.s.Pools()[0]]
	each := (gross - gross/20) / 499
	if len(p.claims) != 500 || p.claims[0].amount != gross/20 || p.head.carry != (gross-gross/20)%499 {
		t.Fatalf("%d claims, the first of %s PSL, carry %d patoshi", len(p.claims), p.claims[0].amount, p.head.carry)
	}
	for _, c := range p.claims[1:] {
		if c.amount != each {
			t.Fatalf("a last member has %s PSL, want %s", c.amount, each)
		}
	}
}

func payByCoinbase(outputs int) *sim {
	m := largePools(1, benchOwner)
	m.coinbase(payEscrow(m.s.Pools()[0], outputs, pastel.PSL, 0)...)
	return m
}

// payCrowdedEscrow pays a pool that already holds many outputs. Each new one precedes all others in the order in which settlement takes
// them.
func payCrowdedEscrow() *sim {
	const outputs = 50_000
	m := largePools(1, benchOwner)
	id := m.s.Pools()[0]
	for i := range 3 {
		m.tx(nil, payEscrow(id, outputs, pastel.Amount(100+i)*pastel.PSL, 1)...)
		m.mustMine()
	}
	m.tx(nil, payEscrow(id, outputs, 103*pastel.PSL, 1)...)
	return m
}

// settleManyClaims lets all members change their reward addresses between settlements, so that what each earned, too little to be paid,
// stays in a claim of its own.
func settleManyClaims() *sim {
	const rounds = 20
	m := largePools(1, benchOwner)
	id := m.s.Pools()[0]
	settles := func() bool { return m.s.pools[id].nextSettlement(m.s.tip.Height, &m.s.params) == m.block.Height }
	earn := func(round int) {
		for k := range limitMembers {
			m.part(id, k, largePledge, benchCoin(k), benchOwner(k), simReward((round+1)*limitMembers+k))
		}
		m.reward(id, 200*pastel.PSL)
	}
	for round := range rounds {
		earn(round)
		for m.mustMine(); !settles(); {
			m.mustMine()
		}
		if round < rounds-1 {
			m.mustMine()
		}
	}
	earn(rounds)
	return m
}
