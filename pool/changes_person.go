package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/table"
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

// reputationChanged: a PastelID lost points; was holds its reputation before.
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

// statementsForgotten: the state forgot statements that are too old to be replayed.
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

// addPerson registers a PastelID that is not registered yet.
func (b *block) addPerson(id pastelid.PastelID) {
	b.record(&registered{id})
	b.s.people.Insert(id, newPerson())
}

// setPerson changes a PastelID's reputation and records what it was before the block.
func (b *block) setPerson(who table.Ref, x person) {
	p := b.s.people.At(who)
	if _, saved := b.charged[who]; !saved {
		put(&b.charged, who, struct{}{})
		b.record(&reputationChanged{b.s.people.Key(who), *p})
	}
	*p = x
}

// addStatement remembers a new statement.
func (b *block) addStatement(x statement) {
	b.record(&statementSeen{x.hash})
	b.s.statements.add(x)
}

// forgetStatements forgets statements whose time is before a time in seconds since 1970.
func (b *block) forgetStatements(before int64) {
	if gone := b.s.statements.forget(before); len(gone) > 0 {
		b.record(&statementsForgotten{gone})
	}
}
