package pool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// stateVersion is the first byte of an encoded state.
const stateVersion = 1

// Encode gives the state's canonical bytes: two states that agree encode alike, and only they do.
//
// The layout, integers little endian, counts uint32: version; network name, StartHeight, SaplingHeight, shadow flag; tip
// (height, hash, digest); next join order; people by PastelID; coins by outpoint; statements by hash; pools by id, each
// with terms, head, pledges in join order, participants in order, heirs, claims in order, escrow in the order settlement
// takes it, and pending payouts, oldest first.
func (s *State) Encode() []byte {
	c := &coder{b: []byte{stateVersion}}
	s.codeHeader(c)
	for _, r := range sortedRefs(c, s.people, comparePastelIDs) {
		id := s.people.Key(r)
		c.pastelID(&id)
		s.people.At(r).code(c)
	}
	for _, r := range sortedRefs(c, s.coins, pastel.OutPoint.Compare) {
		out := s.coins.Key(r)
		c.outPoint(&out)
		s.coins.At(r).code(c)
	}
	for _, r := range sortedRefs(c, s.statements, compareHashes) {
		hash := s.statements.Key(r)
		c.raw(hash[:])
	}
	pools := s.Pools()
	c.count(len(pools), 1)
	for _, id := range pools {
		x := s.recordOfPool(s.pools[id])
		x.code(c)
	}
	return c.b
}

func comparePastelIDs(a, b pastelid.PastelID) int { return bytes.Compare(a[:], b[:]) }
func compareHashes(a, b [32]byte) int             { return bytes.Compare(a[:], b[:]) }

// sortedRefs returns a table's records in the order of their keys, and writes their number.
func sortedRefs[K comparable, V any](c *coder, t *table.Table[K, V], compare func(a, b K) int) []table.Ref {
	refs := make([]table.Ref, 0, t.Len())
	t.Each(func(r table.Ref, _ K, _ *V) { refs = append(refs, r) })
	slices.SortFunc(refs, func(a, b table.Ref) int { return compare(t.Key(a), t.Key(b)) })
	c.count(len(refs), 1)
	return refs
}

// codeHeader codes what comes before the tables. A reader compares the first part with the state it fills.
func (s *State) codeHeader(c *coder) {
	name, start, sapling, shadow := s.net.Name, s.net.StartHeight, s.net.SaplingHeight, s.shadow
	c.text(&name)
	c.height(&start)
	c.height(&sapling)
	c.flag(&shadow)
	if c.err == nil && (name != s.net.Name || start != s.net.StartHeight || sapling != s.net.SaplingHeight || shadow != s.shadow) {
		c.fail(fmt.Errorf("state is of network %q (start height %d, Sapling height %d, shadow %t), want %q (%d, %d, %t)",
			name, start, sapling, shadow, s.net.Name, s.net.StartHeight, s.net.SaplingHeight, s.shadow))
	}
	s.tip.code(c)
	c.u64(&s.nextSeq)
}

// poolRecord is a pool without its links.
type poolRecord struct {
	terms   Terms
	head    head
	pledges []pledgeRecord
	named   []namedPair
	heirs   []share
	claims  []claim
	escrow  []escrowRecord
	pending []payoutRecord
}

func (s *State) recordOfPool(p *poolState) *poolRecord {
	x := &poolRecord{terms: p.terms, head: p.head, named: s.namedPairs(p.named), heirs: p.heirs, claims: p.claims}
	for _, pl := range p.pledges {
		x.pledges = append(x.pledges, s.recordOf(pl))
	}
	for _, e := range p.escrow {
		x.escrow = append(x.escrow, e.record())
	}
	for _, po := range p.pending {
		x.pending = append(x.pending, po.record())
	}
	return x
}

func (x *poolRecord) code(c *coder) {
	x.terms.code(c)
	x.head.code(c)
	list(c, &x.pledges, pledgeRecordSize, func(p *pledgeRecord) { p.code(c) })
	codeNamed(c, &x.named)
	codeHeirs(c, &x.heirs)
	codeClaims(c, &x.claims)
	list(c, &x.escrow, escrowRecordSize, func(e *escrowRecord) { e.code(c) })
	list(c, &x.pending, 1, func(po *payoutRecord) { po.code(c) })
}

func codeNamed(c *coder, v *[]namedPair) {
	list(c, v, namedPairSize, func(n *namedPair) { n.code(c) })
}

