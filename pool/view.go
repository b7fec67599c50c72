package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Pool is a pool as readers see it; it shares nothing with the state.
type Pool struct {
	Terms
	Status         Status
	Low            bool           // active with less than half its cushion
	Broken         bool           // shadow run: its escrow was robbed, its books are closed
	Idle           bool           // leaving in the next block costs no reputation (protocol 7)
	Escrow         pastel.Address // where its Supernode is paid; never a place to send coins to
	Activated      pastel.Height  // -1 until then
	ActivationTx   pastel.TxID    // the Supernode's collateral reference is (ActivationTx, ffffffff)
	Deadline       pastel.Height  // of replenishing; -1 in any other status
	Ended          pastel.Height  // dissolved or expired; -1 until then
	NextSettlement pastel.Height  // the next scheduled one; -1 if none is
	Carry          pastel.Amount
	Accrued        pastel.Amount // by the operator
	Escrowed       pastel.Amount // tracked escrow, pending payouts included
	LeastPledge    int64         // PSL, that the next block takes from a new pledge; 0 if it takes none
	MemberCoins    int64         // PSL
	PledgedCoins   int64         // PSL, of all live pledges
	Pledges        []Pledge      // live, in join order
	Claims         []Claim       // in order of creation
	Pending        []Payout      // oldest first
}

// Pledge is a live pledge.
type Pledge struct {
	Seq      uint64 // join order over all pools
	PastelID pastelid.PastelID
	Owner    pastel.KeyHash // of the pledged address
	Coins    int64          // PSL
	Accrued  pastel.Amount
	Since    pastel.Height // member since; -1 for others
	Role     Role
	Reward   pastel.Address
}

// Claim is settled money not yet in a payout.
type Claim struct {
	To     pastel.Address
	Amount pastel.Amount
}

// Payout is a settled payout transaction (protocol 8). Anyone may broadcast it while it is valid.
type Payout struct {
	Pool      ticket.PoolID
	Tx        *pastel.Tx
	Settled   pastel.Height
	ValidFrom pastel.Height
	ValidTo   pastel.Height // at the end of which it is cancelled
	Outputs   []Payment     // without the change
	Fee       pastel.Amount
	Change    pastel.Amount // back to escrow
}

func (po *payout) view(net *pastel.Network) Payout {
	return Payout{
		Pool: po.pool.terms.ID, Tx: po.tx, Settled: po.settled,
		ValidFrom: po.validFrom(net), ValidTo: po.validTo(net),
		Outputs: po.payments, Change: po.change,
	}
}

// Pool returns one pool.
func (s *State) Pool(id ticket.PoolID) (Pool, bool) {
	p := s.pools[id]
	if p == nil {
		return Pool{}, false
	}
	v := p.view(&s.net, s.tip.Height)
	for _, pl := range p.pledges {
		x := s.recordOf(pl)
		v.Pledges = append(v.Pledges, x.view())
	}
	return v, true
}

// view is the pool as readers see it, but for who pledged: that stands in the state's tables.
func (p *poolState) view(net *pastel.Network, tip pastel.Height) Pool {
	v := Pool{
		Terms: p.terms, Status: p.head.status, Low: p.head.low, Broken: p.head.broken, Idle: p.idle(tip+1, net), Escrow: p.escrowAddress(),
		Activated: p.head.activated, ActivationTx: p.head.activationTx, Deadline: p.head.deadline, Ended: p.head.ended,
		NextSettlement: p.nextSettlement(tip, net), Carry: p.head.carry, Accrued: p.head.operator,
		MemberCoins: p.memberCoins(), PledgedCoins: p.pledgedCoins(),
	}
	if p.takesPledges(tip+1) && len(p.pledges) < net.MaxPledges {
		v.LeastPledge = p.leastPledge(net)
	}
	for _, e := range p.escrow {
		v.Escrowed += e.value
	}
	for _, c := range p.claims {
		v.Claims = append(v.Claims, Claim{c.to, c.amount})
	}
	for _, po := range p.pending {
		v.Pending = append(v.Pending, po.view(net))
	}
	return v
}

func (x *pledgeRecord) view() Pledge {
	return Pledge{x.seq, x.who, x.owner, x.coins, x.accrued, x.since, x.role, x.reward}
}

// nextSettlement is the first scheduled height after tip.
func (p *poolState) nextSettlement(tip pastel.Height, net *pastel.Network) pastel.Height {
	base := p.head.activated
	if p.head.ended != never {
		base = p.head.ended
	}
	if base == never {
		return never
	}
	next := base + ((tip-base)/net.SettlementInterval+1)*net.SettlementInterval
	if p.head.broken || !p.settlesAt(next, net) {
		return never
	}
	return next
}

// Payouts returns the pending payouts of all pools, oldest first, within a block by pool id.
func (s *State) Payouts() []Payout {
	var list []Payout
	for _, p := range s.open {
		for _, po := range p.pending {
			list = append(list, po.view(&s.net))
		}
	}
	slices.SortStableFunc(list, func(a, b Payout) int { return int(a.Settled - b.Settled) })
	return list
}

// Registered returns the registered PastelIDs, sorted.
func (s *State) Registered() []pastelid.PastelID {
	ids := make([]pastelid.PastelID, 0, s.people.Len())
	s.people.Each(func(_ table.Ref, id pastelid.PastelID, _ *person) { ids = append(ids, id) })
	slices.SortFunc(ids, comparePastelIDs)
	return ids
}

// Reputation returns a registered PastelID's points at the tip, and whether it ever lost any (protocol 7); found is false
// if it is not registered.
func (s *State) Reputation(id pastelid.PastelID) (points int, tarnished, found bool) {
	r := s.people.Find(id)
	if r == 0 {
		return 0, false, false
	}
	x := s.people.At(r)
	return x.pointsAt(s.tip.Height, &s.net), x.loss != never, true
}

// Coins returns the number of unspent pledgeable outputs.
func (s *State) Coins() int { return s.coins.Len() }
