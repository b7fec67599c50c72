package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// splitLog is what a pool's records say about its splits. A split changes what every member accrued, and a clearing sets that to 0, but
// neither writes the records of the pledges. The pool's records list its splits, a pledge's record says which of them its accrued amount
// includes, and its part of each later one is computed when the records are loaded. That is exact because whatever changes a pledge's
// share changes the pledge, and so writes its record.
//
// Only Changed moves the log, when a step is complete: Apply, Revert and Simulate do not know of it, and Encode leaves it out. Equal
// states may have different logs, because their blocks came in different steps.
type splitLog struct {
	next    uint64  // number of the next split or clearing; it only grows, even when blocks are taken back
	cleared uint64  // next, right after the last clearing
	list    []split // the last ones, up to number next-1, which records of pledges may not include
}

// split is a split, or the reversal of one whose block was taken back. Both count in the order in which they happened, so a record may
// include the split and not its reversal.
type split struct {
	n    pastel.Amount // negative for a reversal
	all  int64         // sum of the shares, PSL
	held bool          // shared by what pledges held, or else by what they counted
}

const splitSize = 8 + 8 + 1

// mostSplits bounds how many splits a pool's record lists, for the sake of those who read it: once every so many, a pool writes the records
// of all its pledges. It does so at a number of its own, so that not all of them do it in the same block when somebody pays all pools in every
// block. A miner loses MinEscrowCoinbase a pool and block that way, anybody else MinEscrow.
const mostSplits = 64

func (x *split) code(c *coder) {
	n := int64(x.n)
	c.bounded("amount", &n, -int64(pastel.MaxMoney), int64(pastel.MaxMoney))
	set(c, &x.n, pastel.Amount(n))
	c.bounded("shares", &x.all, 1, maxPSL)
	c.flag(&x.held)
}

// codeCounters codes what the pool's own record holds of the log.
func (l *splitLog) codeCounters(c *coder) {
	c.u64(&l.next)
	c.u64(&l.cleared)
	if c.reading && c.err == nil && l.cleared > l.next {
		c.fail(fmt.Errorf("splits are cleared up to number %d of %d", l.cleared, l.next))
	}
}

// codeList codes the record of the splits, which exists while there are any.
func (l *splitLog) codeList(c *coder) {
	list(c, &l.list, splitSize, func(x *split) { x.code(c) })
	if n := len(l.list); c.reading && c.err == nil && (n == 0 || n >= mostSplits || uint64(n) > l.next-l.cleared) {
		c.fail(fmt.Errorf("%d splits are listed, of numbers from %d to %d", n, l.cleared, l.next))
	}
}

func (l *splitLog) first() uint64 { return l.next - uint64(len(l.list)) }

func (l *splitLog) add(x split) {
	l.list = append(l.list, x)
	l.next++
}

// clear notes that everything accrued was set to 0. It uses up a number, so that no record written before it passes for a later one.
func (l *splitLog) clear() {
	l.next++
	l.cleared, l.list = l.next, nil
}

// catchUp adds to a pledge what it accrued in the splits from a number on, which its record does not include.
func (l *splitLog) catchUp(pl *pledge, from uint64) error {
	if from < l.cleared {
		from, pl.accrued = l.cleared, 0
	}
	if from < l.first() || from > l.next {
		return fmt.Errorf("it includes the splits before number %d, but the pool lists those from %d to %d", from, l.first(), l.next)
	}
	missing := l.list[from-l.first():]
	for i := range missing {
		part, err := missing[i].part(pl)
		if err != nil {
			return err
		}
		if pl.accrued += part; pl.accrued < 0 || pl.accrued > pastel.MaxMoney {
			return fmt.Errorf("it accrued %s PSL", pl.accrued)
		}
	}
	return nil
}

// part returns a pledge's part, as it was when the pledge had its present share.
func (x *split) part(pl *pledge) (pastel.Amount, error) {
	share := pl.counted
	if x.held {
		share = pl.held
	}
	if share > x.all {
		return 0, fmt.Errorf("its share in a split is %d PSL of %d", share, x.all)
	}
	if x.n < 0 {
		return -mulDiv(-x.n, share, x.all), nil
	}
	return mulDiv(x.n, share, x.all), nil
}

// splitting notes that the step concerns a pool's splits, and returns the pool; nil if it is gone.
func (t *step) splitting(id ticket.PoolID) *poolState {
	p := t.s.pools[id]
	t.splits.note(id, p == nil || len(p.splits.list) > 0)
	return p
}

// addOpening: a pool that was opened in a reverted block is gone, or another one now has its id and knows nothing of its records.
func (t *step) addOpening(id ticket.PoolID) {
	if t.reverting {
		put((*map[ticket.PoolID]bool)(&t.splits), id, true)
		put(&t.fold, id, struct{}{})
	}
}

func (t *step) addSplit(x *accruedSplit) {
	p := t.splitting(x.id)
	if p == nil {
		return
	}
	n := x.n
	if t.reverting {
		n = -n
	}
	p.splits.add(split{n, x.all, x.rule == byHeld})
	if p.splits.next%mostSplits == uint64(p.escrowHash[0])%mostSplits {
		put(&t.fold, x.id, struct{}{})
	}
}

// addClearing: when a clearing is taken back, pledges must be written again with what they had accrued. When one happens, no record says
// any more what its pledge accrued, whatever else the step did before.
func (t *step) addClearing(id ticket.PoolID) {
	p := t.splitting(id)
	switch {
	case t.reverting:
		put(&t.fold, id, struct{}{})
	case p != nil:
		p.splits.clear()
		delete(t.fold, id)
	}
}

// foldSplits writes the records of all pledges of the pools that must, and empties these pools' lists.
func (t *step) foldSplits() {
	for id := range t.fold {
		p := t.s.pools[id]
		if p == nil {
			continue
		}
		p.splits.list = nil
		for _, pl := range p.pledges {
			t.pledges.note(inPool[uint64]{id, pl.seq}, true)
		}
	}
}