func codeHeirs(c *coder, v *[]share) {
	list(c, v, 8+21, func(h *share) {
		c.bounded("coins", &h.coins, 1, maxPSL)
		c.address(&h.to)
	})
}

func codeClaims(c *coder, v *[]claim) {
	list(c, v, claimSize, func(cl *claim) { cl.code(c) })
}

func (t *Terms) code(c *coder) {
	c.poolID(&t.ID)
	c.pastelID(&t.Supernode)
	c.pastelID(&t.Operator)
	c.text(&t.Company)
	c.address(&t.FeeAddress)
	c.psl(&t.Required)
	c.bounded("factor", &t.Factor, 0, 1<<32)
	c.psl(&t.Target)
	c.bounded("fee", &t.Fee, 0, perFee)
	c.height(&t.Period)
	c.height(&t.InitHeight)
	c.raw(t.InitTx[:])
}

func (h *head) code(c *coder) {
	c.u8((*uint8)(&h.status))
	if c.reading && c.err == nil && (h.status < Subscribing || h.status > Expired) {
		c.fail(fmt.Errorf("status %d is unknown", h.status))
	}
	c.flag(&h.low)
	c.flag(&h.broken)
	c.height(&h.activated)
	c.raw(h.activationTx[:])
	c.height(&h.deadline)
	c.height(&h.ended)
	c.height(&h.lastIncome)
	c.amount(&h.carry)
	c.amount(&h.operator)
}

// Decode reads what Encode gave for the same network, and refuses everything else: what decodes encodes back to the same
// bytes and keeps every invariant.
func Decode(net pastel.Network, shadow bool, b []byte) (*State, error) {
	s, err := New(net, shadow)
	if err != nil {
		return nil, err
	}
	if err := s.decode(b); err != nil {
		return nil, fmt.Errorf("encoded state: %w", err)
	}
	return s, nil
}

var (
	errOrder   = errors.New("records are not in order")
	errTooMuch = errors.New("coins and escrow are worth more than the money supply")
)

func (s *State) decode(b []byte) error {
	if len(b) == 0 {
		return errShort
	}
	if b[0] != stateVersion {
		return fmt.Errorf("version %d is not known to this program", b[0])
	}
	c := &coder{b: b[1:], reading: true}
	s.codeHeader(c)
	readTable(c, s.people, 57+5, comparePastelIDs, c.pastelID, (*person).code)
	s.decodeCoins(c)
	readTable(c, s.statements, 32, compareHashes, func(h *[32]byte) { c.raw(h[:]) }, func(*struct{}, *coder) {})
	last := ticket.PoolID("")
	for range c.count(0, 1) {
		var x poolRecord
		x.code(c)
		if c.err != nil {
			return c.err
		}
		if x.terms.ID <= last {
			return fmt.Errorf("pools: %w", errOrder)
		}
		last = x.terms.ID
		if err := s.restorePool(&x); err != nil {
			return fmt.Errorf("pool %q: %w", x.terms.ID, err)
		}
	}
	if err := c.finish(); err != nil {
		return err
	}
	return s.Check()
}

// readTable reads records in strictly ascending order of their keys.
func readTable[K comparable, V any](c *coder, t *table.Table[K, V], size int, compare func(a, b K) int,
	codeKey func(*K), codeValue func(*V, *coder)) {
	var last K
	for i := range c.count(0, size) {
		var k K
		var v V
		codeKey(&k)
		codeValue(&v, c)
		if c.err != nil {
			return
		}
		if i > 0 && compare(last, k) >= 0 {
			c.fail(errOrder)
			return
		}
		last = k
		t.Insert(k, v)
	}
}

// decodeCoins reads coins and chains those that back pledges.
func (s *State) decodeCoins(c *coder) {
	readTable(c, s.coins, 36+8+4+20, pastel.OutPoint.Compare, c.outPoint, (*coin).code)
	if c.err != nil {
		return
	}
	var backing []table.Ref
	s.coins.Each(func(r table.Ref, _ pastel.OutPoint, x *coin) {
		if s.money <= pastel.MaxMoney {
			s.money += x.value
		}
		if x.origin.backing() {
			backing = append(backing, r)
		}
	})
	if s.money > pastel.MaxMoney {
		c.fail(errTooMuch)
		return
	}
	for _, r := range backing {
		s.chain(r)
	}
}

