package pool

import (
	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// coin is an unspent output that can back a pledge (protocol 3). A backing's coins form a linked list, so that the cost of adding or
// removing one does not depend on their number.
type coin struct {
	value      pastel.Amount
	prev, next table.Ref // in the backing's list; block.addCoin uses prev of a coin that never backed anything
	origin     origin
	owner      pastel.KeyHash
}

// origin packs a coin's height with two flags.
type origin uint32

const (
	fromCoinbase origin = 1
	isBacking    origin = 2
)

func newOrigin(h pastel.Height, coinbase bool) origin {
	o := origin(h) << 2
	if coinbase {
		o |= fromCoinbase
	}
	return o
}

func (o origin) height() pastel.Height { return pastel.Height(o >> 2) }
func (o origin) coinbase() bool        { return o&fromCoinbase != 0 }
func (o origin) backing() bool         { return o&isBacking != 0 }

// backing is a pubkey hash whose coins back pledges (the proposal's key/value store). It exists while it has coins or pledges. Between
// transactions its coins are worth at least what its pledges offer.
type backing struct {
	value   pastel.Amount     // of all its coins
	offered int64             // PSL, by all its pledges
	coins   table.Ref         // first of the list
	pledges longList[*pledge] // of any pool, in join order
}

// needs returns what the backing's coins must be worth at least, in patoshi.
func (b *backing) needs() pastel.Amount { return pastel.Amount(b.offered) * pastel.PSL }

// addCoin enters a coin that backs nothing yet. It reports false if the coin exists.
func (s *State) addCoin(out pastel.OutPoint, c coin) bool {
	if _, added := s.coins.Insert(out, c); !added {
		return false
	}
	s.money += c.value
	return true
}

// removeCoin removes a coin, also from its backing.
func (s *State) removeCoin(out pastel.OutPoint, r table.Ref) {
	if s.coins.At(r).origin.backing() {
		s.unchain(r)
	}
	s.money -= s.coins.At(r).value
	s.coins.Delete(out)
}

// chain lets a coin back its owner's pledges.
func (s *State) chain(r table.Ref) {
	c := s.coins.At(r)
	ref, _ := s.backings.Insert(c.owner, backing{})
	b := s.backings.At(ref)
	c.prev, c.next = 0, b.coins
	if b.coins != 0 {
		s.coins.At(b.coins).prev = r
	}
	b.coins = r
	b.value += c.value
	c.origin |= isBacking
}

// unchain is the inverse of chain.
func (s *State) unchain(r table.Ref) {
	c := s.coins.At(r)
	ref := s.backings.Find(c.owner)
	b := s.backings.At(ref)
	if c.prev != 0 {
		s.coins.At(c.prev).next = c.next
	} else {
		b.coins = c.next
	}
	if c.next != 0 {
		s.coins.At(c.next).prev = c.prev
	}
	b.value -= c.value
	c.prev, c.next = 0, 0
	c.origin &^= isBacking
	s.tidyBacking(ref)
}

// tidyBacking deletes a backing that has neither coins nor pledges.
func (s *State) tidyBacking(ref table.Ref) {
	if b := s.backings.At(ref); b.coins == 0 && b.pledges.empty() {
		s.backings.Delete(s.backings.Key(ref))
	}
}
