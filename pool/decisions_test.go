package pool

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Each test here enforces a decision, marked D in docs/protocol.md, and is named after it.

// readyPool mines an active pool whose members 1, 2, ... pledge these PSL; each member's number is also the owner's.
func readyPool(t *testing.T, m *sim, factor int64, coins ...int64) ticket.PoolID {
	t.Helper()
	id := openPool(t, m, factor)
	for i, n := range coins {
		m.join(id, i+1, n)
	}
	m.activate(id)
	m.mine(t)
	if len(coins) > 0 && m.s.pools[id].head.status != Active {
		t.Fatal("pool is not active")
	}
	return id
}

func openPool(t *testing.T, m *sim, factor int64) ticket.PoolID {
	t.Helper()
	for k := range simPeople {
		m.register(k)
	}
	terms := simTerms("pool", &m.s.params, 1000, factor, 500, 20, 0, 7)
	m.init(terms)
	m.mine(t)
	return terms.ID
}

// raise gives person k another output of this many PSL and amends the pledge to n PSL.
func (m *sim) raise(id ticket.PoolID, k int, n, more int64) {
	i := m.tx(nil, pay(simOwner(k), pastel.Amount(more)*pastel.PSL))
	m.part(id, k, n, pastel.OutPoint{TxID: m.block.Txs[i].ID()}, simOwner(k), simReward(k)).time++
}

// join gives person k an output of n+1 PSL and pledges n PSL of it.
func (m *sim) join(id ticket.PoolID, k int, n int64) pastel.OutPoint {
	i := m.tx(nil, pay(simOwner(k), pastel.Amount(n+1)*pastel.PSL))
	out := pastel.OutPoint{TxID: m.block.Txs[i].ID()}
	m.part(id, k, n, out, simOwner(k), simReward(k))
	return out
}

// find returns the events of a type.
func find(u *Update, kind EventType) (list []Event) {
	for _, e := range u.Events {
		if e.Type == kind {
			list = append(list, e)
		}
	}
	return list
}

func only(t *testing.T, u *Update, kind EventType) Event {
	t.Helper()
	list := find(u, kind)
	if len(list) != 1 {
		t.Fatalf("%d events %s in %+v", len(list), kind, u.Events)
	}
	return list[0]
}

// TestDNoTicketBeforeStartHeight: rules that nobody enforces would leave escrow open to anyone.
func TestDNoTicketBeforeStartHeight(t *testing.T) {
	blocks, _ := recorded(t, "life")
	params, err := ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []Fork{{}, ForkAt(200)} {
		params.Forks.Pools = start
		s, err := New(params, false)
		if err != nil {
			t.Fatal(err)
		}
		for h, b := range blocks[:200] {
			u, err := s.Apply(Prepare(&params, pastel.Height(h), b))
			if err != nil || len(u.Events) > 0 {
				t.Fatalf("block %d before the rules hold: %v, events %v", h, err, u.Events)
			}
		}
		if s.Coins() == 0 || len(s.Registered()) == 0 {
			t.Error("coins and registrations are to be kept from the first block on")
		}
	}
}

// TestDCoinsAreKeptFromTheBlocks: P2PKH outputs of at least MinPledge, whoever owns them.
func TestDCoinsAreKeptFromTheBlocks(t *testing.T) {
	m := newSim(t, simNetwork())
	least := m.s.params.MinPledge
	i := m.tx(nil, pay(simOwner(1), least), pay(simOwner(1), least-1), pastel.TxOut{Value: least, Script: pastel.P2SH([20]byte{1})},
		pastel.TxOut{Value: least, Script: append(pastel.P2PKH(simOwner(1)), 0x51)})
	id := m.block.Txs[i].ID()
	m.mine(t)
	if got := m.coinList(); len(got) != 1 || got[0] != (pastel.OutPoint{TxID: id}) {
		t.Fatalf("coins are %v", got)
	}
	m.tx([]pastel.OutPoint{{TxID: id}})
	m.mine(t)
	if m.s.Coins() != 0 {
		t.Fatal("a spent coin is kept")
	}
}

