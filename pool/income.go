package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// perFee is the number of fee units (0.01 %) in the whole.
const perFee = 10_000

// receive books an output to the pool's escrow script as income (protocol 5).
func (b *block) receive(p *poolState, amount pastel.Amount) {
	b.touch(p)
	b.emit(Event{Type: RewardReceived, Pool: p.terms.ID, Amount: amount})
	p.head.lastIncome = b.h
	if p.head.status == Subscribing {
		p.head.carry += amount
		return
	}
	b.distribute(p, amount, b.earners(p, nil))
}

// forfeit splits what leavers of this block lost, among those who were members at the last scheduled settlement, or
// all if none was (protocol 5, "Forfeits").
func (b *block) forfeit(p *poolState, amount pastel.Amount) {
	if amount == 0 {
		return
	}
	b.emit(Event{Type: RewardForfeited, Pool: p.terms.ID, Amount: amount})
	settled := p.lastScheduled(b.h, &b.s.net)
	earners := b.earners(p, func(pl *pledge) bool { return pl.since <= settled })
	if len(earners) == 0 {
		earners = b.earners(p, nil)
	}
	b.distribute(p, amount, earners)
}

// earner is one who takes part in a split, by a live pledge or, in a dissolved pool, by a kept share.
type earner struct {
	pledge *pledge
	share
}

// earners returns those who share the pool's income now, in join order: the members that keep allows (all if nil).
func (b *block) earners(p *poolState, keep func(*pledge) bool) []earner {
	list := b.earnerBuf[:0]
	if p.head.status.earning() {
		for _, pl := range p.pledges {
			if pl.role == Member && (keep == nil || keep(pl)) {
				list = append(list, earner{pl, share{pl.coins, pl.reward}})
			}
		}
	}
	for _, h := range p.heirs {
		list = append(list, earner{nil, h})
	}
	b.earnerBuf = list
	return list
}

// distribute splits a gross amount (protocol 5): the operator's fee off the top, the rest and the carry by coins, what
// rounding leaves to carry. Without earners all of it is the operator's.
func (b *block) distribute(p *poolState, gross pastel.Amount, earners []earner) {
	fee, carry, parts := gross, p.head.carry, []pastel.Amount(nil)
	if len(earners) > 0 {
		fee = mulDiv(gross, p.terms.Fee, perFee)
		parts, carry = splitByCoins(gross-fee+carry, earners)
	}
	p.head.carry = carry
	if !p.head.status.Live() {
		book := b.claimBook(p, len(earners)+1)
		book.earn(p.terms.FeeAddress, p.terms.Operator, fee)
		for i, e := range earners {
			book.earn(e.to, pastelid.PastelID{}, parts[i])
		}
		return
	}
	p.head.operator += fee
	b.accrue(p, earners, parts)
}

// accrue adds to what members have accrued.
func (b *block) accrue(p *poolState, earners []earner, parts []pastel.Amount) {
	if len(earners) == 0 {
		return
	}
	b.recordAccrued(p)
	for i, e := range earners {
		e.pledge.accrued += parts[i]
	}
}

// recordAccrued keeps what the pool's pledges have accrued for undo.
func (b *block) recordAccrued(p *poolState) {
	was := make([]pastel.Amount, len(p.pledges))
	for i, pl := range p.pledges {
		was[i] = pl.accrued
	}
	b.record(&accruedChanged{p.terms.ID, was})
}

// splitByCoins gives each earner floor(n × coins ÷ all coins) and returns what is left over.
func splitByCoins(n pastel.Amount, earners []earner) (parts []pastel.Amount, rest pastel.Amount) {
	var all int64
	for _, e := range earners {
		all += e.coins
	}
	parts = slices.Grow(parts, len(earners))
	rest = n
	for _, e := range earners {
		part := mulDiv(n, e.coins, all)
		parts = append(parts, part)
		rest -= part
	}
	return parts, rest
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
