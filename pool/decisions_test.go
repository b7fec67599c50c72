package pool

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// The tests here are named after the decisions, marked D in docs/protocol.md, that they hold.

// readyPool mines a pool with members 1.. of these PSL, registered and activated; who is owner is who is member.
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
	terms := simTerms("pool", &m.s.net, 1000, factor, 500, 20, 0, 7)
	m.init(terms)
	m.mine(t)
	return terms.ID
}

// join gives person k an output of 1 PSL more and pledges n PSL of it.
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

// TestDNoTicketBeforeStartHeight: rules enforced by no one would leave escrow open to anybody.
func TestDNoTicketBeforeStartHeight(t *testing.T) {
	blocks, _ := recorded(t, "life")
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []pastel.Height{pastel.NotSet, 200} {
		net.StartHeight = start
		s, err := New(net, false)
		if err != nil {
			t.Fatal(err)
		}
		for h, b := range blocks[:200] {
			u, err := s.Apply(Prepare(&net, pastel.Height(h), b))
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
	least := m.s.net.MinPledge
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

// TestDOnlyTheRegisteredPledge: registration costs a fee, which is what makes reputation worth something.
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

// TestDForfeitsAreOneBatchABlock: the order in which members leave within a block makes no difference.
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

// TestDNewcomersCannotCatchForfeits: only who was a member at the last scheduled settlement shares them.
func TestDNewcomersCannotCatchForfeits(t *testing.T) {
	m := newSim(t, simNetwork())
	id := openPool(t, m, 15000)
	first := m.join(id, 1, 700)
	m.join(id, 2, 800)
	m.activate(id)
	m.mine(t)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	m.tx([]pastel.OutPoint{first})
	u := m.mine(t)
	if only(t, u, RewardForfeited).Amount == 0 {
		t.Fatal("nothing was forfeited")
	}
	m.join(id, 3, 400)
	m.mine(t)
	late := m.join(id, 4, 300)
	m.mine(t)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	before, _ := m.s.Pool(id)
	m.tx([]pastel.OutPoint{late})
	m.mine(t)
	after, _ := m.s.Pool(id)
	if got := after.Pledges[1].Accrued - before.Pledges[1].Accrued; got != 0 {
		t.Errorf("a newcomer caught %s PSL", got)
	}
	if after.Pledges[0].Accrued <= before.Pledges[0].Accrued {
		t.Error("the old member got nothing")
	}
}

// TestDNewMembersAreCut: a large holder would dilute everyone at no cost.
func TestDNewMembersAreCut(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 12000, 500, 700)
	m.join(id, 3, 2000)
	if e := only(t, m.mine(t), PledgeAccepted); e.Role != Standby || e.Coins != 2000 {
		t.Fatalf("%+v", e)
	}
	p := m.s.pools[id]
	m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(p.pledges[0].backing).coins)})
	if e := only(t, m.mine(t), PledgePromoted); e.Coins != 500 {
		t.Fatalf("promoted with %d PSL, 500 were lacking", e.Coins)
	}
	// The list at activation is the operator's choice and is not cut.
	big := newSim(t, simNetwork())
	id = readyPool(t, big, 10000, 900, 4000)
	if m := big.s.pools[id].counted; m != 4900 {
		t.Fatalf("activated with %d PSL", m)
	}
}

// TestDStandbyFillsTheHole: within the same block, so the Supernode need not stop.
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

// TestDDynamicMinimum: the slots that are left must be able to reach the target.
func TestDDynamicMinimum(t *testing.T) {
	net := simNetwork()
	net.MaxPledges = 3
	m := newSim(t, net)
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

// TestDInclusionIsNotForced: a block without a payout that is due is as good as one with it.
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
		SmartPoolID: "pool.0000000000000000000000000000000000000000", PastelID: simID(1).String(), PledgedCoins: 500,
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
