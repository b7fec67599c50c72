package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Head is a pool without its pledges, claims and payouts: what lists show. It changes only in blocks that concern the pool; what depends on
// the height of the tip follows from it.
type Head struct {
	Terms
	Status       Status
	Low          bool          // active with less than half its cushion
	Broken       bool          // shadow run: an unauthorized spend took its escrow
	Activated    pastel.Height // -1 until then
	ActivationTx pastel.TxID
	Deadline     pastel.Height // of replenishing; -1 in any other status
	Ended        pastel.Height // dissolved or expired; -1 until then
	Counted      int64         // PSL, of all live pledges
	Offered      int64         // PSL, of all live pledges
	Members      int           // live pledges by role, as are the next two
	Standby      int
	Plain        int
	Escrowed     pastel.Amount // tracked escrow, pending payouts included
	Claimed      pastel.Amount // claims
	Pending      int           // payouts
}

// Head returns a pool's head. It reports false if the pool does not exist.
func (s *State) Head(id ticket.PoolID) (Head, bool) {
	p := s.pools[id]
	if p == nil {
		return Head{}, false
	}
	h := Head{
		Terms: p.terms, Status: p.head.status, Low: p.head.low, Broken: p.head.broken, Activated: p.head.activated, ActivationTx: p.head.activationTx,
		Deadline: p.head.deadline, Ended: p.head.ended, Counted: p.counted, Offered: p.offered, Escrowed: p.tracked, Pending: len(p.pending),
	}
	for _, pl := range p.pledges {
		switch pl.role() {
		case Member:
			h.Members++
		case Standby:
			h.Standby++
		case Plain:
			h.Plain++
		}
	}
	for _, c := range p.claims {
		h.Claimed += c.amount
	}
	return h, true
}

// state returns as much of the pool's state as the rules about heights and room need.
func (h *Head) state() *poolState {
	return &poolState{
		terms: h.Terms, head: head{status: h.Status, broken: h.Broken, activated: h.Activated, deadline: h.Deadline, ended: h.Ended},
		offered: h.Offered, counted: h.Counted,
	}
}

// NextSettlement returns the height of the first scheduled settlement after a tip, or -1.
func (h *Head) NextSettlement(tip pastel.Height, params *Params) pastel.Height {
	return h.state().nextSettlement(tip, params)
}

// LeastPledge returns the smallest new pledge that the block after a tip accepts, PSL; 0 if it accepts none.
func (h *Head) LeastPledge(tip pastel.Height, params *Params) int64 {
	p := h.state()
	if live := h.Live(); live < params.MaxPledges && p.takesPledges(tip+1) {
		return p.leastPledge(live, params)
	}
	return 0
}

// Live returns the number of live pledges.
func (h *Head) Live() int { return h.Members + h.Standby + h.Plain }

// JoinUntil is Pool.JoinUntil.
func (h *Head) JoinUntil() pastel.Height { return h.without(0).JoinUntil() }

// Collateral returns what the pool needs, wants and has.
func (h *Head) Collateral() Collateral { return h.without(0).Collateral() }

// Enters is Pool.Enters for the block after a tip. It needs no pledges: at the end of each block, a pool that has started counts all that
// its pledges offer, or its target is reached (protocol 7, "Counting"), so nobody else in line counts more.
func (h *Head) Enters(tip pastel.Height, offered int64, params *Params) (Entry, bool) {
	return h.without(h.LeastPledge(tip, params)).Enters(offered, params)
}

// Waits is Pool.Waits for the block after a tip.
func (h *Head) Waits(tip pastel.Height, params *Params) bool {
	return h.without(h.LeastPledge(tip, params)).Waits(params)
}

// without returns the pool without pledges.
func (h *Head) without(least int64) *Pool {
	return &Pool{Terms: h.Terms, Status: h.Status, Deadline: h.Deadline, Counted: h.Counted, Offered: h.Offered, LeastPledge: least}
}

// PledgeRole is the role of a live pledge, or of one that has ended.
type PledgeRole struct {
	Seq      uint64            // join order over all pools
	PastelID pastelid.PastelID // zero if the pledge has ended
	Role     Role              // 0 if the pledge has ended
}

// Roles returns the present roles of the pledges that some records are of, in their order; of other kinds there are none.
func (s *State) Roles(records []Record) (list []PledgeRole, err error) {
	for _, r := range records {
		if r.Kind != RecordPledge {
			continue
		}
		key := &coder{b: r.Key, reading: true}
		id, err := key.poolIDBefore(8)
		if err != nil {
			return nil, fmt.Errorf("%s record %x: %w", r.Kind, r.Key, err)
		}
		var x PledgeRole
		key.u64be(&x.Seq)
		if pl, err := s.pledgeOf(id, x.Seq); err == nil {
			x.PastelID, x.Role = s.people.Key(pl.who), pl.role()
		}
		list = append(list, x)
	}
	return list, nil
}
