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

// headChanged: a block touched the pool for the first time; was is its head before.
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

// participantNamed: a subscribing pool learned a pair that an activation may list.
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

// namesDropped: activation or expiry ended the need for the pairs.
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

// namedPair is a participant by keys of the chain.
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

// lastMembersNamed: a dissolved pool kept its last members.
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

// lastMembersForgotten: a pool was closed.
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

// claimsChanged: the pool's claims before.
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
