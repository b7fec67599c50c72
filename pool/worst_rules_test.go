package pool

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// unauthorizedSpend adds a transaction that spends an output to a pool's escrow script, as anyone can.
func (m *sim) unauthorizedSpend(out pastel.OutPoint, id ticket.PoolID) {
	in := pastel.TxIn{PrevOut: out, ScriptSig: pushOf(ticket.EscrowRedeemScript(id)), Sequence: 0xffffffff}
	m.block.Txs = append(m.block.Txs, *pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{pay(benchOwner(0), pastel.PSL)}))
	m.block.scan(&m.s.params, len(m.block.Txs)-1)
}

// payAndSpendEscrow pays an escrow script with one transaction and spends the output with the next.
func (m *sim) payAndSpendEscrow(id ticket.PoolID, amount pastel.Amount) {
	i := m.tx(nil, pastel.TxOut{Value: amount, Script: ticket.EscrowAddress(id).Script()})
	m.unauthorizedSpend(pastel.OutPoint{TxID: m.block.Txs[i].ID()}, id)
}

// TestUnauthorizedSpendInTwoTransactions: a block that pays an escrow script and spends the output is invalid, whether or not the output
// would be tracked. Nobody used to be able to recognize two such transactions before a block mined them.
func TestUnauthorizedSpendInTwoTransactions(t *testing.T) {
	closed := func() *sim {
		m := closeMany(1)
		m.mustMine()
		return m
	}
	cases := []struct {
		name  string
		block func() *sim
	}{
		{"tracked", func() *sim {
			m := largePools(1, benchOwner)
			m.payAndSpendEscrow(m.s.Pools()[0], 100*pastel.PSL)
			return m
		}},
		{"below MinEscrow", func() *sim {
			m := largePools(1, benchOwner)
			m.payAndSpendEscrow(m.s.Pools()[0], 100*pastel.PSL-1)
			return m
		}},
		{"17th output of a coinbase", func() *sim {
			m := largePools(1, benchOwner)
			id := m.s.Pools()[0]
			m.coinbase(payEscrow(id, 17, pastel.PSL, 0)...)
			base := m.block.Txs[0].ID()
			m.mustMine()
			out := pastel.OutPoint{TxID: base, Vout: 16}
			if m.s.escrow[out] != nil {
				panic("the 17th output is tracked")
			}
			m.unauthorizedSpend(out, id)
			return m
		}},
		{"of a closed pool", func() *sim {
			m := closed()
			id := m.s.Pools()[0]
			if m.s.pools[id].head.status != Closed {
				panic("the pool is not closed")
			}
			m.payAndSpendEscrow(id, 100*pastel.PSL)
			return m
		}},
		{"of a pool that does not exist", func() *sim {
			m := largePools(1, benchOwner)
			m.payAndSpendEscrow(simTerms("none", &m.s.params, 1, 1, 1, 1, 0, 0).ID, 100*pastel.PSL)
			return m
		}},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			m := x.block()
			before := m.s.Encode()
			_, err := m.s.Apply(m.block)
			var invalid *BlockError
			if !errors.As(err, &invalid) || invalid.TxID != m.block.Txs[len(m.block.Txs)-1].ID() {
				t.Errorf("Apply = %v, want the unauthorized spend refused", err)
			}
			if !bytes.Equal(m.s.Encode(), before) {
				t.Error("a block that was refused left something behind")
			}
		})
	}
}

// TestVoteThatComesTrueLate: a coinbase may pay a pool that fell short, dissolved, expired or closed after the votes for it. Such a block
// used to be invalid, which split the chain.
func TestVoteThatComesTrueLate(t *testing.T) {
	m := largePools(2, benchOwner)
	m.init(simTerms("late", &m.s.params, 1000, 10_000, 500, largePeriod, 0, 2))
	late := m.block.carried[0].init.pool.ID
	id := m.s.Pools()[1]
	m.tx([]pastel.OutPoint{benchCoin(limitMembers)})
	m.mustMine()
	pays := func(id ticket.PoolID, status Status, want pastel.Amount) {
		t.Helper()
		m.mineUntil(id, status)
		before := m.s.pools[id].tracked
		m.reward(id, 5*pastel.PSL)
		m.mine(t)
		if got := m.s.pools[id].tracked - before; got != want {
			t.Errorf("a %s pool takes %s PSL of 5, want %s", status, got, want)
		}
	}
	pays(late, Subscribing, 5*pastel.PSL)
	pays(id, Replenishing, 5*pastel.PSL)
	pays(id, Dissolved, 5*pastel.PSL)
	pays(late, Expired, 5*pastel.PSL)
	shut := closeMany(1)
	shut.mustMine()
	m, id = shut, shut.s.Pools()[0]
	pays(id, Closed, 0)
}

