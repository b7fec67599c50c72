package pool

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A Record is a part of a state as a store keeps it. All records together are the state, and a block changes few of them. Keys are
// unique within a kind. The key of a record that belongs to a pool begins with the pool's id.
type Record struct {
	Kind  RecordKind
	Key   []byte
	Value []byte // ends with a checksum; nil if the record is gone
}

// RecordKind is the kind of a record. The values are part of stored data and never change. Loader needs records in their order.
type RecordKind uint8

// The kinds, with their keys. Integers in keys are big endian, so that the order of the bytes is that of the numbers.
const (
	RecordTip       RecordKind = 1  // network, tip, clock, next join order, number of records; no key
	RecordPerson    RecordKind = 2  // PastelID, 57 bytes: reputation
	RecordCoin      RecordKind = 3  // txid, vout: a pledgeable output
	RecordStatement RecordKind = 4  // SHA-256 of an accepted pledge statement: its time
	RecordPool      RecordKind = 5  // pool id: terms, status, heights, carry, what the operator accrued
	RecordPledge    RecordKind = 6  // pool id, join order (uint64): a live pledge
	RecordNamed     RecordKind = 7  // pool id, PastelID, pubkey hash: a participant that an activation may list
	RecordLast      RecordKind = 8  // pool id: the last members of a dissolved pool
	RecordClaims    RecordKind = 9  // pool id: its claims
	RecordEscrow    RecordKind = 10 // pool id, txid, vout: tracked escrow
	RecordPayout    RecordKind = 11 // pool id, settled at (uint32): a pending payout
	recordEnd       RecordKind = 12 // one past the last
)

