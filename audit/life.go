package audit

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Life is everything that happened to one pool.
type Life struct {
	Pool       pool.Pool                   // as of the last block watched
	Last       pool.Pool                   // as it was when its pledges last changed and some remained: its pledges or, once it has ended, its last ones
	Events     []*pool.Event               // in the order of the chain
	Reputation map[*pool.Event]int         // by event of leaving that cost reputation: the points that remained
	Redirects  map[*pool.Event]pool.Payees // amendments that change the reward address
	Payouts    []Settlement                // in the order of settlement
}

// Settlement is a payout and its outcome.
type Settlement struct {
	pool.Payout
	Outcome *pool.Event // pool.PayoutPaid or pool.PayoutCancelled; nil while it is pending
}

// Lives sorts what happened by pool, in the order of State.Pools. Events are shared with the history: do not change them.
func (h *History) Lives() []*Life {
	var list []*Life
	of := map[ticket.PoolID]*Life{}
	for _, id := range h.state.Pools() {
		p, _ := h.state.Pool(id)
		of[id] = &Life{Pool: p, Last: h.last[id], Reputation: map[*pool.Event]int{}, Redirects: map[*pool.Event]pool.Payees{}}
		list = append(list, of[id])
	}
	outcomes := map[pastel.TxID]*pool.Event{} // no two settlements make the same transaction: the lock times differ
	for i := range h.events {
		e := &h.events[i]
		x := of[e.Pool]
		if x == nil {
			continue // an event of no pool
		}
		x.Events = append(x.Events, e)
		switch e.Type {
		case pool.PledgeLeft:
			if i+1 < len(h.events) && h.events[i+1].Type == pool.ReputationChanged { // it follows its cause
				x.Reputation[e] = h.events[i+1].Points
			}
		case pool.PledgeAmended:
			if to, changed := h.moved[i]; changed {
				x.Redirects[e] = to
			}
		case pool.PayoutPaid, pool.PayoutCancelled:
			outcomes[e.TxID] = e
		default:
		}
	}
	for _, po := range h.settled {
		of[po.Pool].Payouts = append(of[po.Pool].Payouts, Settlement{po, outcomes[po.Tx.ID()]})
	}
	return list
}

// Income is a summary of what a pool received.
type Income struct {
	Rewards        int           // number of blocks with income
	Sum, Forfeited pastel.Amount // Forfeited is the part that leaving members forfeited
	First, Last    pastel.Height // the first and the last block with income; -1 without any
}

// Income sums up what the pool received.
func (l *Life) Income() Income {
	in := Income{First: -1, Last: -1}
	for _, e := range l.Events {
		switch e.Type {
		case pool.RewardReceived:
			if in.Rewards == 0 {
				in.First = e.Height
			}
			in.Last = e.Height
			in.Rewards++
			in.Sum += e.Amount
		case pool.RewardForfeited:
			in.Forfeited += e.Amount
		default:
		}
	}
	return in
}

// Total is what an address got from a pool and will get.
type Total struct {
	To                  pastel.Address
	Paid, Pending, Owed pastel.Amount // mined; in payouts not mined yet; in no payout yet
	Operator            bool          // it receives the fee
}

// Totals lists what each address got and will get, in the order of their first payout. It omits what members have accrued, because they can
// still forfeit that.
func (l *Life) Totals() []Total {
	sums := map[pastel.Address]*Total{}
	var order []pastel.Address
	of := func(a pastel.Address) *Total {
		if sums[a] == nil {
			sums[a] = &Total{To: a, Operator: a == l.Pool.FeeAddress}
			order = append(order, a)
		}
		return sums[a]
	}
	for _, po := range l.Payouts {
		for _, out := range po.Outputs {
			switch {
			case po.Outcome == nil:
				of(out.To).Pending += out.Amount
			case po.Outcome.Type == pool.PayoutPaid:
				of(out.To).Paid += out.Amount
			}
		}
	}
	for _, claim := range l.Pool.Claims {
		of(claim.To).Owed += claim.Amount
	}
	list := make([]Total, len(order))
	for i, a := range order {
		list[i] = *sums[a]
	}
	return list
}
