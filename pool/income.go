package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// perFee is the number of fee units (0.01 %) in the whole.
const perFee = 10_000

// income shares what the pool received in this block (protocol 5, "Income").
func (b *block) income(p *poolState, t *touch) {
	if t.fromBase > 0 {
		p.head.lastPaid = b.h
	}
	if t.income == 0 {
		return
	}
	b.emit(Event{Type: RewardReceived, Pool: p.terms.ID, Amount: t.income})
	switch {
	case p.head.status.Ended():
		b.claimIncome(p, t.income)
	case p.head.status == Subscribing:
		p.head.carry += t.income
	default:
		shares, all := b.shares(p, func(pl *pledge) int64 {
			if pl.since == b.h {
				return 0 // activated in this block
			}
			return pl.counted
		})
		if all == 0 {
			p.head.carry += t.income
			return
		}
		b.accrue(p, t.income, shares, all)
	}
}

// forfeit shares what those who left in this block had accrued among those who were there (protocol 5, "Forfeits").
func (b *block) forfeit(p *poolState, t *touch) {
	if t.forfeits == 0 {
		return
	}
	b.emit(Event{Type: RewardForfeited, Pool: p.terms.ID, Amount: t.forfeits})
	shares, all := b.shares(p, func(pl *pledge) int64 { return pl.held })
	if all == 0 {
		p.head.operator += t.forfeits
		return
	}
	b.accrue(p, t.forfeits, shares, all)
}

// shares returns what each live pledge, in join order, counts for in a split, and the sum, in PSL. The list is good until the
// next call.
func (b *block) shares(p *poolState, of func(*pledge) int64) (list []int64, all int64) {
	list = b.shareBuf[:0]
	for _, pl := range p.pledges {
		n := of(pl)
		list = append(list, n)
		all += n
	}
	b.shareBuf = list
	return list, all
}

// accrue splits a gross amount (protocol 5): the operator's fee off the top, the rest and the carry by shares, what rounding
// leaves to carry.
func (b *block) accrue(p *poolState, gross pastel.Amount, shares []int64, all int64) {
	fee := mulDiv(gross, p.terms.Fee, perFee)
	p.head.operator += fee
	p.head.carry = b.split(p, gross-fee+p.head.carry, shares, all)
}

// split gives each live pledge floor(n × share ÷ all shares), as accrued, and returns what is left over.
func (b *block) split(p *poolState, n pastel.Amount, shares []int64, all int64) (rest pastel.Amount) {
	b.saveAccrued(p)
	rest = n
	for i, pl := range p.pledges {
		part := mulDiv(n, shares[i], all)
		pl.accrued += part
		rest -= part
	}
	return rest
}

// claimIncome shares what a pool that ended received among its last members, as claims (protocol 5).
func (b *block) claimIncome(p *poolState, gross pastel.Amount) {
	book := b.claimBook(p, len(p.last)+1)
	var all int64
	for _, x := range p.last {
		all += x.coins
	}
	if all == 0 {
		book.earn(p.terms.FeeAddress, p.terms.Operator, gross)
		return
	}
	fee := mulDiv(gross, p.terms.Fee, perFee)
	book.earn(p.terms.FeeAddress, p.terms.Operator, fee)
	n := gross - fee + p.head.carry
	p.head.carry = n
	for _, x := range p.last {
		part := mulDiv(n, x.coins, all)
		book.earn(x.to, pastelid.PastelID{}, part)
		p.head.carry -= part
	}
}

// saveAccrued keeps what the pool's pledges have accrued for undo, once a block.
func (b *block) saveAccrued(p *poolState) {
	t := b.touch(p)
	if t.accruedSaved {
		return
	}
	t.accruedSaved = true
	was := make([]pastel.Amount, len(p.pledges))
	for i, pl := range p.pledges {
		was[i] = pl.accrued
	}
	b.record(&accruedChanged{p.terms.ID, was})
}

// mulDiv is floor(a × num ÷ den) for operands whose result is known to be at most a: the money in the state is bounded
// by the supply (State.money), and num by den.
func mulDiv(a pastel.Amount, num, den int64) pastel.Amount {
	v, ok := a.MulDiv(num, den)
	if !ok {
		panic("pool: split of an amount out of range")
	}
	return v
}
