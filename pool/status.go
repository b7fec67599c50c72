package pool

// endOfPool is step (e) for one pool (protocol 4).
func (b *block) endOfPool(p *poolState) {
	if t := b.touched[p]; !p.head.broken {
		b.income(p, t)
		b.forfeit(p, t)
	}
	ended := b.changeStatus(p)
	b.warnLow(p)
	if ended && !p.head.broken || p.settlesAt(b.h, &b.s.params) {
		b.settle(p)
	}
}

// changeStatus changes the pool's status at the end of a block (protocol 7). It reports whether the pool ended, so that it settles.
func (b *block) changeStatus(p *poolState) (ended bool) {
	if p.head.status == Subscribing {
		if b.h <= p.terms.ActivateUntil(&b.s.params) {
			return false
		}
		b.expire(p)
		return true
	}
	if !p.head.status.earning() {
		return false
	}
	b.count(p)
	head := b.head(p)
	switch {
	case head.status == Active && p.collateral().Short():
		head.status, head.deadline = Replenishing, p.terms.ReplenishUntil(b.h)
		b.emit(Event{Type: PoolReplenishing, Pool: p.terms.ID, Coins: p.counted})
	case head.status == Replenishing && !p.collateral().Short():
		head.status, head.deadline = Active, never
		b.emit(Event{Type: PoolRestored, Pool: p.terms.ID, Coins: p.counted})
	case head.status == Replenishing && b.h > head.deadline:
		b.dissolve(p)
		return true
	}
	return false
}

// count counts more of what pledges offer until the target is reached: first standby pledges, then members, each in join order
// (protocol 7, "Counting").
func (b *block) count(p *poolState) {
	if p.counted == p.offered {
		return
	}
	has := p.collateral()
	for _, turn := range countingTurns {
		for _, pl := range p.pledges {
			if has.Room() == 0 {
				return
			}
			more := has.raise(pl.offer(), turn, minPledge(&b.s.params))
			if more == 0 {
				continue
			}
			now := pl.standing()
			now.counted += more
			now.since = b.h
			b.setPledge(pl, now)
			b.emit(b.pledgeEvent(PledgePromoted, pl))
		}
	}
}

// expire ends a pool that was not activated in time. Its carry goes to the operator.
func (b *block) expire(p *poolState) {
	head := b.head(p)
	head.status, head.ended = Expired, b.h
	b.emit(Event{Type: PoolExpired, Pool: p.terms.ID})
	if !head.broken {
		head.operator += head.carry
		head.carry = 0
	}
	b.dropNames(p)
	b.release(p)
}

// dissolve ends a pool that was not replenished in time (protocol 7). Its carry goes to the members without a fee. It keeps its last
// members for late income.
func (b *block) dissolve(p *poolState) {
	b.emit(Event{Type: PoolDissolved, Pool: p.terms.ID})
	head := b.head(p)
	if !head.broken {
		rest := head.carry
		if all := byCounted.all(p, b.h); all > 0 {
			rest = b.split(p, rest, byCounted, all)
		}
		head.operator += rest
		head.carry = 0
		b.claimAccrued(p)
	}
	b.keepLastMembers(p)
	head.status, head.deadline, head.ended = Dissolved, never, b.h
	b.release(p)
}

// release releases all pledges of a pool.
func (b *block) release(p *poolState) {
	for len(p.pledges) > 0 {
		pl := p.pledges[0]
		b.emit(b.pledgeEvent(PledgeReleased, pl))
		b.drop(pl)
	}
}

// warnLow emits pool.low_collateral when an active pool first has less than half its cushion (protocol 9).
func (b *block) warnLow(p *poolState) {
	low := p.head.status == Active && p.collateral().Low()
	if low && !p.head.low {
		b.emit(Event{Type: PoolLowCollateral, Pool: p.terms.ID, Coins: p.counted})
	}
	b.head(p).low = low
}
