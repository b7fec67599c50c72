package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// perFee is the number of fee units (0.01 %) in 100 %.
const perFee = 10_000

// income shares out what the pool received in this block (protocol 5, "Income").
func (b *block) income(p *poolState, t *touch) {
	if t.coinbaseOutputs > 0 {
		b.head(p).lastPaid = b.h
	}
	if t.income == 0 {
		return
	}
	b.emit(Event{Type: RewardReceived, Pool: p.terms.ID, Amount: t.income})
	switch {
	case p.head.status.Ended():
		b.claimIncome(p, t.income)
	case p.head.status == Subscribing || !b.accrue(p, t.income, byCountedBefore):
		b.head(p).carry += t.income
	}
}

// forfeit shares out what those who left in this block had accrued, by what the others hold (protocol 5, "Forfeits").
func (b *block) forfeit(p *poolState, t *touch) {
	if t.forfeits == 0 {
		return
	}
	b.emit(Event{Type: RewardForfeited, Pool: p.terms.ID, Amount: t.forfeits})
	if !b.accrue(p, t.forfeits, byHeld) {
		b.head(p).operator += t.forfeits
	}
}

// shareRule decides a pledge's share in a split. The values are part of stored undo records.
type shareRule uint8

const (
	byCountedBefore shareRule = 1 // what it counted before this block
	byHeld          shareRule = 2
	byCounted       shareRule = 3
)

// share returns a pledge's share in a split of block h, in PSL.
func (r shareRule) share(pl *pledge, h pastel.Height) int64 {
	switch {
	case r == byHeld:
		return pl.held
	case r == byCountedBefore && pl.since == h:
		return 0 // activated in this block
	default:
		return pl.counted
	}
}

// all returns the sum of the shares of the pool's live pledges, in PSL.
func (r shareRule) all(p *poolState, h pastel.Height) (sum int64) {
	for _, pl := range p.pledges {
		sum += r.share(pl, h)
	}
	return sum
}

// accrue splits a gross amount (protocol 5): first the operator's fee, then the rest and the carry by shares; what rounding leaves
// becomes the carry. If nobody has a share, it reports false and does nothing.
func (b *block) accrue(p *poolState, gross pastel.Amount, rule shareRule) bool {
	all := rule.all(p, b.h)
	if all == 0 {
		return false
	}
	fee := mulDiv(gross, p.terms.Fee, perFee)
	head := b.head(p)
	head.operator += fee
	head.carry = b.split(p, gross-fee+head.carry, rule, all)
	return true
}

// claimIncome shares the income of a pool that ended among its last members, as claims (protocol 5).
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
	head := b.head(p)
	n := gross - fee + head.carry
	head.carry = n
	for _, x := range p.last {
		part := mulDiv(n, x.coins, all)
		book.earn(x.to, pastelid.PastelID{}, part)
		head.carry -= part
	}
}

// mulDiv returns floor(a × num ÷ den) for operands whose result is at most a: the supply bounds the money in the state (State.money),
// and den bounds num.
func mulDiv(a pastel.Amount, num, den int64) pastel.Amount {
	v, ok := a.MulDiv(num, den)
	if !ok {
		panic("pool: split of an amount out of range")
	}
	return v
}
