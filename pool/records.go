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
	RecordPool      RecordKind = 5  // pool id: terms, status, heights, carry, what the operator accrued, numbers of splits
	RecordPledge    RecordKind = 6  // pool id, join order (uint64): a live pledge, number of the first split it does not include
	RecordNamed     RecordKind = 7  // pool id, PastelID, pubkey hash: a participant that an activation may list
	RecordLast      RecordKind = 8  // pool id: the last members of a dissolved pool
	RecordClaims    RecordKind = 9  // pool id: its claims
	RecordEscrow    RecordKind = 10 // pool id, txid, vout: tracked escrow
	RecordPayout    RecordKind = 11 // pool id, settled at (uint32): a pending payout
	RecordSplits    RecordKind = 12 // pool id: splits that pledges' records do not include
	recordEnd       RecordKind = 13 // one past the last
)

func (k RecordKind) String() string {
	names := [recordEnd]string{
		"", "tip", "person", "coin", "statement", "pool", "pledge", "participant", "last members", "claims", "escrow", "payout",
		"splits",
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
	var room [512]byte // most records fit, and there may be millions
	b := append(room[:0], byte(kind), byte(len(key)))
	b = append(append(b, key...), value...)
	sum := sha256.Sum256(b)
	return [recordSumSize]byte(sum[:])
}

// content writes a record's value without its checksum. It is nil for what is not in the state.
type content func(*coder)

// appendKey appends a record's key.
type appendKey[K any] func(b []byte, k K) []byte

// newRecord makes the record of something in the state. It writes to c first, because the size is known only then.
func newRecord[K any](c *coder, kind RecordKind, key appendKey[K], k K, write content) Record {
	c.b = key(c.b[:0], k)
	n := len(c.b)
	write(c)
	sum := recordSum(kind, c.b[:n], c.b[n:])
	r := append(append(make([]byte, 0, len(c.b)+recordSumSize), c.b...), sum[:]...)
	return Record{kind, r[:n:n], r[n:]}
}

func goneRecord[K any](kind RecordKind, key appendKey[K], k K) Record {
	return Record{Kind: kind, Key: key(nil, k)}
}

func personKey(b []byte, id pastelid.PastelID) []byte { return append(b, id[:]...) }
func statementKey(b []byte, hash [32]byte) []byte     { return append(b, hash[:]...) }
func poolKey(b []byte, id ticket.PoolID) []byte       { return append(b, id...) }

func coinKey(b []byte, out pastel.OutPoint) []byte {
	return binary.BigEndian.AppendUint32(append(b, out.TxID[:]...), out.Vout)
}

func pledgeKey(b []byte, k inPool[uint64]) []byte {
	return binary.BigEndian.AppendUint64(poolKey(b, k.id), k.key)
}

func namedKey(b []byte, k inPool[namedPair]) []byte {
	return append(append(poolKey(b, k.id), k.key.who[:]...), k.key.owner[:]...)
}

func escrowKey(b []byte, k inPool[pastel.OutPoint]) []byte { return coinKey(poolKey(b, k.id), k.key) }

func payoutKey(b []byte, k inPool[pastel.Height]) []byte {
	return binary.BigEndian.AppendUint32(poolKey(b, k.id), uint32(k.key))
}

// tipRecord includes the number of records, so that a lost one is noticed.
func (s *State) tipRecord(c *coder) Record {
	noKey := func(b []byte, _ struct{}) []byte { return b }
	return newRecord(c, RecordTip, noKey, struct{}{}, func(c *coder) {
		s.codeHeader(c)
		n := uint64(s.RecordCount())
		c.u64(&n)
	})
}

func (s *State) personContent(id pastelid.PastelID) content {
	if r := s.people.Find(id); r != 0 {
		return s.people.At(r).code
	}
	return nil
}

func (s *State) statementContent(hash [32]byte) content {
	if r := s.statements.times.Find(hash); r != 0 {
		return func(c *coder) { c.i64(s.statements.times.At(r)) }
	}
	return nil
}

func (s *State) namedContent(k inPool[namedPair]) content {
	if p := s.pools[k.id]; p != nil {
		if pair, err := s.participantOf(k.key); err == nil {
			if _, named := p.named[pair]; named {
				return func(*coder) {}
			}
		}
	}
	return nil
}

func (s *State) poolContent(id ticket.PoolID) content {
	if p := s.pools[id]; p != nil {
		return p.code
	}
	return nil
}

// code writes the pool's own record.
func (p *poolState) code(c *coder) {
	p.terms.code(c)
	p.head.code(c)
	p.splits.codeCounters(c)
}

// lastContent, claimsContent and splitsContent return nil while their list is empty.
func (s *State) lastContent(id ticket.PoolID) content {
	if p := s.pools[id]; p != nil && len(p.last) > 0 {
		return func(c *coder) { codeLastMembers(c, &p.last) }
	}
	return nil
}

func (s *State) claimsContent(id ticket.PoolID) content {
	if p := s.pools[id]; p != nil && len(p.claims) > 0 {
		return func(c *coder) { codeClaims(c, &p.claims) }
	}
	return nil
}

func (s *State) splitsContent(id ticket.PoolID) content {
	if p := s.pools[id]; p != nil && len(p.splits.list) > 0 {
		return p.splits.codeList
	}
	return nil
}

func (s *State) pledgeContent(k inPool[uint64]) content {
	p := s.pools[k.id]
	if p == nil {
		return nil
	}
	pl := p.pledgeAt(k.key)
	if pl == nil {
		return nil
	}
	return func(c *coder) {
		x := s.recordOf(pl)
		x.code(c)
		c.u64(&p.splits.next)
	}
}

func (s *State) escrowContent(k inPool[pastel.OutPoint]) content {
	e := s.escrow[k.key]
	if e == nil {
		return nil
	}
	return func(c *coder) {
		x := e.record()
		x.code(c)
	}
}

func (s *State) payoutContent(k inPool[pastel.Height]) content {
	if p := s.pools[k.id]; p != nil {
		if i, found := slices.BinarySearchFunc(p.pending, k.key, bySettled); found {
			return func(c *coder) {
				x := p.pending[i].record()
				x.code(c)
			}
		}
	}
	return nil
}

// take appends the record of something that has one.
func take[K any](list []Record, c *coder, kind RecordKind, key appendKey[K], k K, contentOf func(K) content) []Record {
	if write := contentOf(k); write != nil {
		list = append(list, newRecord(c, kind, key, k, write))
	}
	return list
}

// Records returns every record of the state, sorted by kind but in no particular order within a kind. They fit what Changed returns
// for the next step.
func (s *State) Records() []Record {
	c := &coder{}
	list := []Record{s.tipRecord(c)}
	s.people.Each(func(_ table.Ref, id pastelid.PastelID, _ *person) {
		list = take(list, c, RecordPerson, personKey, id, s.personContent)
	})
	s.coins.Each(func(_ table.Ref, out pastel.OutPoint, x *coin) {
		list = append(list, newRecord(c, RecordCoin, coinKey, out, x.code))
	})
	s.statements.times.Each(func(_ table.Ref, hash [32]byte, _ *int64) {
		list = take(list, c, RecordStatement, statementKey, hash, s.statementContent)
	})
	for id, p := range s.pools {
		list = take(list, c, RecordPool, poolKey, id, s.poolContent)
		list = take(list, c, RecordLast, poolKey, id, s.lastContent)
		list = take(list, c, RecordClaims, poolKey, id, s.claimsContent)
		list = take(list, c, RecordSplits, poolKey, id, s.splitsContent)
		for _, pl := range p.pledges {
			list = take(list, c, RecordPledge, pledgeKey, inPool[uint64]{id, pl.seq}, s.pledgeContent)
		}
		for x := range p.named {
			list = take(list, c, RecordNamed, namedKey, inPool[namedPair]{id, s.pairOf(x)}, s.namedContent)
		}
		for e := range p.escrow.all() {
			list = take(list, c, RecordEscrow, escrowKey, inPool[pastel.OutPoint]{id, e.out}, s.escrowContent)
		}
		for _, po := range p.pending {
			list = take(list, c, RecordPayout, payoutKey, inPool[pastel.Height]{id, po.settled}, s.payoutContent)
		}
	}
	slices.SortStableFunc(list, func(a, b Record) int { return cmp.Compare(a.Kind, b.Kind) })
	return list
}

// RecordCount returns the number of the state's records.
func (s *State) RecordCount() int {
	n := 1 + s.people.Len() + s.coins.Len() + s.statements.times.Len() + len(s.pools) + len(s.escrow) + len(s.payouts)
	for _, p := range s.pools {
		n += len(p.pledges) + len(p.named) + min(len(p.last), 1) + min(len(p.claims), 1) + min(len(p.splits.list), 1)
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

	behind []behind // pledges whose records do not include every split of their pool
}

// behind is a pledge that has accrued something in the splits from a number on.
type behind struct {
	pl   *pledge
	from uint64
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
		var splits splitLog
		x.terms.code(c)
		x.head.code(c)
		splits.codeCounters(c)
		if c.err != nil || x.terms.ID != id {
			return cmp.Or(c.err, errMissing)
		}
		p, err := s.enterPool(&x.terms, &x.head)
		if err != nil {
			return err
		}
		p.splits = splits
		return nil
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
		var seq, from uint64
		key.u64be(&seq)
		x.code(c)
		c.u64(&from)
		if c.err != nil || x.seq != seq || x.seq >= l.s.nextSeq {
			return cmp.Or(c.err, errMissing)
		}
		return l.restorePledge(p, &x, from)
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
	case RecordSplits:
		if len(p.splits.list) > 0 {
			return errTwice
		}
		p.splits.codeList(c)
	default:
		return errors.New("the kind is unknown to this program; upgrade it")
	}
	return c.err
}

// restorePledge enters a pledge from its record.
func (l *Loader) restorePledge(p *poolState, x *pledgeRecord, from uint64) error {
	pl, err := l.s.restorePledge(p, x)
	if err == nil && from != p.splits.next {
		l.behind = append(l.behind, behind{pl, from})
	}
	return err
}

// catchUp adds what pledges accrued in splits that their records do not include. Records of all pools' splits have been read.
func (l *Loader) catchUp() error {
	for _, x := range l.behind {
		p := x.pl.pool
		if err := p.splits.catchUp(x.pl, x.from); err != nil {
			return fmt.Errorf("stored %s record of pledge %d in pool %s: %w", RecordPledge, x.pl.seq, p.terms.ID, err)
		}
	}
	l.behind = nil
	return nil
}

// Finish returns the state. It returns an error if records are missing or an invariant is broken.
func (l *Loader) Finish() (*State, error) {
	if l.n != l.want {
		return nil, fmt.Errorf("stored state: it has %d records, but %d were stored", l.n, l.want)
	}
	if err := l.catchUp(); err != nil {
		return nil, err
	}
	for _, p := range l.s.pools {
		l.s.indexPool(p, l.s.tip.Height)
	}
	if err := l.s.Check(); err != nil {
		return nil, fmt.Errorf("stored state: %w", err)
	}
	return l.s, nil
}
