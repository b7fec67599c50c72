package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// settle settles a pool (protocol 8): what was accrued becomes claims, due claims become a payout transaction, and an ended pool with
// nothing left to pay is closed. A pool also settles in the block in which it ends.
func (b *block) settle(p *poolState) {
	params := &b.s.params
	least := LeastPayment(p.head.status, params)
	b.claimAccrued(p)
	for _, pl := range p.pledges {
		if pl.held != pl.counted {
			now := pl.standing()
			now.held = now.counted
			b.setPledge(pl, now)
		}
	}
	po := b.s.nextPayout(p, least)
	if po == nil {
		b.close(p)
		return
	}
	po.settled = b.h
	b.debit(p, po.payments)
	po.buildTx(params)
	b.addPayout(po)
	b.emit(Event{Type: PayoutSettled, Pool: p.terms.ID, TxID: po.tx.ID(), Outputs: po.payments, Change: po.change})
	b.settled = append(b.settled, po)
}

// LeastPayment returns the smallest claim that a settlement of a pool of this status pays (protocol 8.2).
func LeastPayment(s Status, params *Params) pastel.Amount {
	if s.Ended() {
		return params.Dust
	}
	return params.MinPayout
}

// close closes an ended pool that owes nothing worth paying once its Supernode has not been paid for IdleLimit blocks (protocol 8,
// "Closing"). What is left stays in escrow forever.
func (b *block) close(p *poolState) {
	if !p.head.status.Ended() || len(p.pending) > 0 || p.owes(b.s.params.Dust) || b.h < p.closesFrom(&b.s.params) {
		return
	}
	b.emit(Event{Type: PoolClosed, Pool: p.terms.ID, Amount: p.tracked})
	for !p.escrow.empty() {
		b.spendEscrow(p.escrow.last())
	}
	b.dropClaims(p)
	b.forgetLastMembers(p)
	head := b.head(p)
	head.carry, head.status = 0, Closed
}

// claimAccrued moves what the operator and the members accrued to the claims of their scripts (protocol 8.1). From then on it cannot be
// forfeited.
func (b *block) claimAccrued(p *poolState) {
	if p.head.operator == 0 && !slices.ContainsFunc(p.pledges, func(pl *pledge) bool { return pl.accrued > 0 }) {
		return
	}
	book := b.claimBook(p, len(p.pledges)+1)
	book.earn(p.terms.FeeAddress, p.terms.Operator, p.head.operator)
	b.head(p).operator = 0
	for _, pl := range p.pledges {
		book.earn(pl.reward, b.s.people.Key(pl.who), pl.accrued)
	}
	b.clearAccrued(p)
}

// nextPayout returns a payout with its inputs, payments and change (protocol 8.2 to 8.4), or nil if nothing is due or no escrow is free.
func (s *State) nextPayout(p *poolState, least pastel.Amount) *payout {
	var due []Payment
	var sum pastel.Amount
	for _, c := range p.claims {
		if c.amount >= least && len(due) < s.params.MaxOutputs {
			due = append(due, Payment{c.amount, c.to})
			sum += c.amount
		}
	}
	if len(due) == 0 {
		return nil
	}
	inputs, available := takeInputs(p, sum, s.params.MaxInputs)
	payments := affordable(due, available, s.params.Dust)
	if len(payments) == 0 {
		return nil
	}
	return newPayout(p, inputs, payments, available-totalOf(payments))
}

// takeInputs returns the shortest prefix of the free escrow that covers sum, or all of it if nothing does; at most this many outputs.
func takeInputs(p *poolState, sum pastel.Amount, most int) (inputs []*escrowOutput, value pastel.Amount) {
	for e := range p.escrow.all() {
		if e.payout != nil {
			continue
		}
		if value >= sum || len(inputs) == most {
			break
		}
		inputs = append(inputs, e)
		value += e.value
	}
	return inputs, value
}

// affordable returns the payments in order while the money lasts. The last may be paid in part, but none is below dust.
func affordable(due []Payment, available, dust pastel.Amount) []Payment {
	for i := range due {
		if due[i].Amount > available {
			due[i].Amount = available
			if available < dust {
				return due[:i]
			}
			return due[:i+1]
		}
		available -= due[i].Amount
	}
	return due
}

// cancel cancels a payout: its payments return to their claims, and its inputs become free (protocol 8).
func (b *block) cancel(po *payout) {
	b.touch(po.pool)
	b.emit(Event{Type: PayoutCancelled, Pool: po.pool.terms.ID, TxID: po.tx.ID()})
	b.removePayout(po)
	book := b.claimBook(po.pool, len(po.payments))
	for _, pay := range po.payments {
		book.credit(pay.To, pay.Amount)
	}
}
