package pool

import (
	"fmt"

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

// code leaves the chain out: who backs what is told by the flag.
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

// coinUnchained: a coin whose owner's last pledge went backs nothing any more.
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