// TestDOnlyTheRegisteredPledge: a registration ties an identity to a ticket on the chain.
func TestDOnlyTheRegisteredPledge(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, simPeople+1, 500)
	if e := only(t, m.mine(t), TicketRejected); e.Reason != ticket.ReasonPastelIDNotRegistered {
		t.Fatal(e.Reason)
	}
	m.register(simPeople + 1)
	m.join(id, simPeople+1, 500)
	only(t, m.mine(t), PledgeAccepted)
}

// TestDForfeitsAreOneBatchABlock: the order in which members leave within a block does not matter.
func TestDForfeitsAreOneBatchABlock(t *testing.T) {
	var results [][]pastel.Amount
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		m := newSim(t, simNetwork())
		id := openPool(t, m, 10000)
		outs := []pastel.OutPoint{m.join(id, 1, 301), m.join(id, 2, 307), m.join(id, 3, 401), m.join(id, 4, 503)}
		m.activate(id)
		m.reward(id, 1000*pastel.PSL)
		m.mine(t)
		m.reward(id, 777*pastel.PSL)
		m.mine(t)
		for _, i := range order {
			m.tx(outs[i : i+1])
		}
		only(t, m.mine(t), RewardForfeited)
		p, _ := m.s.Pool(id)
		results = append(results, []pastel.Amount{p.Pledges[0].Accrued, p.Pledges[1].Accrued, p.Accrued, p.Carry})
	}
	if !slices.Equal(results[0], results[1]) {
		t.Fatalf("it makes a difference: %v", results)
	}
}

// TestDNewcomersCannotCatchForfeits: those who joined since the last scheduled settlement held nothing then.
func TestDNewcomersCannotCatchForfeits(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 15000)
	first := m.join(id, 1, 700)
	m.join(id, 2, 800)
	m.activate(id)
	m.mine(t)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	m.join(id, 3, 700)
	m.mine(t)
	m.tx([]pastel.OutPoint{first})
	m.mine(t)
	late := m.join(id, 4, 50)
	m.mine(t)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	before, _ := m.s.Pool(id)
	m.tx([]pastel.OutPoint{late})
	u := m.mine(t)
	after, _ := m.s.Pool(id)
	if find(u, RewardForfeited) != nil {
		t.Fatalf("a standby forfeited something: %+v", u.Events)
	}
	m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(m.s.pools[id].pledges[1].backing).coins)})
	only(t, m.mine(t), RewardForfeited)
	after, _ = m.s.Pool(id)
	if len(after.Pledges) != 1 || after.Pledges[0].Accrued <= before.Pledges[0].Accrued {
		t.Fatalf("who was there at the last settlement got nothing: %+v", after.Pledges)
	}
	m.join(id, 5, 700)
	m.mine(t)
	m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(m.s.pools[id].pledges[0].backing).coins)})
	forfeited := only(t, m.mine(t), RewardForfeited).Amount
	last, _ := m.s.Pool(id)
	if last.Pledges[0].Role != Member || last.Pledges[0].Accrued != 0 || last.Accrued != after.Accrued+forfeited {
		t.Fatalf("a newcomer caught a part of %s PSL: %+v", forfeited, last)
	}
}

// TestDForfeitsGoByWhatWasHeld: nobody's share shrinks because more of another's offer has counted since.
func TestDForfeitsGoByWhatWasHeld(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 12000)
	outs := []pastel.OutPoint{m.join(id, 1, 300), m.join(id, 2, 300), m.join(id, 3, 300), m.join(id, 4, 300)}
	m.activate(id)
	m.mine(t)
	m.raise(id, 2, 1300, 1001)
	only(t, m.mine(t), PledgeAmended)
	m.tx(outs[:1])
	if e := only(t, m.mine(t), PledgePromoted); e.Coins != 600 {
		t.Fatalf("%d PSL are counted", e.Coins)
	}
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	before, _ := m.s.Pool(id)
	m.tx(outs[3:])
	only(t, m.mine(t), RewardForfeited)
	after, _ := m.s.Pool(id)
	raised, other := after.Pledges[0].Accrued-before.Pledges[0].Accrued, after.Pledges[1].Accrued-before.Pledges[1].Accrued
	if before.Pledges[0].Accrued != 2*before.Pledges[1].Accrued || raised != other || raised == 0 {
		t.Fatalf("parts of the forfeits are %s and %s PSL, both held 300 PSL", raised, other)
	}
}

