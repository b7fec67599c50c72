package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// claim is settled money that a pool owes to a script and that cannot be forfeited (protocol 3).
type claim struct {
	to     pastel.Address
	amount pastel.Amount
}

const claimSize = 21 + 8

func (x *claim) code(c *coder) {
	c.address(&x.to)
	c.amount(&x.amount)
}

// claimsChanged: a block changed a pool's claims; was holds them before.
type claimsChanged struct {
	id  ticket.PoolID
	was []claim
}

func (*claimsChanged) kind() changeKind { return kindClaims }
func (x *claimsChanged) code(c *coder) {
	c.poolID(&x.id)
	list(c, &x.was, claimSize, func(cl *claim) { cl.code(c) })
}
func (x *claimsChanged) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	p.claims = slices.Clone(x.was)
	return nil
}

// saveClaims records the pool's claims for undo, once a block.
func (b *block) saveClaims(p *poolState) {
	if t := b.touch(p); !t.claimsSaved {
		t.claimsSaved = true
		b.record(&claimsChanged{p.terms.ID, slices.Clone(p.claims)})
	}
}

// dropClaims writes off claims that are not worth paying.
func (b *block) dropClaims(p *poolState) {
	if len(p.claims) > 0 {
		b.saveClaims(p)
		p.claims = nil
	}
}

// A claimBook credits claims of a pool without a search for each.
type claimBook struct {
	block *block
	pool  *poolState
	index map[pastel.Address]int
}

// claimBook opens the pool's claims for at most this many credits.
func (b *block) claimBook(p *poolState, most int) *claimBook {
	b.saveClaims(p)
	book := &claimBook{b, p, make(map[pastel.Address]int, len(p.claims)+most)}
	for i, c := range p.claims {
		book.index[c.to] = i
	}
	return book
}

// credit raises the claim of a script. It appends a claim if the script has none, unless the amount is 0 (protocol 5).
func (k *claimBook) credit(to pastel.Address, amount pastel.Amount) {
	if amount == 0 {
		return
	}
	i, found := k.index[to]
	if !found {
		i = len(k.pool.claims)
		k.index[to] = i
		k.pool.claims = append(k.pool.claims, claim{to: to})
	}
	k.pool.claims[i].amount += amount
}

// earn credits an earning and reports it as a Credit.
func (k *claimBook) earn(to pastel.Address, who pastelid.PastelID, amount pastel.Amount) {
	k.credit(to, amount)
	if amount > 0 {
		k.block.credits = append(k.block.credits, Credit{k.pool.terms.ID, who, to, amount})
	}
}

// debit lowers claims by payments, which are in claim order. An emptied claim disappears (protocol 8.4).
func (b *block) debit(p *poolState, payments []Payment) {
	b.saveClaims(p)
	next := 0
	for i := range p.claims {
		if next < len(payments) && p.claims[i].to == payments[next].To {
			p.claims[i].amount -= payments[next].Amount
			next++
		}
	}
	p.claims = slices.DeleteFunc(p.claims, func(c claim) bool { return c.amount == 0 })
}