// coinOf adds a transaction that pays somebody a coin.
func (m *sim) coinOf(k int, coins int64) pastel.OutPoint {
	i := m.tx(nil, pay(benchOwner(k), pastel.Amount(coins)*pastel.PSL))
	return pastel.OutPoint{TxID: m.block.Txs[i].ID()}
}

// TestFullPoolIsRestoredByItsMembers: the largest member of a pool of 500 leaves. Only a newcomer with everything that is missing could
// use the free slot; members who offer more restore the pool.
func TestFullPoolIsRestoredByItsMembers(t *testing.T) {
	const required, largest, amending, more = 8_000, 3_010, 100, 31
	m := newSim(panicker{}, largeNetwork())
	m.people(limitMembers+1, benchOwner)
	terms := simTerms("full", &m.s.params, required, 10_000, 500, largePeriod, 0, 0)
	id := terms.ID
	m.init(terms)
	big := m.coinOf(0, largest)
	m.mustMine()
	m.pledge(id, 0, largest, big, benchOwner(0))
	for k := 1; k < limitMembers; k++ {
		m.pledge(id, k, largePledge, benchCoin(k), benchOwner(k))
	}
	m.activate(id)
	m.mustMine()

	m.tx([]pastel.OutPoint{big})
	if n := countEvents(m.mine(t)); n[PoolReplenishing] != 1 || n[PledgeLeft] != 1 {
		t.Fatalf("events are %v, want the largest member gone and the pool short", n)
	}
	newcomer := m.coinOf(limitMembers, 1_000)
	m.pledge(id, limitMembers, 1_000, newcomer, benchOwner(limitMembers))
	for k := 1; k <= amending; k++ {
		m.pledge(id, k, largePledge+more, m.coinOf(k, more), benchOwner(k))
	}
	u := m.mine(t)
	n := countEvents(u)
	if n[PledgeAmended] != amending || n[PoolRestored] != 1 || n[PledgeAccepted] != 0 {
		t.Errorf("events are %v, want %d amendments and the pool restored", n, amending)
	}
	if u.Events[0].Reason != ticket.ReasonPledgeTooSmall {
		t.Errorf("the newcomer's ticket: %+v, want it too small", u.Events[0])
	}
	if p := m.s.pools[id]; p.counted != required || p.offered != 499*largePledge+amending*more {
		t.Errorf("the pool counts %d of %d PSL", p.counted, p.offered)
	}
}

// TestSmallLeaversKeepTheStandbyQueue: a standby pledge fills holes one by one. The first hole used to use it up.
func TestSmallLeaversKeepTheStandbyQueue(t *testing.T) {
	const standby, leavers = 100, 20
	m := largePools(1, benchOwner)
	id := m.s.Pools()[0]
	for k := range 2 { // room for two
		m.tx([]pastel.OutPoint{benchCoin(k)})
	}
	for k := range 2 {
		m.pledge(id, k, standby, m.coinOf(k, standby), benchOwner(k))
	}
	m.mine(t)
	p := m.s.pools[id]
	for k := 2; k < leavers; k++ {
		m.tx([]pastel.OutPoint{benchCoin(k)})
		n := countEvents(m.mine(t))
		if n[PledgeLeft] != 1 || n[PledgePromoted] != 1 || p.head.status != Active || p.counted != p.terms.Target {
			t.Fatalf("leaver %d: events are %v, the pool is %s with %d PSL", k, n, p.head.status, p.counted)
		}
	}
	var counted int64
	for _, pl := range p.pledges[len(p.pledges)-2:] {
		if pl.offered != standby || pl.counted == 0 {
			t.Errorf("a standby pledge counts %d of %d PSL", pl.counted, pl.offered)
		}
		counted += pl.counted
	}
	if counted != leavers*largePledge {
		t.Errorf("the standby pledges count %d PSL, want what the leavers did", counted)
	}
}