// enterPool enters a pool from its terms and head.
func (s *State) enterPool(t *Terms, h *head) (*poolState, error) {
	if _, err := ticket.ParsePoolID(string(t.ID)); err != nil {
		return nil, err
	}
	p := newPoolState(*t)
	p.head = *h
	if s.escrows[p.escrowHash] != nil {
		return nil, errMissing
	}
	s.addPool(p)
	return p, nil
}

func (s *State) restorePool(x *poolRecord) error {
	p, err := s.enterPool(&x.terms, &x.head)
	if err != nil {
		return err
	}
	p.heirs, p.claims = x.heirs, x.claims
	if p.named, err = s.participants(x.named); err != nil {
		return err
	}
	if !slices.IsSortedFunc(x.pledges, func(a, b pledgeRecord) int { return cmp.Compare(a.seq, b.seq) }) {
		return fmt.Errorf("pledges: %w", errOrder)
	}
	for i := range x.pledges {
		if x.pledges[i].seq >= s.nextSeq {
			return fmt.Errorf("pledge %d: %w", x.pledges[i].seq, errOrder)
		}
		if err := s.restorePledge(p, &x.pledges[i]); err != nil {
			return err
		}
	}
	for i := range x.escrow {
		if err := s.restoreEscrow(p, &x.escrow[i]); err != nil {
			return err
		}
		if p.escrow[i].out != x.escrow[i].out {
			return fmt.Errorf("escrow: %w", errOrder)
		}
	}
	for i := range x.pending {
		if err := s.restorePayout(p, &x.pending[i]); err != nil {
			return err
		}
		if p.pending[i].settled != x.pending[i].settled {
			return fmt.Errorf("payouts: %w", errOrder)
		}
	}
	s.indexPool(p)
	return nil
}

// Check tests every invariant of the whole state (protocol 3 and 5). It takes time in proportion to the state.
func (s *State) Check() error {
	for _, id := range s.Pools() {
		p := s.pools[id]
		if err := p.check(s); err != nil {
			return &InvariantError{s.tip.Height, err.Error()}
		}
	}
	var err error
	s.backings.Each(func(_ table.Ref, owner pastel.KeyHash, bk *backing) {
		switch {
		case bk.first == nil:
			err = fmt.Errorf("key hash %x has coins set aside but no pledge", owner)
		case bk.value < bk.pledged():
			err = fmt.Errorf("key hash %x backs %s PSL of pledges with %s PSL", owner, bk.pledged(), bk.value)
		}
	})
	if err != nil {
		return &InvariantError{s.tip.Height, err.Error()}
	}
	return nil
}

// check tests the invariants of one pool.
func (p *poolState) check(s *State) error {
	if err := p.balance(); err != nil {
		return err
	}
	if len(p.pledges) > 0 && !p.head.status.Live() || len(p.pledges) > s.net.MaxPledges {
		return fmt.Errorf("pool %s, %s, has %d pledges", p.terms.ID, p.head.status, len(p.pledges))
	}
	for _, pl := range p.pledges {
		if pl.coins <= 0 || (pl.role == Plain) != (p.head.status == Subscribing) || (pl.role == Member) != (pl.since != never) {
			return fmt.Errorf("pool %s, %s, has a %s pledge of %d PSL, member since %d",
				p.terms.ID, p.head.status, pl.role, pl.coins, pl.since)
		}
		if pl.role != Member && pl.accrued != 0 {
			return fmt.Errorf("pool %s: a %s pledge has accrued %s PSL", p.terms.ID, pl.role, pl.accrued)
		}
	}
	seen := make(map[pastel.Address]bool, len(p.claims))
	for _, cl := range p.claims {
		if cl.amount <= 0 || seen[cl.to] {
			return fmt.Errorf("pool %s: claims are damaged", p.terms.ID)
		}
		seen[cl.to] = true
	}
	if slices.ContainsFunc(p.named, func(participant) bool { return p.head.status != Subscribing }) ||
		len(p.heirs) > 0 && p.head.status != Dissolved {
		return fmt.Errorf("pool %s, %s, keeps what its status does not need", p.terms.ID, p.head.status)
	}
	return nil
}

// Pools returns the ids of every pool ever accepted, sorted.
func (s *State) Pools() []ticket.PoolID {
	ids := make([]ticket.PoolID, 0, len(s.pools))
	for id := range s.pools {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b ticket.PoolID) int { return strings.Compare(string(a), string(b)) })
	return ids
}