// TestDIncomeIsOneAmountABlock: everyone gets the same, however outputs divide the amount.
func TestDIncomeIsOneAmountABlock(t *testing.T) {
	var results [][]pastel.Amount
	for _, parts := range [][]pastel.Amount{{1000_00003}, {300_00001, 300_00001, 400_00001}, {99900_002, 100_001}} {
		m := newSim(t, simNetwork())
		id := readyPool(t, m, 10000, 301, 307, 401)
		for _, part := range parts {
			m.reward(id, part)
		}
		if e := only(t, m.mine(t), RewardReceived); e.Amount != 1000_00003 {
			t.Fatalf("income is %s PSL", e.Amount)
		}
		p, _ := m.s.Pool(id)
		results = append(results, []pastel.Amount{p.Pledges[0].Accrued, p.Pledges[1].Accrued, p.Pledges[2].Accrued, p.Accrued, p.Carry})
	}
	if !slices.Equal(results[0], results[1]) || !slices.Equal(results[0], results[2]) {
		t.Fatalf("it makes a difference: %v", results)
	}
}

// TestDEscrowSpendsAreSyntactic: the rules refuse any spend through an escrow redeem script, so that two transactions together cannot
// take what neither could alone.
func TestDEscrowSpendsAreSyntactic(t *testing.T) {
	params := simNetwork()
	redeem := ticket.EscrowRedeemScript("pool.0000000000000000000000000000000000000000")
	for name, sig := range map[string]pastel.Script{
		"a push":               pushOf(redeem),
		"after other pushes":   append([]byte{0x51, 0x02, 0xaa, 0xbb, 0x00, 0x60}, pushOf(redeem)...),
		"OP_PUSHDATA1":         append([]byte{0x4c, 24}, redeem...),
		"OP_PUSHDATA2":         append([]byte{0x4d, 24, 0}, redeem...),
		"OP_PUSHDATA4":         append([]byte{0x4e, 24, 0, 0, 0}, redeem...),
		"OP_RESERVED before":   append([]byte{0x50}, pushOf(redeem)...),
		"no push of it":        redeem,
		"something after it":   append(pushOf(redeem), 0x51),
		"an opcode before it":  append([]byte{0x61}, pushOf(redeem)...),
		"a push that is short": append([]byte{0x4c, 25}, redeem...),
		"another script":       pushOf(append(redeem[:23:23], 0x52)),
	} {
		m := newSim(t, params)
		in := pastel.TxIn{PrevOut: pastel.OutPoint{TxID: pastel.TxID{9}}, ScriptSig: sig}
		block := &pastel.Block{Txs: []pastel.Tx{m.block.Txs[0], *pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{}})}}
		_, err := m.s.Apply(Prepare(&params, 0, block))
		var broken *BlockError
		if spends := endsInRedeemScript(sig); errors.As(err, &broken) != spends || spends != !slices.Contains([]string{
			"no push of it", "something after it", "an opcode before it", "a push that is short", "another script",
		}, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := newSim(t, params)
	id := readyPool(t, m, 10000, 600, 400)
	i := m.tx(nil, pastel.TxOut{Value: 5, Script: m.s.pools[id].escrowAddress().Script()}) // too small to be tracked
	in := pastel.TxIn{PrevOut: pastel.OutPoint{TxID: m.block.Txs[i].ID()}, ScriptSig: pushOf(ticket.EscrowRedeemScript(id))}
	m.block.Txs = append(m.block.Txs, *pastel.NewTx(true, []pastel.TxIn{in}, nil))
	m.finish()
	m.refused(t, "escrow redeem script")
}

