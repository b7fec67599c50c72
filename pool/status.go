package pool

// endOfPool is step (e) for one pool (protocol 4): forfeits, status, settlement.
func (b *block) endOfPool(p *poolState) {
	b.forfeit(p, b.touched[p].forfeits)
	settles := b.changeStatus(p) || p.settlesAt(b.h, &b.s.net)
	b.warnLow(p)
	if settles {
		b.settle(p)
	}
}

// changeStatus is protocol 7. It reports whether the pool ended, which settles it.
func (b *block) changeStatus(p *poolState) (ended bool) {
	if p.head.status == Subscribing {
		if b.h <= p.windowEnd(&b.s.net) {
			return false
		}
		b.expire(p)
		return true
	}
	if !p.head.status.earning() {
		return false
	}
	b.promote(p)
	switch m := p.memberCoins(); {
	case p.head.status == Active && m < p.terms.Required:
		p.head.status = Replenishing
		p.head.deadline = b.h + p.terms.Period
		b.emit(Event{Type: PoolReplenishing, Pool: p.terms.ID, Coins: m})
	case p.head.status == Replenishing && m >= p.terms.Required:
		p.head.status = Active
		p.head.deadline = never
		b.emit(Event{Type: PoolRestored, Pool: p.terms.ID, Coins: m})
	case p.head.status == Replenishing && b.h > p.head.deadline:
		b.dissolve(p)
		return true
	}
	return false
}

// expire ends a pool that was not activated in time: its carry is the operator's.
func (b *block) expire(p *poolState) {
	p.head.status = Expired
	p.head.ended = b.h
	b.emit(Event{Type: PoolExpired, Pool: p.terms.ID})
	b.claimBook(p, 1).earn(p.terms.FeeAddress, p.terms.Operator, p.head.carry)
	p.head.carry = 0
	b.dropNames(p)
	b.release(p)
}

// promote makes standby pledges members, in join order, until the target is reached.
func (b *block) promote(p *poolState) {
	m := p.memberCoins()
	for _, pl := range p.pledges {
		if m >= p.terms.Target {
			return
		}
		if pl.role != Standby {
			continue
		}
		b.setPledge(pl, Member, b.cut(p, pl.coins, m))
		m += pl.coins
		b.emit(Event{Type: PledgePromoted, Pool: p.terms.ID, PastelID: b.name(pl.who), Coins: pl.coins, Pledge: pl.seq})
	}
}

// cut is what counts of a pledge that becomes a member while the members have m PSL: no more than the target lacks, but
// at least MinPledge (protocol 6, part).
func (b *block) cut(p *poolState, coins, m int64) int64 {
	return min(coins, max(minPledge(&b.s.net), p.terms.Target-m))
}

// setPledge changes a pledge's role; one that becomes a member is one since this block.
func (b *block) setPledge(pl *pledge, role Role, coins int64) {
	b.record(&pledgeChanged{pl.pool.terms.ID, pl.seq, pl.coins, pl.since, pl.role})
	pl.role, pl.coins = role, coins
	if role == Member {
		pl.since = b.h
	}
}

// dissolve ends a pool that was not replenished in time (protocol 7). Carry goes to the members without a fee, the last
// members are kept for late income.
func (b *block) dissolve(p *poolState) {
	earners := b.earners(p, nil)
	b.emit(Event{Type: PoolDissolved, Pool: p.terms.ID})
	parts, rest := splitByCoins(p.head.carry, earners)
	b.accrue(p, earners, parts)
	p.head.operator += rest
	p.head.carry = 0
	b.claimAccrued(p)
	if len(earners) > 0 {
		b.record(&heirsNamed{p.terms.ID})
		p.heirs = make([]share, len(earners))
		for i, e := range earners {
			p.heirs[i] = e.share
		}
	}
	p.head.status = Dissolved
	p.head.deadline = never
	p.head.ended = b.h
	b.release(p)
}

// release lets all pledges of a pool go.
func (b *block) release(p *poolState) {
	for len(p.pledges) > 0 {
		pl := p.pledges[0]
		b.emit(Event{Type: PledgeReleased, Pool: p.terms.ID, PastelID: b.name(pl.who), Pledge: pl.seq})
		b.removePledge(pl)
	}
}

// dropNames forgets the pairs an activation could have listed.
func (b *block) dropNames(p *poolState) {
	if len(p.named) == 0 {
		return
	}
	b.record(&namesDropped{p.terms.ID, b.s.namedPairs(p.named)})
	p.named = nil
}

// warnLow emits pool.low_collateral when the pool begins to be active with less than half its cushion (protocol 9).
func (b *block) warnLow(p *poolState) {
	m := p.memberCoins()
	low := p.head.status == Active && m < p.terms.Required+(p.terms.Target-p.terms.Required)/2
	if low && !p.head.low {
		b.emit(Event{Type: PoolLowCollateral, Pool: p.terms.ID, Coins: m})
	}
	p.head.low = low
}
