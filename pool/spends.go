package pool

import (
	"container/heap"
	"math"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// spending is what a block remembers of spends.
type spending struct {
	hits  []table.Ref            // backings that the current transaction hit, in order
	isHit map[table.Ref]struct{} // the same
	taken map[uint32]struct{}    // the current transaction's outputs that joined a backing

	// lost tells which backings lost an outpoint, and the join order that the next pledge had when they last did.
	lost map[pastel.KeyHash]uint64

	// searched tells how far the search for what costs nothing to give up got with the pledges of a key hash.
	searched map[pastel.KeyHash]*searched

	holes    bool // changes to coins that came and went were taken out again
	fleeting bool // other coins, that backed pledges, came and went too
}

// searched pledges of a key hash have nothing to give up that costs nothing.
type searched struct {
	from  uint64  // in join order: pledges from this one on were looked at
	again seqHeap // but these changed since
}

// seqHeap has the pledge on top that joined last.
type seqHeap []uint64

func (h seqHeap) Len() int           { return len(h) }
func (h seqHeap) Less(i, j int) bool { return h[i] > h[j] }
func (h seqHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *seqHeap) Push(x any)        { *h = append(*h, x.(uint64)) }
func (h *seqHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// put is m[k] = v for a map that is made when it is first needed.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// spends is step (a): inputs leave coins, and the backings they hit are made good from the transaction's own outputs or
// lose what their pledges offer.
func (b *block) spends(tx *pastel.Tx) {
	sp := &b.spending
	sp.taken = nil // cleared, it would stay as large as the largest transaction needs it
	for i := range tx.Inputs {
		out := tx.Inputs[i].PrevOut
		r := b.s.coins.Find(out)
		if r == 0 {
			continue
		}
		if c := b.s.coins.At(r); c.origin.backing() {
			b.hit(c.owner)
		}
		b.spendCoin(out, r)
	}
	if len(sp.hits) == 0 {
		return
	}
	b.coverAll(tx)
	for _, ref := range sp.hits {
		delete(sp.isHit, ref)
	}
	sp.hits = sp.hits[:0]
}

// hit queues a backing once a transaction.
func (b *block) hit(owner pastel.KeyHash) {
	sp := &b.spending
	ref := b.s.backings.Find(owner)
	put(&sp.lost, owner, b.s.nextSeq)
	if _, queued := sp.isHit[ref]; !queued {
		put(&sp.isHit, ref, struct{}{})
		sp.hits = append(sp.hits, ref)
	}
}

// coverAll makes the backings that a transaction hit worth what their pledges offer.
func (b *block) coverAll(tx *pastel.Tx) {
	outputs := b.replacements(tx)
	for _, ref := range b.spending.hits {
		owner := b.s.backings.Key(ref)
		b.cover(ref, owner, tx, outputs[owner])
		b.makeGood(ref, owner)
	}
}

// replacements finds a transaction's outputs, in order, that can replace coins of the key hashes it hit. It goes through them
// once: a transaction may hit thousands of backings and have thousands of outputs.
func (b *block) replacements(tx *pastel.Tx) map[pastel.KeyHash][]uint32 {
	byOwner := make(map[pastel.KeyHash][]uint32, len(b.spending.hits))
	for _, ref := range b.spending.hits {
		byOwner[b.s.backings.Key(ref)] = nil
	}
	for v := range tx.Outputs {
		out := &tx.Outputs[v]
		owner, ok := pastel.P2PKHHash(out.Script)
		if !ok || !CanBack(out.Value, &b.s.params) {
			continue
		}
		if list, hit := byOwner[owner]; hit {
			byOwner[owner] = append(list, uint32(v))
		}
	}
	return byOwner
}

// cover lets outputs to a backing's own key hash join it while it is short.
func (b *block) cover(ref table.Ref, owner pastel.KeyHash, tx *pastel.Tx, outputs []uint32) {
	bk := b.s.backings.At(ref)
	for _, v := range outputs {
		if bk.value >= bk.needs() {
			return
		}
		point := pastel.OutPoint{TxID: tx.ID(), Vout: v}
		if b.addCoin(point, coin{value: tx.Outputs[v].Value, owner: owner, origin: newOrigin(b.h, false)}) {
			put(&b.spending.taken, v, struct{}{})
			b.chainCoin(b.s.coins.Find(point))
		}
	}
}

// makeGood lowers what a short backing's pledges offer until its coins cover it: first what costs nothing, then pledges,
// latest joined first.
func (b *block) makeGood(ref table.Ref, owner pastel.KeyHash) {
	bk := b.s.backings.At(ref)
	if bk.value >= bk.needs() {
		return
	}
	b.giveUp(bk, owner)
	for bk.value < bk.needs() {
		b.leave(bk.pledges.last())
	}
}

// giveUp lets members offer no more than what is counted and drops standby pledges. A block looks at a pledge again only if it
// changed.
func (b *block) giveUp(bk *backing, owner pastel.KeyHash) {
	done := b.spending.searched[owner]
	if done == nil {
		done = &searched{from: math.MaxUint64}
		put(&b.spending.searched, owner, done)
	}
	for bk.value < bk.needs() {
		var pl *pledge
		var found bool
		if len(done.again) > 0 {
			pl, found = bk.pledges.find(atSeq(heap.Pop(&done.again).(uint64)))
			if !found || !pl.givesUp() {
				continue
			}
		} else if pl, found = bk.pledges.lastBefore(atSeq(done.from), (*pledge).givesUp); !found {
			done.from = 0
			return
		} else {
			done.from = pl.seq
		}
		if pl.counted > 0 {
			b.reduce(pl)
		} else {
			b.leave(pl)
		}
	}
}

// searchAgain notes that a pledge may have something to give up that it had not before.
func (b *block) searchAgain(pl *pledge) {
	if len(b.spending.searched) == 0 || !pl.givesUp() {
		return
	}
	if done := b.spending.searched[b.s.backings.Key(pl.backing)]; done != nil && pl.seq >= done.from {
		heap.Push(&done.again, pl.seq)
	}
}

// reduce lets a member offer no more than what is counted.
func (b *block) reduce(pl *pledge) {
	now := pl.standing()
	now.offered = now.counted
	b.touch(pl.pool)
	b.setPledge(pl, now)
	b.emit(b.pledgeEvent(PledgeReduced, pl))
}

// leave drops a pledge whose coins moved: a member's accrued reward is forfeited.
func (b *block) leave(pl *pledge) {
	t := b.touch(pl.pool)
	t.forfeits += pl.accrued
	e := b.pledgeEvent(PledgeLeft, pl)
	e.Forfeited = pl.accrued
	b.emit(e)
	b.chargeLeaver(pl)
	b.drop(pl)
}

// drop takes a pledge out of its pool and frees its coins if it was the last they backed.
func (b *block) drop(pl *pledge) {
	bk := b.s.backings.At(pl.backing)
	var freed []pastel.OutPoint
	if bk.pledges.only() {
		for r := bk.coins; r != 0; r = b.s.coins.At(r).next {
			freed = append(freed, b.s.coins.Key(r))
		}
	}
	b.removePledge(pl)
	slices.SortFunc(freed, pastel.OutPoint.Compare) // the chain's order depends on how the state came about
	for _, out := range freed {
		b.unchainCoin(b.s.coins.Find(out))
	}
}

// moved tells of the pledges whose backing lost an outpoint and that are still live (protocol 4e).
func (b *block) moved() {
	var list []*pledge
	for owner, next := range b.spending.lost {
		ref := b.s.backings.Find(owner)
		if ref == 0 {
			continue
		}
		for pl := range b.s.backings.At(ref).pledges.all() {
			if pl.seq >= next {
				break
			}
			list = append(list, pl)
		}
	}
	slices.SortFunc(list, func(x, y *pledge) int { return y.order(x) })
	for _, pl := range list {
		b.emit(b.pledgeEvent(PledgeMoved, pl))
	}
}