// TestDAmendmentNeedsNoSlot: a full pool's own members can restore it, and nobody has to leave to offer more.
func TestDAmendmentNeedsNoSlot(t *testing.T) {
	params := simNetwork()
	params.MaxPledges = 2
	m := newSim(t, params)
	id := openPool(t, m, 10000)
	out := m.join(id, 1, 500)
	m.join(id, 2, 500)
	m.activate(id)
	m.mine(t)
	m.join(id, 3, 500)
	m.raise(id, 2, 700, 200)
	u := m.mine(t)
	if e := only(t, u, TicketRejected); e.Reason != ticket.ReasonPoolFull {
		t.Fatal(e.Reason)
	}
	if e := only(t, u, PledgeAmended); e.Offered != 700 || e.Coins != 500 || e.Role != Member {
		t.Fatalf("%+v", e)
	}
	m.tx([]pastel.OutPoint{out})
	if e := only(t, m.mine(t), PoolReplenishing); e.Coins != 700 {
		t.Fatalf("%+v", e)
	}
	m.raise(id, 2, 1000, 400)
	if e := only(t, m.mine(t), PoolRestored); e.Coins != 1000 || len(m.s.pools[id].pledges) != 1 {
		t.Fatalf("%+v", e)
	}
}

// TestDLargeHolderCannotDilute: what exceeds the target does not count, however much it is.
func TestDLargeHolderCannotDilute(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 12000, 500, 700)
	m.join(id, 3, 2000)
	if e := only(t, m.mine(t), PledgeAccepted); e.Role != Standby || e.Coins != 0 || e.Offered != 2000 {
		t.Fatalf("%+v", e)
	}
	m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(m.s.pools[id].pledges[0].backing).coins)})
	if e := only(t, m.mine(t), PledgePromoted); e.Coins != 500 || e.Offered != 2000 {
		t.Fatalf("%+v, 500 PSL were lacking", e)
	}
}

// TestDSmallHoleKeepsThePlace: a partly counted pledge stays in line with the rest and fills the next hole.
func TestDSmallHoleKeepsThePlace(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	small, large := m.join(id, 1, 20), m.join(id, 2, 500)
	m.join(id, 3, 480)
	m.activate(id)
	m.join(id, 4, 900)
	m.mine(t)
	m.tx([]pastel.OutPoint{small})
	if e := only(t, m.mine(t), PledgePromoted); e.Coins != 20 {
		t.Fatalf("%+v", e)
	}
	m.tx([]pastel.OutPoint{large})
	u := m.mine(t)
	if e := only(t, u, PledgePromoted); e.Coins != 520 || find(u, PoolReplenishing) != nil {
		t.Fatalf("%+v", u.Events)
	}
}

// TestDActivationListIsNotCut: the list at activation is the operator's choice.
func TestDActivationListIsNotCut(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 900, 4000)
	if n := m.s.pools[id].counted; n != 4900 {
		t.Fatalf("activated with %d PSL", n)
	}
}

// TestDStandbyFillsTheHole: it does so within the same block, so that the Supernode need not stop.
func TestDStandbyFillsTheHole(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	out := m.join(id, 1, 600)
	m.join(id, 2, 400)
	m.activate(id)
	m.join(id, 3, 600)
	m.mine(t)
	m.tx([]pastel.OutPoint{out})
	u := m.mine(t)
	only(t, u, PledgePromoted)
	if len(find(u, PoolReplenishing)) > 0 || m.s.pools[id].head.status != Active {
		t.Fatal("the pool stopped")
	}
}

// TestDDynamicMinimum: the free slots must be able to reach the target.
func TestDDynamicMinimum(t *testing.T) {
	params := simNetwork()
	params.MaxPledges = 3
	m := newSim(t, params)
	id := openPool(t, m, 10000)
	m.join(id, 1, 333)
	if e := only(t, m.mine(t), TicketRejected); e.Reason != ticket.ReasonPledgeTooSmall {
		t.Fatal(e.Reason)
	}
	m.join(id, 1, 334)
	m.join(id, 2, 333)
	m.join(id, 3, 332)
	if u := m.mine(t); len(find(u, PledgeAccepted)) != 2 || only(t, u, TicketRejected).Reason != ticket.ReasonPledgeTooSmall {
		t.Fatalf("%+v", u.Events)
	}
	m.join(id, 3, 333)
	m.join(id, 4, 1000)
	if u := m.mine(t); only(t, u, TicketRejected).Reason != ticket.ReasonPoolFull {
		t.Fatalf("%+v", u.Events)
	}
}

