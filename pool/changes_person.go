package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// registered: a PastelID was registered.
type registered struct{ id pastelid.PastelID }

func (*registered) kind() changeKind { return kindRegistered }
func (x *registered) code(c *coder)  { c.pastelID(&x.id) }
func (x *registered) undo(s *State) error {
	if !s.people.Delete(x.id) {
		return fmt.Errorf("PastelID %s: %w", x.id, errMissing)
	}
	return nil
}

// reputationChanged: a PastelID lost points; was is what it had.
type reputationChanged struct {
	id  pastelid.PastelID
	was person
}

func (*reputationChanged) kind() changeKind { return kindReputation }
func (x *reputationChanged) code(c *coder) {
	c.pastelID(&x.id)
	x.was.code(c)
}
func (x *reputationChanged) undo(s *State) error {
	r := s.people.Find(x.id)
	if r == 0 {
		return fmt.Errorf("PastelID %s: %w", x.id, errMissing)
	}
	*s.people.At(r) = x.was
	return nil
}

// statementSeen: a pledge statement was accepted.
type statementSeen struct{ hash [32]byte }

func (*statementSeen) kind() changeKind { return kindStatement }
func (x *statementSeen) code(c *coder)  { c.raw(x.hash[:]) }
func (x *statementSeen) undo(s *State) error {
	if !s.statements.remove(x.hash) {
		return fmt.Errorf("statement %x: %w", x.hash, errMissing)
	}
	return nil
}

// statementsForgotten: statements that are too old to be replayed.
type statementsForgotten struct{ was []statement }

func (*statementsForgotten) kind() changeKind { return kindStatementsForgotten }
func (x *statementsForgotten) code(c *coder) {
	list(c, &x.was, statementSize, func(st *statement) { st.code(c) })
}
func (x *statementsForgotten) undo(s *State) error {
	for _, st := range x.was {
		if !s.statements.add(st) {
			return fmt.Errorf("statement %x: %w", st.hash, errMissing)
		}
	}
	return nil
}
