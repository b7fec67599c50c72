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
	hits  []table.Ref            // backings that the current transaction spends from, in order
	isHit map[table.Ref]struct{} // the same
	taken map[uint32]struct{}    // the current transaction's outputs that joined a backing

	// lost holds the backings that lost an outpoint, with the join order of the next pledge when they last did.
	lost map[pastel.KeyHash]uint64

	// searched holds how far the search for what costs nothing to give up has come, by key hash.
	searched map[pastel.KeyHash]*searched

	holes    bool // changes of coins that the block made and spent are nil
	fleeting bool // the block also made and spent coins that backed pledges
}

// searched pledges of a key hash have nothing that costs nothing to give up.
type searched struct {
	from  uint64  // join order from which on pledges were searched
	again seqHeap // those of them that changed since
}

// seqHeap has on top the pledge that joined last.
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

// put sets m[k] = v and makes the map when it is first needed.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// spends is step (a): inputs spend coins. The transaction's own outputs then restore the backings that it spends from, or their
// pledges offer less.
func (b *block) spends(tx *pastel.Tx) {
	sp := &b.spending
	sp.taken = nil // clear would keep the room of the largest transaction
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

// hit queues a backing, once a transaction.
func (b *block) hit(owner pastel.KeyHash) {
	sp := &b.spending
	ref := b.s.backings.Find(owner)
	put(&sp.lost, owner, b.s.nextSeq)
	if _, queued := sp.isHit[ref]; !queued {
		put(&sp.isHit, ref, struct{}{})
		sp.hits = append(sp.hits, ref)
	}
}

// coverAll makes the backings that a transaction spends from worth what their pledges offer.
func (b *block) coverAll(tx *pastel.Tx) {
	outputs := b.replacements(tx)
	for _, ref := range b.spending.hits {
		owner := b.s.backings.Key(ref)
		b.cover(ref, owner, tx, outputs[owner])
		b.makeGood(ref, owner)
	}
}

// replacements returns the indexes of a transaction's outputs that can replace the coins that it spends, by key hash and in order. It
// reads the outputs once, because a transaction may spend from thousands of backings and have thousands of outputs.
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

// cover adds outputs to a backing's own key hash to the backing while it is short.
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

// makeGood lowers what a short backing's pledges offer until its coins cover that: first what costs nothing, then whole pledges,
// latest first.
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

// giveUp reduces members' offers to what is counted and drops standby pledges, latest first, while the backing is short. A block
// considers a pledge again only if it changed.
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
			if !found || !pl.canGiveUp() {
				continue
			}
		} else if pl, found = bk.pledges.lastBefore(atSeq(done.from), (*pledge).canGiveUp); !found {
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

// searchAgain notes that a pledge changed and may now have something to give up.
func (b *block) searchAgain(pl *pledge) {
	if len(b.spending.searched) == 0 || !pl.canGiveUp() {
		return
	}
	if done := b.spending.searched[b.s.backings.Key(pl.backing)]; done != nil && pl.seq >= done.from {
		heap.Push(&done.again, pl.seq)
	}
}

// reduce reduces a member's offer to what is counted.
func (b *block) reduce(pl *pledge) {
	now := pl.standing()
	now.offered = now.counted
	b.touch(pl.pool)
	b.setPledge(pl, now)
	b.emit(b.pledgeEvent(PledgeReduced, pl))
}

// leave drops a pledge whose coins were spent. A member forfeits what it accrued.
func (b *block) leave(pl *pledge) {
	t := b.touch(pl.pool)
	t.forfeits += pl.accrued
	e := b.pledgeEvent(PledgeLeft, pl)
	e.Forfeited = pl.accrued
	b.emit(e)
	b.chargeLeaver(pl)
	b.drop(pl)
}

// drop removes a pledge from its pool and frees its coins if they back no other pledge.
func (b *block) drop(pl *pledge) {
	bk := b.s.backings.At(pl.backing)
	var freed []pastel.OutPoint
	if bk.pledges.only() {
		for r := bk.coins; r != 0; r = b.s.coins.At(r).next {
			freed = append(freed, b.s.coins.Key(r))
		}
	}
	b.removePledge(pl)
	slices.SortFunc(freed, pastel.OutPoint.Compare) // the list's order depends on how the state came about
	for _, out := range freed {
		b.unchainCoin(b.s.coins.Find(out))
	}
}

// moved reports the live pledges whose backing lost an outpoint (protocol 4e).
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