// TestDDynamicMinimumWhileReplenishing: then the free slots must only reach what the Supernode needs.
func TestDDynamicMinimumWhileReplenishing(t *testing.T) {
	params := simNetwork()
	params.MaxPledges = 3
	m := newSim(t, params)
	id := openPool(t, m, 15000)
	out := m.join(id, 1, 800)
	m.join(id, 2, 700)
	m.activate(id)
	m.mine(t)
	m.tx([]pastel.OutPoint{out})
	m.mine(t)
	if p, _ := m.s.Pool(id); p.LeastPledge != 150 {
		t.Fatalf("the least pledge is %d PSL, want half of the 300 that are required", p.LeastPledge)
	}
}

// TestDCollateralOutputIsRefused: it can back a Supernode by itself, and the same coins must not back two.
func TestDCollateralOutputIsRefused(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, 1, 999)
	if e := only(t, m.mine(t), TicketRejected); e.Reason != ticket.ReasonOutputIsCollateral {
		t.Fatal(e.Reason)
	}
	out := m.join(id, 1, 1000)
	m.mine(t)
	m.tx([]pastel.OutPoint{out}, pay(simOwner(1), 1000*pastel.PSL))
	only(t, m.mine(t), PledgeLeft)
}

// TestDEmptyListActivatesAll: a long list outgrows what nodes relay.
func TestDEmptyListActivatesAll(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 300, 300, 400)
	for _, pl := range m.s.pools[id].pledges {
		if pl.role() != Member {
			t.Fatalf("a pledge is %s", pl.role())
		}
	}
}

// TestDGoneParticipantIsSkipped: otherwise any member could block an activation by moving coins.
func TestDGoneParticipantIsSkipped(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, 1, 600)
	m.join(id, 2, 400)
	gone := m.join(id, 3, 100)
	m.mine(t)
	m.tx([]pastel.OutPoint{gone})
	m.activate(id, m.participant(simID(1), simOwner(1)), m.participant(simID(2), simOwner(2)), m.participant(simID(3), simOwner(3)))
	if e := only(t, m.mine(t), PoolActivated); e.Coins != 1000 {
		t.Fatalf("activated with %d PSL", e.Coins)
	}
}

// TestDPublishedTicketCanBeMinedLater: a rejection does not use a ticket up. Anyone can post it again once it is valid.
func TestDPublishedTicketCanBeMinedLater(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, 1, 600)
	m.activate(id)
	if e := only(t, m.mine(t), TicketRejected); e.Reason != ticket.ReasonInsufficientCollateral {
		t.Fatal(e.Reason)
	}
	m.join(id, 2, 600)
	m.mine(t)
	m.activate(id)
	only(t, m.mine(t), PoolActivated)
}

// firstPayout mines until a pool with income has a payout.
func firstPayout(t *testing.T, m *sim) Payout {
	t.Helper()
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	for len(m.s.Payouts()) == 0 {
		m.mine(t)
	}
	return m.s.Payouts()[0]
}

// TestDPayoutsSpendThroughNOP10: no node relays such a spend, so nobody can hand an old miner a payout or an unauthorized spend.
func TestDPayoutsSpendThroughNOP10(t *testing.T) {
	po := firstPayout(t, newSim(t, simNetwork()))
	for _, in := range po.Tx.Inputs {
		if sig := in.ScriptSig; len(sig) != 25 || sig[0] != 24 || !bytes.Equal(sig[22:], []byte{0xb9, 0x75, 0x51}) {
			t.Fatalf("a payout spends with %x", sig)
		}
	}
}

