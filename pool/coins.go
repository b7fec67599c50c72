package pool

import (
	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// coin is an unspent output that can back a pledge (protocol 3). Coins that do back one are chained to their backing,
// so that joining and leaving one costs the same however many there are.
type coin struct {
	value      pastel.Amount
	prev, next table.Ref // in the backing's chain
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

// backing is a public key hash whose coins back pledges (the proposal's key/value store). It exists while it has either,
// and between transactions its coins are worth at least its pledges.
type backing struct {
	value pastel.Amount // of all its coins
	coins table.Ref     // first of the chain
	first *pledge       // first joined of the pledges, of any pool
}

// pledged returns what the backing's pledges promise, in patoshi.
func (b *backing) pledged() pastel.Amount {
	var sum int64
	for p := b.first; p != nil; p = p.next {
		sum += p.coins
	}
	return pastel.Amount(sum) * pastel.PSL
}

// last returns the pledge that joined last.
func (b *backing) last() *pledge {
	p := b.first
	for p != nil && p.next != nil {
		p = p.next
	}
	return p
}

// addCoin enters a coin that does not back anything yet; false if it is there already.
func (s *State) addCoin(out pastel.OutPoint, c coin) bool {
	if _, added := s.coins.Insert(out, c); !added {
		return false
	}
	s.money += c.value
	return true
}

// removeCoin takes a coin away, from its backing too.
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

// tidyBacking drops a backing that has neither coins nor pledges.
func (s *State) tidyBacking(ref table.Ref) {
	if b := s.backings.At(ref); b.coins == 0 && b.first == nil {
		s.backings.Delete(s.backings.Key(ref))
	}
}

// addPledge enters a pledge into its pool and the backing of owner, at the place its seq gives it.
func (s *State) addPledge(p *pledge, owner pastel.KeyHash) {
	p.backing, _ = s.backings.Insert(owner, backing{})
	at := &s.backings.At(p.backing).first
	for *at != nil && (*at).seq < p.seq {
		at = &(*at).next
	}
	p.next, *at = *at, p
	p.pool.insertPledge(p)
}

// removePledge is the inverse of addPledge.
func (s *State) removePledge(p *pledge) {
	at := &s.backings.At(p.backing).first
	for *at != p {
		at = &(*at).next
	}
	*at, p.next = p.next, nil
	p.pool.deletePledge(p)
	s.tidyBacking(p.backing)
}
