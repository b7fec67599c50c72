package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Reads is what the tickets and registrations of some transactions read of a state, beside the records of all pools and the tip: a PastelID's
// record, an output's together with the coins and live pledges of the address that owns it, a statement's, and a pool's pledges and participants.
type Reads struct {
	PastelIDs  []pastelid.PastelID
	Outputs    []pastel.OutPoint
	Statements [][32]byte
	Pools      []ticket.PoolID
}

// Reads returns what the rules read of a state to judge what the transactions carry. What they spend is left out.
func (p *Prepared) Reads() (r Reads) {
	for i := range p.carried {
		switch c := &p.carried[i]; {
		case c.registers:
			r.PastelIDs = append(r.PastelIDs, c.registrant)
		case c.init != nil:
			r.PastelIDs = append(r.PastelIDs, c.init.pool.Supernode, c.init.pool.Operator)
		case c.part != nil:
			r.PastelIDs = append(r.PastelIDs, c.part.who)
			r.Outputs = append(r.Outputs, c.part.output)
			r.Statements = append(r.Statements, c.part.statement)
			r.Pools = append(r.Pools, c.part.pool)
		case c.activate != nil:
			r.Pools = append(r.Pools, c.activate.pool)
		}
	}
	return r
}

// PledgeKey returns the key of a live pledge's record.
func PledgeKey(id ticket.PoolID, seq uint64) []byte { return pledgeKey(nil, inPool[uint64]{id, seq}) }

// ReadPart returns as much of a state as is in some of its records, sorted by kind and key. The record of the tip and those of all pools must be
// among them. It is good for one thing: Simulate of a transaction whose Reads are there. ReadPart checks each record, but not that none is missing.
func ReadPart(params Params, shadow bool, records []Record) (*State, error) {
	l, err := NewLoader(params, shadow)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		l.meet(r)
		if err := l.Add(r); err != nil {
			return nil, err
		}
	}
	for _, p := range l.s.pools {
		l.s.indexPool(p, l.s.tip.Height)
	}
	return l.s, nil
}

// meet enters the person that a pledge or a participant is of, unless they are there: people have records of their own, which partial readers
// leave out.
func (l *Loader) meet(r Record) {
	var who pastelid.PastelID
	switch r.Kind {
	case RecordPledge:
		var x pledgeRecord
		x.code(&coder{b: r.Value, reading: true})
		who = x.who
	case RecordNamed:
		if len(r.Key) < namedPairSize {
			return // which Add refuses
		}
		var x namedPair
		x.code(&coder{b: r.Key[len(r.Key)-namedPairSize:], reading: true})
		who = x.who
	default:
		return
	}
	if l.s.people.Find(who) == 0 {
		l.s.people.Insert(who, newPerson())
	}
}