// TestDLockTimeAndExpirySayWhen: they tell nodes that know no pools when a payout is valid.
func TestDLockTimeAndExpirySayWhen(t *testing.T) {
	params := simNetwork()
	po := firstPayout(t, newSim(t, params))
	v := po.Settled + params.CoinbaseMaturity
	if po.ValidFrom != v || po.ValidTo != v+params.PayoutExpiry || po.Tx.LockTime != uint32(v-1) || po.Tx.ExpiryHeight != uint32(po.ValidTo) {
		t.Fatalf("%+v with lock time %d and expiry height %d", po, po.Tx.LockTime, po.Tx.ExpiryHeight)
	}
	for _, in := range po.Tx.Inputs {
		if in.Sequence != 0xfffffffe {
			t.Fatalf("sequence %x", in.Sequence)
		}
	}
	params.SaplingHeight = pastel.Never
	po = firstPayout(t, newSim(t, params))
	if po.Tx.Version != 1 || po.Tx.LockTime != uint32(po.ValidFrom-1) {
		t.Fatalf("%+v", po.Tx)
	}
}

// TestDPayoutsExpire: a later upgrade may have made their format unminable.
func TestDPayoutsExpire(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	for len(m.s.Payouts()) == 0 {
		m.mine(t)
	}
	po := m.s.Payouts()[0]
	owed := len(m.s.pools[id].claims)
	for m.s.tip.Height < po.ValidTo-1 {
		m.mine(t)
	}
	if e := only(t, m.mine(t), PayoutCancelled); e.TxID != po.Tx.ID() {
		t.Fatal("another payout was cancelled")
	}
	if got := len(m.s.pools[id].claims); got != owed+len(po.Outputs) {
		t.Fatalf("%d claims, had %d and %d payments came back", got, owed, len(po.Outputs))
	}
}

// TestDInclusionIsNotForced: a block is valid with or without a due payout.
func TestDInclusionIsNotForced(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	for len(m.s.Payouts()) == 0 || m.s.tip.Height < m.s.Payouts()[0].ValidFrom {
		m.mine(t)
	}
	m.mine(t)
	m.block.Txs = append(m.block.Txs, *m.s.Payouts()[0].Tx)
	only(t, m.mine(t), PayoutPaid)
}

// TestDStatementBindsEverything: neither signature of a pledge can be replayed elsewhere.
func TestDStatementBindsEverything(t *testing.T) {
	x := ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: "pool.0000000000000000000000000000000000000000", PastelID: simID(1).String(), PledgedCoins: 500,
		TxID: pastel.TxID{1}.String(), Vout: 1, RewardAddress: "address", TimeStamp: "2026-01-31T23:59:59Z",
	}
	seen := map[[32]byte]bool{sha256.Sum256([]byte(x.PledgeStatement("main"))): true}
	for i, change := range []func(*ticket.Part){
		func(x *ticket.Part) { x.SmartPoolID = "pool.0000000000000000000000000000000000000001" },
		func(x *ticket.Part) { x.PastelID = pastelid.PastelID{9}.String() },
		func(x *ticket.Part) { x.PledgedCoins++ },
		func(x *ticket.Part) { x.TxID = pastel.TxID{2}.String() },
		func(x *ticket.Part) { x.Vout++ },
		func(x *ticket.Part) { x.RewardAddress = "another" },
		func(x *ticket.Part) { x.TimeStamp = "2026-01-31T23:59:58Z" },
	} {
		y := x
		change(&y)
		hash := sha256.Sum256([]byte(y.PledgeStatement("main")))
		if seen[hash] {
			t.Errorf("change %d does not change the statement", i)
		}
		seen[hash] = true
	}
	if seen[sha256.Sum256([]byte(x.PledgeStatement("testnet")))] {
		t.Error("the network does not change the statement")
	}
}

// TestProposalExample: 1250 PSL at 5 % are 62.5 PSL for the operator and 1187.5 PSL for the members.
func TestProposalExample(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 400, 600)
	m.reward(id, 1250*pastel.PSL)
	m.mine(t)
	p, _ := m.s.Pool(id)
	if p.Accrued.String() != "62.5" || (p.Pledges[0].Accrued+p.Pledges[1].Accrued).String() != "1187.5" ||
		p.Pledges[0].Accrued.String() != "475" || p.Carry != 0 {
		t.Fatalf("operator %s, members %s and %s, carry %s", p.Accrued, p.Pledges[0].Accrued, p.Pledges[1].Accrued, p.Carry)
	}
}
