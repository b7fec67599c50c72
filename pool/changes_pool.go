package pool

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// poolOpened: an init ticket made a pool.
type poolOpened struct{ id ticket.PoolID }

func (*poolOpened) kind() changeKind { return kindPoolOpened }
func (x *poolOpened) code(c *coder)  { c.poolID(&x.id) }
func (x *poolOpened) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	s.removePool(p)
	return nil
}

// headChanged: the block touched the pool for the first time; was is the pool's head before.
type headChanged struct {
	id  ticket.PoolID
	was head
}

func (*headChanged) kind() changeKind { return kindHead }
func (x *headChanged) code(c *coder) {
	c.poolID(&x.id)
	x.was.code(c)
}
func (x *headChanged) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	delete(s.activations, p.head.activationTx) // the zero id before activation: no pool has that one
	p.head = x.was
	s.indexPool(p, s.tip.Height)
	return nil
}

// participantNamed: a subscribing pool got a pair that an activation may list.
type participantNamed struct {
	id   ticket.PoolID
	pair namedPair
}

func (*participantNamed) kind() changeKind { return kindNamed }
func (x *participantNamed) code(c *coder) {
	c.poolID(&x.id)
	x.pair.code(c)
}
func (x *participantNamed) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	pair, err := s.participantOf(x.pair)
	if err != nil {
		return err
	}
	if _, named := p.named[pair]; !named {
		return fmt.Errorf("participant %s of pool %q: %w", x.pair.who, x.id, errMissing)
	}
	delete(p.named, pair)
	return nil
}

// namesDropped: the pool was activated or expired and no longer needs the pairs.
type namesDropped struct {
	id  ticket.PoolID
	was []namedPair
}

func (*namesDropped) kind() changeKind { return kindNamesDropped }
func (x *namesDropped) code(c *coder) {
	c.poolID(&x.id)
	list(c, &x.was, namedPairSize, func(n *namedPair) { n.code(c) })
}
func (x *namesDropped) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	return s.restoreNamed(p, x.was)
}

// namedPair is a participant with keys of the chain in place of its links.
type namedPair struct {
	who   pastelid.PastelID
	owner pastel.KeyHash
}

const namedPairSize = 57 + 20

func (x *namedPair) code(c *coder) {
	c.pastelID(&x.who)
	c.raw(x.owner[:])
}

func (s *State) pairOf(x participant) namedPair { return namedPair{s.people.Key(x.who), x.owner} }

// participantOf is the inverse of pairOf.
func (s *State) participantOf(x namedPair) (participant, error) {
	who := s.people.Find(x.who)
	if who == 0 {
		return participant{}, fmt.Errorf("PastelID %s: %w", x.who, errMissing)
	}
	return participant{who, x.owner}, nil
}

// namedPairs lists a pool's participants, sorted.
func (s *State) namedPairs(named map[participant]struct{}) []namedPair {
	pairs := make([]namedPair, 0, len(named))
	for x := range named {
		pairs = append(pairs, s.pairOf(x))
	}
	slices.SortFunc(pairs, func(a, b namedPair) int {
		return cmp.Or(comparePastelIDs(a.who, b.who), bytes.Compare(a.owner[:], b.owner[:]))
	})
	return pairs
}

// restoreNamed enters a pool's participants.
func (s *State) restoreNamed(p *poolState, pairs []namedPair) error {
	for _, x := range pairs {
		pair, err := s.participantOf(x)
		if err != nil {
			return err
		}
		if _, there := p.named[pair]; there {
			return fmt.Errorf("participant %s of pool %q: %w", x.who, p.terms.ID, errTwice)
		}
		put(&p.named, pair, struct{}{})
	}
	return nil
}

// lastMembersNamed: a pool was dissolved and kept its last members.
type lastMembersNamed struct{ id ticket.PoolID }

func (*lastMembersNamed) kind() changeKind { return kindLastMembers }
func (x *lastMembersNamed) code(c *coder)  { c.poolID(&x.id) }
func (x *lastMembersNamed) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	p.last = nil
	return nil
}

// lastMembersForgotten: a pool was closed and forgot its last members.
type lastMembersForgotten struct {
	id  ticket.PoolID
	was []share
}

func (*lastMembersForgotten) kind() changeKind { return kindLastForgotten }
func (x *lastMembersForgotten) code(c *coder) {
	c.poolID(&x.id)
	codeLastMembers(c, &x.was)
}
func (x *lastMembersForgotten) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	p.last = x.was
	return nil
}

// openPool enters a pool into every index.
func (b *block) openPool(p *poolState) {
	b.record(&poolOpened{p.terms.ID})
	b.s.addPool(p)
}

// touch notes that the block concerns a pool. Call it before the first change of the pool.
func (b *block) touch(p *poolState) *touch {
	if t := b.touched[p]; t != nil {
		return t
	}
	if b.touched == nil {
		b.touched = map[*poolState]*touch{}
	}
	t := &touch{}
	b.touched[p] = t
	b.record(&headChanged{p.terms.ID, p.head})
	return t
}

// reindex updates the indexes that derive from pools' heads. The undo of headChanged reverses it.
func (b *block) reindex(pools []*poolState) {
	for _, p := range pools {
		b.s.indexPool(p, b.h)
	}
}

// head touches a pool and returns its head, for changes.
func (b *block) head(p *poolState) *head {
	b.touch(p)
	return &p.head
}

// rememberPair remembers a pair that an activation may list.
func (b *block) rememberPair(p *poolState, x participant) {
	if _, known := p.named[x]; known {
		return
	}
	b.record(&participantNamed{p.terms.ID, b.s.pairOf(x)})
	put(&p.named, x, struct{}{})
}

// dropNames forgets the pairs that an activation could list.
func (b *block) dropNames(p *poolState) {
	if len(p.named) == 0 {
		return
	}
	b.record(&namesDropped{p.terms.ID, b.s.namedPairs(p.named)})
	p.named = nil
}

// keepLastMembers remembers the members of a pool that is dissolved, for late income.
func (b *block) keepLastMembers(p *poolState) {
	if p.counted == 0 {
		return
	}
	b.record(&lastMembersNamed{p.terms.ID})
	for _, pl := range p.pledges {
		if pl.counted > 0 {
			p.last = append(p.last, share{pl.counted, pl.reward})
		}
	}
}

// forgetLastMembers forgets the last members, who would get late income.
func (b *block) forgetLastMembers(p *poolState) {
	if len(p.last) > 0 {
		b.record(&lastMembersForgotten{p.terms.ID, p.last})
		p.last = nil
	}
}
