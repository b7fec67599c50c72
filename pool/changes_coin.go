package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// coinAdded: an output entered State.coins.
type coinAdded struct{ out pastel.OutPoint }

func (*coinAdded) kind() changeKind { return kindCoinAdded }
func (x *coinAdded) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinAdded) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.removeCoin(x.out, r)
	return nil
}

// coinSpent: a coin left State.coins, and its backing if it had one.
type coinSpent struct {
	out  pastel.OutPoint
	coin coin
}

func (*coinSpent) kind() changeKind { return kindCoinSpent }
func (x *coinSpent) code(c *coder) {
	c.outPoint(&x.out)
	x.coin.code(c)
}
func (x *coinSpent) undo(s *State) error {
	was := x.coin
	was.prev, was.next = 0, 0
	was.origin &^= isBacking
	if !s.addCoin(x.out, was) {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	if x.coin.origin.backing() {
		s.chain(s.coins.Find(x.out))
	}
	return nil
}

// code omits the chain of the backing; a flag says that the coin is in it.
// code never changes: databases index outputs by what it writes.
func (x *coin) code(c *coder) {
	c.amount(&x.value)
	c.u32((*uint32)(&x.origin))
	c.raw(x.owner[:])
}

// coinChained: a coin began to back its owner's pledges.
type coinChained struct {
	out   pastel.OutPoint
	fresh bool // made by this block; not stored
}

func (*coinChained) kind() changeKind { return kindCoinChained }
func (x *coinChained) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinChained) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 || !s.coins.At(r).origin.backing() {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.unchain(r)
	return nil
}

// coinUnchained: a coin backs nothing any more because its owner's last pledge ended.
type coinUnchained struct {
	out   pastel.OutPoint
	fresh bool // made by this block; not stored
}

func (*coinUnchained) kind() changeKind { return kindCoinUnchained }
func (x *coinUnchained) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinUnchained) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 || s.coins.At(r).origin.backing() {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.chain(r)
	return nil
}

// addCoin enters a coin and reports false if the outpoint exists, as it does for an output that cover already took. The coin keeps the
// index of its change, so that spendCoin can remove the change if a later transaction of the block spends the coin.
func (b *block) addCoin(out pastel.OutPoint, c coin) bool {
	c.prev = table.Ref(len(b.changes) + 1)
	if !b.s.addCoin(out, c) {
		return false
	}
	b.record(b.coins.newAdded(out))
	return true
}

// spendCoin removes a coin, also from its backing. A coin of this block that backed nothing leaves no change.
func (b *block) spendCoin(out pastel.OutPoint, r table.Ref) {
	c, sp := b.s.coins.At(r), &b.spending
	switch made := int(c.prev); {
	case c.origin.height() != b.h:
		b.record(b.coins.newSpent(out, *c))
	case !c.origin.backing() && made > 0:
		b.changes[made-1] = nil // made and spent in this block
		sp.holes = true
	default:
		b.record(b.coins.newSpent(out, *c))
		sp.fleeting = true
	}
	b.s.removeCoin(out, r)
}

// chainCoin lets a coin back its owner's pledges.
func (b *block) chainCoin(r table.Ref) {
	b.record(&coinChained{b.s.coins.Key(r), b.s.coins.At(r).origin.height() == b.h})
	b.s.chain(r)
}

// unchainCoin frees a coin from its backing.
func (b *block) unchainCoin(r table.Ref) {
	b.record(&coinUnchained{b.s.coins.Key(r), b.s.coins.At(r).origin.height() == b.h})
	b.s.unchain(r)
}

// coinChanges allocates changes of coins in chunks, because a block makes thousands of them.
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
