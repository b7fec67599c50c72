package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// coinChanges hands out records of coins from chunks: a block makes thousands of them.
type coinChanges struct {
	added []coinAdded
	spent []coinSpent
}

const coinChunk = 128

func (c *coinChanges) newAdded(out pastel.OutPoint) *coinAdded {
	if len(c.added) == cap(c.added) {
		c.added = make([]coinAdded, 0, coinChunk)
	}
	c.added = append(c.added, coinAdded{out})
	return &c.added[len(c.added)-1]
}

func (c *coinChanges) newSpent(out pastel.OutPoint, was coin) *coinSpent {
	if len(c.spent) == cap(c.spent) {
		c.spent = make([]coinSpent, 0, coinChunk)
	}
	c.spent = append(c.spent, coinSpent{out, was})
	return &c.spent[len(c.spent)-1]
}

// spends is step (a): inputs leave coins, and the backings they hit are made good from the transaction's own outputs or
// lose their latest pledges.
func (b *block) spends(tx *pastel.Tx) {
	b.hits, b.taken = b.hits[:0], b.taken[:0]
	for i := range tx.Inputs {
		out := tx.Inputs[i].PrevOut
		r := b.s.coins.Find(out)
		if r == 0 {
			continue
		}
		c := b.s.coins.At(r)
		if c.origin.backing() {
			b.hit(b.s.backings.Find(c.owner))
		}
		b.record(b.coins.newSpent(out, *c))
		b.s.removeCoin(out, r)
	}
	for _, ref := range b.hits {
		b.cover(ref, tx)
	}
}

// hit queues a backing once. The queue is short unless somebody spends the coins of many pledging addresses at once, and
// then most hits come in runs.
func (b *block) hit(ref table.Ref) {
	if n := len(b.hits); n > 0 && b.hits[n-1] == ref || slices.Contains(b.hits, ref) {
		return
	}
	b.hits = append(b.hits, ref)
}

// cover makes a backing worth its pledges again after a spend.
func (b *block) cover(ref table.Ref, tx *pastel.Tx) {
	bk := b.s.backings.At(ref)
	owner := b.s.backings.Key(ref)
	need := bk.pledged()
	for v := 0; v < len(tx.Outputs) && bk.value < need; v++ {
		out := &tx.Outputs[v]
		to, ok := pastel.P2PKHHash(out.Script)
		if !ok || to != owner || out.Value < b.s.net.MinPledge || out.Value == b.s.net.Collateral {
			continue
		}
		point := pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}
		if b.addCoin(point, coin{value: out.Value, owner: owner, origin: newOrigin(b.h, false)}) {
			b.taken = append(b.taken, point.Vout)
			b.record(&coinChained{point})
			b.s.chain(b.s.coins.Find(point))
		}
	}
	for bk.value < need {
		last := bk.last()
		need -= pastel.Amount(last.coins) * pastel.PSL
		b.leave(last)
	}
	if need == 0 {
		return // without a pledge the backing is gone
	}
	for pl := bk.first; pl != nil; pl = pl.next {
		b.emit(Event{Type: PledgeMoved, Pool: pl.pool.terms.ID, PastelID: b.name(pl.who), Pledge: pl.seq})
	}
}

// addCoin enters a coin; false if the outpoint exists, as it does for an output that cover took already.
func (b *block) addCoin(out pastel.OutPoint, c coin) bool {
	if !b.s.addCoin(out, c) {
		return false
	}
	b.record(b.coins.newAdded(out))
	return true
}

// leave drops a pledge whose coins moved: a member's accrued reward is forfeited.
func (b *block) leave(pl *pledge) {
	p := pl.pool
	t := b.touch(p)
	t.forfeits += pl.accrued
	b.emit(Event{
		Type: PledgeLeft, Pool: p.terms.ID, PastelID: b.name(pl.who),
		Coins: pl.coins, Role: pl.role, Forfeited: pl.accrued, Pledge: pl.seq,
	})
	b.chargeLeaver(pl, t)
	b.removePledge(pl)
}

// removePledge takes a pledge out of its pool and frees its coins if it was the last they backed.
func (b *block) removePledge(pl *pledge) {
	b.record(&pledgeRemoved{pl.pool.terms.ID, b.s.recordOf(pl)})
	bk := b.s.backings.At(pl.backing)
	last := bk.first == pl && pl.next == nil
	coins := bk.coins
	b.s.removePledge(pl)
	if !last {
		return
	}
	for r := coins; r != 0; {
		next := b.s.coins.At(r).next
		b.record(&coinUnchained{b.s.coins.Key(r)})
		b.s.unchain(r)
		r = next
	}
}
