package pool

import (
	"cmp"
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
	Broken         bool           // shadow run: an unauthorized spend took its escrow; nothing is shared out or paid since
	Idle           bool           // leaving in the next block costs no reputation (protocol 7)
	Escrow         pastel.Address // gets the Supernode's rewards; never a place to send coins to
	Activated      pastel.Height  // -1 until then
	ActivationTx   pastel.TxID    // the Supernode's collateral reference is (ActivationTx, ffffffff)
	Deadline       pastel.Height  // of replenishing; -1 in any other status
	Ended          pastel.Height  // dissolved or expired; -1 until then
	NextSettlement pastel.Height  // -1 if none is scheduled
	Carry          pastel.Amount
	Accrued        pastel.Amount // by the operator
	Escrowed       pastel.Amount // tracked escrow, pending payouts included
	LeastPledge    int64         // the smallest new pledge that the next block accepts, PSL; 0 if it accepts none
	Counted        int64         // PSL, of all live pledges: M of protocol 3
	Offered        int64         // PSL, of all live pledges
	Pledges        []Pledge      // live, in join order
	Claims         []Claim       // in order of creation
	Pending        []Payout      // oldest first

	head head
}

// Pledge is a live pledge.
type Pledge struct {
	Seq      uint64 // join order over all pools
	PastelID pastelid.PastelID
	Owner    pastel.KeyHash // of the pledged address
	Offered  int64          // PSL, by its ticket
	Counted  int64          // PSL that back the Supernode and earn
	Held     int64          // PSL that it counted right after activation or the last scheduled settlement: its share of forfeits
	Accrued  pastel.Amount
	Since    pastel.Height // at which activation or counting last raised Counted; -1 until then
	Time     int64         // time_stamp of the statement in force, seconds since 1970
	Role     Role
	Reward   pastel.Address
}

// Claim is settled money that is in no payout yet.
type Claim struct {
	To     pastel.Address
	Amount pastel.Amount
}

// Payout is a settled payout transaction (protocol 8). Upgraded miners' templates include it; nobody broadcasts it.
type Payout struct {
	Pool      ticket.PoolID
	Tx        *pastel.Tx
	Settled   pastel.Height
	ValidFrom pastel.Height
	ValidTo   pastel.Height // the last one; at the end of that block it is cancelled
	Outputs   []Payment     // without the change
	Change    pastel.Amount // back to escrow
}

func (po *payout) view(params *Params) Payout {
	from, to := po.window(params)
	return Payout{
		Pool: po.pool.terms.ID, Tx: po.tx, Settled: po.settled,
		ValidFrom: from, ValidTo: to,
		Outputs: po.payments, Change: po.change,
	}
}

// Pool returns a pool. It reports false if the pool does not exist.
func (s *State) Pool(id ticket.PoolID) (Pool, bool) {
	p := s.pools[id]
	if p == nil {
		return Pool{}, false
	}
	v := p.view(&s.params, s.tip.Height)
	for _, pl := range p.pledges {
		v.Pledges = append(v.Pledges, Pledge{
			Seq: pl.seq, PastelID: s.people.Key(pl.who), Owner: s.backings.Key(pl.backing), Offered: pl.offered, Counted: pl.counted,
			Held: pl.held, Accrued: pl.accrued, Since: pl.since, Time: pl.time, Role: pl.role(), Reward: pl.reward,
		})
	}
	return v, true
}

// view returns the pool as readers see it, without its pledges, which need the state's tables.
func (p *poolState) view(params *Params, tip pastel.Height) Pool {
	v := Pool{
		Terms: p.terms, Status: p.head.status, Low: p.head.low, Broken: p.head.broken, Escrow: p.escrowAddress(),
		Activated: p.head.activated, ActivationTx: p.head.activationTx, Deadline: p.head.deadline, Ended: p.head.ended,
		Carry: p.head.carry, Accrued: p.head.operator, Escrowed: p.tracked, Counted: p.counted, Offered: p.offered, head: p.head,
	}
	v.expect(p, len(p.pledges), tip, params)
	for _, c := range p.claims {
		v.Claims = append(v.Claims, Claim{c.to, c.amount})
	}
	for _, po := range p.pending {
		v.Pending = append(v.Pending, po.view(params))
	}
	return v
}

// expect sets what follows from how high the tip is.
func (v *Pool) expect(p *poolState, live int, tip pastel.Height, params *Params) {
	v.Idle, v.NextSettlement, v.LeastPledge = p.idle(tip+1, params), p.nextSettlement(tip, params), 0
	if p.takesPledges(tip+1) && live < params.MaxPledges {
		v.LeastPledge = p.leastPledge(live, params)
	}
}

// At returns the pool at a later tip if no block up to that one concerned it. The two share their lists.
func (v *Pool) At(tip pastel.Height, params *Params) Pool {
	later := *v
	later.expect(&poolState{terms: v.Terms, head: v.head, offered: v.Offered}, len(v.Pledges), tip, params)
	return later
}

// Payouts returns the pending payouts of all pools: oldest first, those of one block by pool id.
func (s *State) Payouts() []Payout {
	list := make([]Payout, 0, len(s.payouts))
	for _, po := range s.payouts {
		list = append(list, po.view(&s.params))
	}
	slices.SortFunc(list, func(a, b Payout) int { return cmp.Or(cmp.Compare(a.Settled, b.Settled), cmp.Compare(a.Pool, b.Pool)) })
	return list
}

// Registered returns the registered PastelIDs, sorted.
func (s *State) Registered() []pastelid.PastelID {
	ids := make([]pastelid.PastelID, 0, s.people.Len())
	s.people.Each(func(_ table.Ref, id pastelid.PastelID, _ *person) { ids = append(ids, id) })
	slices.SortFunc(ids, comparePastelIDs)
	return ids
}

// Reputation returns a registered PastelID's points at the tip and whether it ever lost any (protocol 7). It reports found as false
// if the PastelID is not registered.
func (s *State) Reputation(id pastelid.PastelID) (points int, tarnished, found bool) {
	r := s.people.Find(id)
	if r == 0 {
		return 0, false, false
	}
	x := s.people.At(r)
	return x.pointsAt(s.tip.Height, &s.params), x.loss != never, true
}

// Coins returns the number of unspent pledgeable outputs.
func (s *State) Coins() int { return s.coins.Len() }
