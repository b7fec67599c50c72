package pool

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// inPool is the key of a part of a pool.
type inPool[K comparable] struct {
	id  ticket.PoolID
	key K
}

// touchedKeys holds the keys of the records that some blocks touched.
type touchedKeys struct {
	people     map[pastelid.PastelID]struct{}
	coins      map[pastel.OutPoint]struct{}
	born       map[pastel.OutPoint]struct{} // coins that did not exist before
	statements map[[32]byte]struct{}
	pools      map[ticket.PoolID]struct{}
	last       map[ticket.PoolID]struct{} // members
	claims     map[ticket.PoolID]struct{}
	accrued    map[ticket.PoolID]struct{} // pools all of whose pledges changed
	pledges    map[inPool[uint64]]struct{}
	named      map[inPool[namedPair]]struct{}
	escrow     map[inPool[pastel.OutPoint]]struct{}
	payouts    map[inPool[pastel.Height]]struct{}
}

func mark[K comparable](m *map[K]struct{}, k K) { put(m, k, struct{}{}) }

func (t *touchedKeys) add(x change, applied bool) {
	switch x := x.(type) {
	case *coinAdded:
		if _, touched := t.coins[x.out]; applied && !touched {
			mark(&t.born, x.out)
		}
		mark(&t.coins, x.out)
	case *coinSpent:
		mark(&t.coins, x.out)
	case *coinChained:
		mark(&t.coins, x.out)
	case *coinUnchained:
		mark(&t.coins, x.out)
	case *registered:
		mark(&t.people, x.id)
	case *reputationChanged:
		mark(&t.people, x.id)
	case *statementSeen:
		mark(&t.statements, x.hash)
	case *statementsForgotten:
		for _, st := range x.was {
			mark(&t.statements, st.hash)
		}
	case *poolOpened:
		mark(&t.pools, x.id)
	case *headChanged:
		mark(&t.pools, x.id)
	case *accruedChanged:
		mark(&t.accrued, x.id)
	case *accruedSplit:
		mark(&t.accrued, x.id)
	case *pledgeAdded:
		mark(&t.pledges, inPool[uint64]{x.id, x.seq})
	case *pledgeRemoved:
		mark(&t.pledges, inPool[uint64]{x.id, x.was.seq})
	case *pledgeChanged:
		mark(&t.pledges, inPool[uint64]{x.id, x.seq})
	case *participantNamed:
		mark(&t.named, inPool[namedPair]{x.id, x.pair})
	case *namesDropped:
		for _, pair := range x.was {
			mark(&t.named, inPool[namedPair]{x.id, pair})
		}
	case *lastMembersNamed:
		mark(&t.last, x.id)
	case *lastMembersForgotten:
		mark(&t.last, x.id)
	case *claimsChanged:
		mark(&t.claims, x.id)
	case *escrowAdded:
		mark(&t.escrow, inPool[pastel.OutPoint]{x.id, x.out})
	case *escrowSpent:
		mark(&t.escrow, inPool[pastel.OutPoint]{x.id, x.was.out})
	case *payoutSettled:
		mark(&t.payouts, inPool[pastel.Height]{x.id, x.settled})
	case *payoutRemoved:
		mark(&t.payouts, inPool[pastel.Height]{x.id, x.was.settled})
	default:
		panic("pool: a change without a record")
	}
}

// Changed returns the present records that differ after some blocks were reverted and then others applied, sorted by kind and key, and
// the pools that the blocks touched, sorted by id. The undo records stand for their blocks. A record that came and went in between may
// be among them as gone. Coins are not, because there may be many.
func (s *State) Changed(reverted, applied []*Undo) ([]Record, []ticket.PoolID) {
	var t touchedKeys
	for _, u := range reverted {
		for _, x := range u.changes {
			t.add(x, false)
		}
	}
	for _, u := range applied {
		for _, x := range u.changes {
			t.add(x, true)
		}
	}
	list := []Record{s.tipRecord()}
	for id := range t.people {
		list = append(list, s.personRecord(id))
	}
	for out := range t.coins {
		r := s.coinRecord(out)
		if _, born := t.born[out]; !born || r.Value != nil {
			list = append(list, r)
		}
	}
	for hash := range t.statements {
		list = append(list, s.statementRecord(hash))
	}
	for id := range t.pools {
		list = append(list, s.poolRecord(id))
	}
	for id := range t.last {
		list = append(list, s.lastRecord(id))
	}
	for id := range t.claims {
		list = append(list, s.claimsRecord(id))
	}
	for id := range t.accrued {
		if p := s.pools[id]; p != nil {
			for _, pl := range p.pledges {
				delete(t.pledges, inPool[uint64]{id, pl.seq})
				list = append(list, s.recordOfPledge(pl))
			}
		}
	}
	for k := range t.pledges {
		list = append(list, s.pledgeRecordOf(k.id, k.key))
	}
	for k := range t.named {
		list = append(list, s.namedRecord(k.id, k.key))
	}
	for k := range t.escrow {
		list = append(list, s.escrowRecordOf(k.id, k.key))
	}
	for k := range t.payouts {
		list = append(list, s.payoutRecordOf(k.id, k.key))
	}
	slices.SortFunc(list, func(a, b Record) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.Key, b.Key)) })
	return list, slices.Sorted(maps.Keys(t.pools))
}
