package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// accruedChanged: the accrued amounts of a pool's live pledges were cleared; was holds them before, in join order.
type accruedChanged struct {
	id  ticket.PoolID
	was []pastel.Amount
}

func (*accruedChanged) kind() changeKind { return kindAccrued }
func (x *accruedChanged) code(c *coder) {
	c.poolID(&x.id)
	list(c, &x.was, 8, c.amount)
}
func (x *accruedChanged) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	if len(p.pledges) != len(x.was) {
		return fmt.Errorf("accrued amounts of pool %q: %w", x.id, errMissing)
	}
	for i, pl := range p.pledges {
		pl.accrued = x.was[i]
	}
	return nil
}

// accruedSplit: n was split among the live pledges, whose shares summed to all. Undo computes the split again: a block may pay every
// pool, so the record would be huge if it held each pledge's amount.
type accruedSplit struct {
	id   ticket.PoolID
	n    pastel.Amount
	rule shareRule
	all  int64 // PSL
}

func (*accruedSplit) kind() changeKind { return kindAccruedSplit }
func (x *accruedSplit) code(c *coder) {
	c.poolID(&x.id)
	c.amount(&x.n)
	c.u8((*uint8)(&x.rule))
	c.psl(&x.all)
	if c.reading && c.err == nil && (x.rule < byCountedBefore || x.rule > byCounted || x.all == 0) {
		c.fail(fmt.Errorf("split by rule %d among %d PSL", x.rule, x.all))
	}
}
func (x *accruedSplit) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	h := s.tip.Height + 1 // undo has already moved the tip to before the block
	if x.rule.all(p, h) != x.all {
		return fmt.Errorf("split in pool %q: %w", x.id, errMissing)
	}
	for _, pl := range p.pledges {
		part := mulDiv(x.n, x.rule.share(pl, h), x.all)
		if part > pl.accrued {
			return fmt.Errorf("split in pool %q: %w", x.id, errMissing)
		}
		pl.accrued -= part
	}
	return nil
}

// pledgeAdded: a part ticket was accepted, and its pledge became the pool's last.
type pledgeAdded struct {
	id  ticket.PoolID
	seq uint64
}

func (*pledgeAdded) kind() changeKind { return kindPledgeAdded }
func (x *pledgeAdded) code(c *coder) {
	c.poolID(&x.id)
	c.u64(&x.seq)
}
func (x *pledgeAdded) undo(s *State) error {
	pl, err := s.pledgeOf(x.id, x.seq)
	if err != nil {
		return err
	}
	s.removePledge(pl)
	s.nextSeq = x.seq
	return nil
}

func (s *State) pledgeOf(id ticket.PoolID, seq uint64) (*pledge, error) {
	p, err := s.poolOf(id)
	if err != nil {
		return nil, err
	}
	if pl := p.pledgeAt(seq); pl != nil {
		return pl, nil
	}
	return nil, fmt.Errorf("pledge %d of pool %q: %w", seq, id, errMissing)
}

// pledgeRecord is a pledge with keys of the chain in place of its links.
type pledgeRecord struct {
	seq     uint64
	who     pastelid.PastelID
	owner   pastel.KeyHash
	accrued pastel.Amount
	standing
}

// standingSize and pledgeRecordSize are encoded sizes in bytes.
const (
	standingSize     = 3*8 + 8 + 4 + 21
	pledgeRecordSize = 8 + 57 + 20 + 8 + standingSize
)

func (x *standing) code(c *coder) {
	c.psl(&x.offered)
	c.psl(&x.counted)
	c.psl(&x.held)
	c.i64(&x.time)
	c.height(&x.since)
	c.address(&x.reward)
	if c.reading && c.err == nil && (x.counted > x.offered || x.held > x.counted) {
		c.fail(fmt.Errorf("pledge offers %d PSL, counts %d and held %d", x.offered, x.counted, x.held))
	}
}