func (k RecordKind) String() string {
	names := [recordEnd]string{
		"", "tip", "person", "coin", "statement", "pool", "pledge", "participant", "last members", "claims", "escrow", "payout",
	}
	if k == 0 || k >= recordEnd {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return names[k] //nolint:gosec // k is less than recordEnd
}

// RecordKinds lists the kinds in the order that Loader needs.
func RecordKinds() []RecordKind {
	kinds := make([]RecordKind, 0, recordEnd-1)
	for k := RecordTip; k < recordEnd; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

const recordSumSize = 8

// recordSum returns a checksum that protects a record against damage and mix-ups, but not against forgery.
func recordSum(kind RecordKind, key, value []byte) [recordSumSize]byte {
	var room [256]byte // most records fit, and there may be millions
	b := append(room[:0], byte(kind), byte(len(key)))
	b = append(append(b, key...), value...)
	sum := sha256.Sum256(b)
	return [recordSumSize]byte(sum[:])
}

// usualRecord is the size of a pledge record's value, the largest of the frequent kinds.
const usualRecord = pledgeRecordSize + recordSumSize

func newRecord(kind RecordKind, key []byte, code func(*coder)) Record {
	c := coder{b: make([]byte, 0, usualRecord)}
	code(&c)
	sum := recordSum(kind, key, c.b)
	return Record{kind, key, append(c.b, sum[:]...)}
}

func gone(kind RecordKind, key []byte) Record { return Record{Kind: kind, Key: key} }

func outPointKey(prefix string, out pastel.OutPoint) []byte {
	key := make([]byte, 0, len(prefix)+36)
	key = append(append(key, prefix...), out.TxID[:]...)
	return binary.BigEndian.AppendUint32(key, out.Vout)
}

func pledgeKey(id ticket.PoolID, seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(id), seq)
}

func namedKey(id ticket.PoolID, x namedPair) []byte {
	return append(append([]byte(id), x.who[:]...), x.owner[:]...)
}

func payoutKey(id ticket.PoolID, settled pastel.Height) []byte {
	return binary.BigEndian.AppendUint32([]byte(id), uint32(settled))
}

// tipRecord includes the number of records, so that a lost one is noticed.
func (s *State) tipRecord() Record {
	return newRecord(RecordTip, []byte{}, func(c *coder) {
		s.codeHeader(c)
		n := uint64(s.RecordCount())
		c.u64(&n)
	})
}

func (s *State) personRecord(id pastelid.PastelID) Record {
	r := s.people.Find(id)
	if r == 0 {
		return gone(RecordPerson, id[:])
	}
	return newRecord(RecordPerson, id[:], s.people.At(r).code)
}

func (s *State) coinRecord(out pastel.OutPoint) Record {
	key := outPointKey("", out)
	r := s.coins.Find(out)
	if r == 0 {
		return gone(RecordCoin, key)
	}
	return newRecord(RecordCoin, key, s.coins.At(r).code)
}

func (s *State) statementRecord(hash [32]byte) Record {
	r := s.statements.times.Find(hash)
	if r == 0 {
		return gone(RecordStatement, hash[:])
	}
	return newRecord(RecordStatement, hash[:], func(c *coder) { c.i64(s.statements.times.At(r)) })
}

func (s *State) namedRecord(id ticket.PoolID, x namedPair) Record {
	key := namedKey(id, x)
	if p := s.pools[id]; p != nil {
		if pair, err := s.participantOf(x); err == nil {
			if _, named := p.named[pair]; named {
				return newRecord(RecordNamed, key, func(*coder) {})
			}
		}
	}
	return gone(RecordNamed, key)
}

func (s *State) poolRecord(id ticket.PoolID) Record {
	p := s.pools[id]
	if p == nil {
		return gone(RecordPool, []byte(id))
	}
	return newRecord(RecordPool, []byte(id), func(c *coder) {
		p.terms.code(c)
		p.head.code(c)
	})
}

// lastRecord and claimsRecord return a record that is gone while its list is empty.
func (s *State) lastRecord(id ticket.PoolID) Record {
	p := s.pools[id]
	if p == nil || len(p.last) == 0 {
		return gone(RecordLast, []byte(id))
	}
	return newRecord(RecordLast, []byte(id), func(c *coder) { codeLastMembers(c, &p.last) })
}

func (s *State) claimsRecord(id ticket.PoolID) Record {
	p := s.pools[id]
	if p == nil || len(p.claims) == 0 {
		return gone(RecordClaims, []byte(id))
	}
	return newRecord(RecordClaims, []byte(id), func(c *coder) { codeClaims(c, &p.claims) })
}

func (s *State) pledgeRecordOf(id ticket.PoolID, seq uint64) Record {
	pl, err := s.pledgeOf(id, seq)
	if err != nil {
		return gone(RecordPledge, pledgeKey(id, seq))
	}
	return s.recordOfPledge(pl)
}

func (s *State) recordOfPledge(pl *pledge) Record {
	x := s.recordOf(pl)
	return newRecord(RecordPledge, pledgeKey(pl.pool.terms.ID, pl.seq), x.code)
}

func (s *State) escrowRecordOf(id ticket.PoolID, out pastel.OutPoint) Record {
	key := outPointKey(string(id), out)
	e := s.escrow[out]
	if e == nil {
		return gone(RecordEscrow, key)
	}
	x := e.record()
	return newRecord(RecordEscrow, key, x.code)
}

func (s *State) payoutRecordOf(id ticket.PoolID, settled pastel.Height) Record {
	key := payoutKey(id, settled)
	if p := s.pools[id]; p != nil {
		if i, found := slices.BinarySearchFunc(p.pending, settled, bySettled); found {
			x := p.pending[i].record()
			return newRecord(RecordPayout, key, x.code)
		}
	}
	return gone(RecordPayout, key)
}

// Records returns every record of the state, sorted by kind but in no particular order within a kind.
func (s *State) Records() []Record {
	list := []Record{s.tipRecord()}
	s.people.Each(func(_ table.Ref, id pastelid.PastelID, _ *person) { list = append(list, s.personRecord(id)) })
	s.coins.Each(func(_ table.Ref, out pastel.OutPoint, _ *coin) { list = append(list, s.coinRecord(out)) })
	s.statements.times.Each(func(_ table.Ref, hash [32]byte, _ *int64) { list = append(list, s.statementRecord(hash)) })
	for id, p := range s.pools {
		list = append(list, s.poolRecord(id), s.lastRecord(id), s.claimsRecord(id))
		for _, pl := range p.pledges {
			list = append(list, s.recordOfPledge(pl))
		}
		for x := range p.named {
			list = append(list, s.namedRecord(id, s.pairOf(x)))
		}
		for e := range p.escrow.all() {
			list = append(list, s.escrowRecordOf(id, e.out))
		}
		for _, po := range p.pending {
			list = append(list, s.payoutRecordOf(id, po.settled))
		}
	}
	list = slices.DeleteFunc(list, func(r Record) bool { return r.Value == nil })
	slices.SortStableFunc(list, func(a, b Record) int { return cmp.Compare(a.Kind, b.Kind) })
	return list
}

// RecordCount returns the number of the state's records.
func (s *State) RecordCount() int {
	n := 1 + s.people.Len() + s.coins.Len() + s.statements.times.Len() + len(s.pools) + len(s.escrow) + len(s.payouts)
	for _, p := range s.pools {
		n += len(p.pledges) + len(p.named) + min(len(p.last), 1) + min(len(p.claims), 1)
	}
	return n
}

// A Loader makes a state from its records. They come in the order of their kinds, and a pool's pledges in join order; records that
// are sorted by kind and key are.
type Loader struct {
	s    *State
	kind RecordKind
	n    uint64 // records so far
	want uint64 // in all
}

// NewLoader starts to load a state with these parameters, which must be those that the records were made with.
func NewLoader(params Params, shadow bool) (*Loader, error) {
	s, err := New(params, shadow)
	if err != nil {
		return nil, err
	}
	return &Loader{s: s}, nil
}

var errRecordSum = errors.New("checksum does not match")

// Add adds the next record. It does not keep r.
func (l *Loader) Add(r Record) error {
	if err := l.insert(r); err != nil {
		return fmt.Errorf("stored %s record %x: %w", r.Kind, r.Key, err)
	}
	return nil
}

func (l *Loader) insert(r Record) error {
	if r.Kind < l.kind || l.n == 0 && r.Kind != RecordTip {
		return errOrder
	}
	l.kind = r.Kind
	l.n++
	return readRecord(r, func(key, c *coder) error { return l.read(r.Kind, key, c) })
}

// readRecord checks a record and lets f read its key and content, which it must read to their ends.
func readRecord(r Record, f func(key, c *coder) error) error {
	end := len(r.Value) - recordSumSize
	if end < 0 || len(r.Key) > 255 {
		return errShort
	}
	if recordSum(r.Kind, r.Key, r.Value[:end]) != [recordSumSize]byte(r.Value[end:]) {
		return errRecordSum
	}
	c := &coder{b: r.Value[:end], reading: true}
	key := &coder{b: r.Key, reading: true}
	if err := f(key, c); err != nil {
		return err
	}
	return cmp.Or(key.finish(), c.finish())
}

func (l *Loader) read(kind RecordKind, key, c *coder) error {
	s := l.s
	switch kind {
	case RecordTip:
		if l.n > 1 {
			return errOrder
		}
		s.codeHeader(c)
		c.u64(&l.want)
		return c.err
	case RecordPerson:
		var id pastelid.PastelID
		var x person
		key.pastelID(&id)
		x.code(c)
		return inserted(s.people, id, x)
	case RecordCoin:
		return l.readCoin(key, c)
	case RecordStatement:
		var hash [32]byte
		var time int64
		key.raw(hash[:])
		c.i64(&time)
		if c.err == nil && !s.statements.add(statement{hash, time}) {
			return errTwice
		}
		return c.err
	case RecordPool:
		id, err := key.poolIDBefore(0)
		if err != nil {
			return err
		}
		var x poolRecord
		x.terms.code(c)
		x.head.code(c)
		if c.err != nil || x.terms.ID != id {
			return cmp.Or(c.err, errMissing)
		}
		_, err = s.enterPool(&x.terms, &x.head)
		return err
	default:
		return l.readPart(kind, key, c)
	}
}

var errTwice = errors.New("is stored twice")

func inserted[K comparable, V any](t *table.Table[K, V], k K, v V) error {
	if _, added := t.Insert(k, v); !added {
		return errTwice
	}
	return nil
}

func (l *Loader) readCoin(key, c *coder) error {
	var out pastel.OutPoint
	var x coin
	key.raw(out.TxID[:])
	key.u32be(&out.Vout)
	x.code(c)
	if c.err != nil {
		return c.err
	}
	backing := x.origin.backing()
	x.origin &^= isBacking
	if !l.s.addCoin(out, x) {
		return errTwice
	}
	if l.s.money > pastel.MaxMoney {
		return errTooMuch
	}
	if backing {
		l.s.chain(l.s.coins.Find(out))
	}
	return nil
}

// readPart reads what belongs to a pool.
func (l *Loader) readPart(kind RecordKind, key, c *coder) error {
	suffix := 0
	switch kind {
	case RecordPledge:
		suffix = 8
	case RecordEscrow:
		suffix = 36
	case RecordPayout:
		suffix = 4
	case RecordNamed:
		suffix = namedPairSize
	default:
	}
	id, err := key.poolIDBefore(suffix)
	if err != nil {
		return err
	}
	p, err := l.s.poolOf(id)
	if err != nil {
		return err
	}
	switch kind {
	case RecordPledge:
		var x pledgeRecord
		var seq uint64
		key.u64be(&seq)
		x.code(c)
		if c.err != nil || x.seq != seq || x.seq >= l.s.nextSeq {
			return cmp.Or(c.err, errMissing)
		}
		return l.s.restorePledge(p, &x)
	case RecordNamed:
		var x namedPair
		x.code(key)
		return l.s.restoreNamed(p, []namedPair{x})
	case RecordLast:
		codeLastMembers(c, &p.last)
	case RecordClaims:
		codeClaims(c, &p.claims)
	case RecordEscrow:
		var x escrowRecord
		var out pastel.OutPoint
		key.raw(out.TxID[:])
		key.u32be(&out.Vout)
		x.code(c)
		if c.err != nil || x.out != out {
			return cmp.Or(c.err, errMissing)
		}
		return l.s.restoreEscrow(p, &x)
	case RecordPayout:
		var x payoutRecord
		var settled uint32
		key.u32be(&settled)
		x.code(c)
		if c.err != nil || uint32(x.settled) != settled {
			return cmp.Or(c.err, errMissing)
		}
		return l.s.restorePayout(p, &x)
	default:
		return errors.New("the kind is unknown to this program; upgrade it")
	}
	return c.err
}

// Finish returns the state. It returns an error if records are missing or an invariant is broken.
func (l *Loader) Finish() (*State, error) {
	if l.n != l.want {
		return nil, fmt.Errorf("stored state: it has %d records, but %d were stored", l.n, l.want)
	}
	for _, p := range l.s.pools {
		l.s.indexPool(p, l.s.tip.Height)
	}
	if err := l.s.Check(); err != nil {
		return nil, fmt.Errorf("stored state: %w", err)
	}
	return l.s, nil
}
