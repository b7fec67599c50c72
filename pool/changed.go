package pool

import (
	"bytes"
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

// mentions holds the keys of the records of one kind that a step touched, and whether each was stored before the step. Its first
// mention tells: what a block made was not there before that block, and what a reverted block made was there after it.
type mentions[K comparable] map[K]bool

func (m *mentions[K]) note(k K, stored bool) {
	if _, known := (*m)[k]; !known {
		put((*map[K]bool)(m), k, stored)
	}
}

// A step is some blocks reverted and then others applied, and the records that this touched.
type step struct {
	s         *State
	c         coder         // writes records
	reverting bool          // reading the undo records of reverted blocks, or else of applied ones
	base      pastel.Height // of the last block that stayed
	coins     []Record
	fleeting  map[pastel.OutPoint]struct{} // coins that reverted blocks both made and spent

	people     mentions[pastelid.PastelID]
	statements mentions[[32]byte]
	pools      mentions[ticket.PoolID]
	pledges    mentions[inPool[uint64]]
	named      mentions[inPool[namedPair]]
	last       mentions[ticket.PoolID] // members
	claims     mentions[ticket.PoolID]
	escrow     mentions[inPool[pastel.OutPoint]]
	payouts    mentions[inPool[pastel.Height]]
	splits     mentions[ticket.PoolID]    // of pools with a split or a clearing
	fold       map[ticket.PoolID]struct{} // pools whose pledges are all written, and whose list of splits ends up empty
}

// Changed returns the present records that differ after some blocks were reverted, the tip first, and then others applied, sorted by
// kind and key, and the pools that the blocks touched, sorted by id. The undo records stand for their blocks. What came and went in
// between has no record among them; after reverted blocks, a few may be gone that were not stored.
//
// The records add to those of the steps before, so Changed must be called exactly once for each step that is stored, on a state that is
// new or comes from a Loader; after Decode, store Records first. Like Apply, it changes what the state keeps: which splits the stored
// records of pledges do not include.
func (s *State) Changed(reverted, applied []*Undo) ([]Record, []ticket.PoolID) {
	t := step{s: s, base: s.tip.Height, reverting: true}
	if len(applied) > 0 {
		t.base = applied[0].before.Height
	}
	for _, u := range reverted {
		for _, x := range slices.Backward(u.changes) {
			t.add(x)
		}
	}
	t.reverting = false
	for _, u := range applied {
		for _, x := range u.changes {
			t.add(x)
		}
	}
	t.foldSplits()
	return t.records(), slices.Sorted(maps.Keys(t.pools))
}

func made[K comparable](t *step, m *mentions[K], k K)    { m.note(k, t.reverting) }
func removed[K comparable](t *step, m *mentions[K], k K) { m.note(k, !t.reverting) }

func (t *step) add(x change) {
	switch x := x.(type) {
	case *coinAdded, *coinSpent, *coinChained, *coinUnchained:
		t.addCoin(x)
	case *registered:
		made(t, &t.people, x.id)
	case *reputationChanged:
		t.people.note(x.id, true)
	case *statementSeen:
		made(t, &t.statements, x.hash)
	case *statementsForgotten:
		for _, st := range x.was {
			removed(t, &t.statements, st.hash)
		}
	case *poolOpened:
		made(t, &t.pools, x.id)
		t.addOpening(x.id)
	case *headChanged:
		t.pools.note(x.id, true)
	case *accruedChanged:
		t.addClearing(x.id)
	case *accruedSplit:
		t.addSplit(x)
	case *pledgeAdded:
		made(t, &t.pledges, inPool[uint64]{x.id, x.seq})
	case *pledgeRemoved:
		removed(t, &t.pledges, inPool[uint64]{x.id, x.was.seq})
	case *pledgeChanged:
		t.pledges.note(inPool[uint64]{x.id, x.seq}, true)
	case *participantNamed:
		made(t, &t.named, inPool[namedPair]{x.id, x.pair})
	case *namesDropped:
		for _, pair := range x.was {
			removed(t, &t.named, inPool[namedPair]{x.id, pair})
		}
	case *lastMembersNamed:
		made(t, &t.last, x.id)
	case *lastMembersForgotten:
		removed(t, &t.last, x.id)
	case *claimsChanged:
		t.claims.note(x.id, t.reverting || len(x.was) > 0)
	case *escrowAdded:
		made(t, &t.escrow, inPool[pastel.OutPoint]{x.id, x.out})
	case *escrowSpent:
		removed(t, &t.escrow, inPool[pastel.OutPoint]{x.id, x.was.out})
	case *payoutSettled:
		made(t, &t.payouts, inPool[pastel.Height]{x.id, x.settled})
	case *payoutRemoved:
		removed(t, &t.payouts, inPool[pastel.Height]{x.id, x.was.settled})
	default:
		panic("pool: a change without a record")
	}
}

// addCoin handles a coin without remembering it, because a step may make and spend hundreds of thousands: the coin's height tells
// whether it was there before the step.
func (t *step) addCoin(x change) {
	switch x := x.(type) {
	case *coinAdded:
		r := t.s.coins.Find(x.out)
		_, fleeting := t.fleeting[x.out]
		switch {
		case r != 0 && !t.reverting:
			t.coins = append(t.coins, newRecord(&t.c, RecordCoin, coinKey, x.out, t.s.coins.At(r).code))
		case r == 0 && t.reverting && !fleeting:
			t.coins = append(t.coins, goneRecord(RecordCoin, coinKey, x.out))
		}
	case *coinSpent:
		switch stayed := x.coin.origin.height() <= t.base; {
		case stayed && !t.reverting && t.s.coins.Find(x.out) == 0:
			t.coins = append(t.coins, goneRecord(RecordCoin, coinKey, x.out))
		case stayed:
			t.addOldCoin(x.out)
		case t.reverting:
			put(&t.fleeting, x.out, struct{}{})
		}
	case *coinChained:
		t.addOldCoin(x.out)
	case *coinUnchained:
		t.addOldCoin(x.out)
	}
}

// addOldCoin takes the record of a coin that exists and is older than the blocks applied. Of a younger one, the change that made it tells.
func (t *step) addOldCoin(out pastel.OutPoint) {
	if r := t.s.coins.Find(out); r != 0 && t.s.coins.At(r).origin.height() <= t.base {
		t.coins = append(t.coins, newRecord(&t.c, RecordCoin, coinKey, out, t.s.coins.At(r).code))
	}
}

// records returns the records that the step changed, sorted by kind and key.
func (t *step) records() []Record {
	s := t.s
	list := []Record{s.tipRecord(&t.c)}
	list = changed(t, list, RecordPerson, personKey, t.people, s.personContent)
	slices.SortFunc(t.coins, compareKeys)
	list = append(list, slices.CompactFunc(t.coins, func(a, b Record) bool { return bytes.Equal(a.Key, b.Key) })...)
	list = changed(t, list, RecordStatement, statementKey, t.statements, s.statementContent)
	list = changed(t, list, RecordPool, poolKey, t.pools, s.poolContent)
	list = changed(t, list, RecordPledge, pledgeKey, t.pledges, s.pledgeContent)
	list = changed(t, list, RecordNamed, namedKey, t.named, s.namedContent)
	list = changed(t, list, RecordLast, poolKey, t.last, s.lastContent)
	list = changed(t, list, RecordClaims, poolKey, t.claims, s.claimsContent)
	list = changed(t, list, RecordEscrow, escrowKey, t.escrow, s.escrowContent)
	list = changed(t, list, RecordPayout, payoutKey, t.payouts, s.payoutContent)
	return changed(t, list, RecordSplits, poolKey, t.splits, s.splitsContent)
}

// changed appends the records of one kind, sorted by key. It builds nothing for what is not there and was not there before the step.
func changed[K comparable](t *step, list []Record, kind RecordKind, key appendKey[K], m mentions[K], contentOf func(K) content) []Record {
	from := len(list)
	list = slices.Grow(list, len(m))
	for k, stored := range m {
		if write := contentOf(k); write != nil {
			list = append(list, newRecord(&t.c, kind, key, k, write))
		} else if stored {
			list = append(list, goneRecord(kind, key, k))
		}
	}
	slices.SortFunc(list[from:], compareKeys)
	return list
}

func compareKeys(a, b Record) int { return bytes.Compare(a.Key, b.Key) }