func (x *pledgeRecord) code(c *coder) {
	c.u64(&x.seq)
	c.pastelID(&x.who)
	c.raw(x.owner[:])
	c.amount(&x.accrued)
	x.standing.code(c)
}

func (s *State) recordOf(pl *pledge) pledgeRecord {
	return pledgeRecord{pl.seq, s.people.Key(pl.who), s.backings.Key(pl.backing), pl.accrued, pl.standing()}
}

// newPledge makes a pledge from its record.
func (s *State) newPledge(p *poolState, x *pledgeRecord) (*pledge, error) {
	who := s.people.Find(x.who)
	if who == 0 || p.pledgeAt(x.seq) != nil {
		return nil, fmt.Errorf("pledge %d of pool %q: %w", x.seq, p.terms.ID, errMissing)
	}
	return &pledge{
		seq: x.seq, pool: p, who: who, accrued: x.accrued,
		offered: x.offered, counted: x.counted, held: x.held, time: x.time, since: x.since, reward: x.reward,
	}, nil
}

// pledgeRemoved: a pledge was dropped or released.
type pledgeRemoved struct {
	id  ticket.PoolID
	was pledgeRecord
}

func (*pledgeRemoved) kind() changeKind { return kindPledgeRemoved }
func (x *pledgeRemoved) code(c *coder) {
	c.poolID(&x.id)
	x.was.code(c)
}
func (x *pledgeRemoved) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	_, err = s.restorePledge(p, &x.was)
	return err
}

// pledgeChanged: a pledge was amended, reduced, activated or counted, or a settlement set what it holds.
type pledgeChanged struct {
	id  ticket.PoolID
	seq uint64
	was standing
}

func (*pledgeChanged) kind() changeKind { return kindPledgeChanged }
func (x *pledgeChanged) code(c *coder) {
	c.poolID(&x.id)
	c.u64(&x.seq)
	x.was.code(c)
}
func (x *pledgeChanged) undo(s *State) error {
	pl, err := s.pledgeOf(x.id, x.seq)
	if err != nil {
		return err
	}
	s.setStanding(pl, x.was)
	return nil
}

// addPledge enters the next pledge in join order.
func (b *block) addPledge(pl *pledge, owner pastel.KeyHash) {
	b.record(&pledgeAdded{pl.pool.terms.ID, pl.seq})
	b.s.nextSeq = pl.seq + 1
	b.s.addPledge(pl, owner)
}

// removePledge removes a pledge from its pool and its backing.
func (b *block) removePledge(pl *pledge) {
	b.record(&pledgeRemoved{pl.pool.terms.ID, b.s.recordOf(pl)})
	b.s.removePledge(pl)
}

// setPledge is State.setStanding. It records the standing before for undo, once during the transactions and once in step (e).
func (b *block) setPledge(pl *pledge, x standing) {
	if x == pl.standing() {
		return
	}
	if _, saved := b.saved[pl]; !saved {
		if b.saved == nil {
			b.saved = map[*pledge]struct{}{}
		}
		b.saved[pl] = struct{}{}
		b.record(&pledgeChanged{pl.pool.terms.ID, pl.seq, pl.standing()})
	}
	b.s.setStanding(pl, x)
}

// split adds floor(n × share ÷ all) to what each live pledge accrued and returns the remainder. The block must have touched the pool.
func (b *block) split(p *poolState, n pastel.Amount, rule shareRule, all int64) (rest pastel.Amount) {
	b.record(&accruedSplit{p.terms.ID, n, rule, all})
	rest = n
	for _, pl := range p.pledges {
		part := mulDiv(n, rule.share(pl, b.h), all)
		pl.accrued += part
		rest -= part
	}
	return rest
}

// clearAccrued sets what the pledges of a pool accrued to 0.
func (b *block) clearAccrued(p *poolState) {
	was := make([]pastel.Amount, len(p.pledges))
	for i, pl := range p.pledges {
		was[i], pl.accrued = pl.accrued, 0
	}
	b.record(&accruedChanged{p.terms.ID, was})
}
