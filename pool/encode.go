package pool

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// stateVersion is the first byte of an encoded state.
const stateVersion = 2

// Encode returns the state's canonical bytes: two states encode to the same bytes exactly if they are equal.
//
// The layout, with integers little endian and counts uint32: version; network name, StartHeight, SaplingHeight, shadow flag; tip
// (height, hash, digest); heights of the forks that the tip has reached, without Pools; clock; next join order; people by PastelID;
// coins by outpoint; statements by hash; pools by id, each with terms, head, pledges in join order, participants sorted, last members,
// claims in order, escrow in the order in which settlement takes it, and pending payouts, oldest first.
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
	for _, r := range sortedRefs(c, s.statements.times, compareHashes) {
		x := statement{s.statements.times.Key(r), *s.statements.times.At(r)}
		x.code(c)
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

// sortedRefs returns a table's records in the order of their keys and writes their number.
func sortedRefs[K comparable, V any](c *coder, t *table.Table[K, V], compare func(a, b K) int) []table.Ref {
	refs := make([]table.Ref, 0, t.Len())
	t.Each(func(r table.Ref, _ K, _ *V) { refs = append(refs, r) })
	slices.SortFunc(refs, func(a, b table.Ref) int { return compare(t.Key(a), t.Key(b)) })
	c.count(len(refs), 1)
	return refs
}

// codeHeader codes what precedes the tables. A reader compares the network, the heights and the shadow flag with those of its state.
func (s *State) codeHeader(c *coder) {
	name, start, sapling, shadow := s.params.Name, s.params.Forks.Pools.Height(), s.params.SaplingHeight, s.shadow
	c.text(&name)
	c.height(&start)
	c.height(&sapling)
	c.flag(&shadow)
	if c.err == nil && (name != s.params.Name || start != s.params.Forks.Pools.Height() || sapling != s.params.SaplingHeight || shadow != s.shadow) {
		c.fail(&OtherLedgerError{Network: name, Want: s.params.Name, text: fmt.Sprintf(
			"the state is of network %q (start height %d, Sapling height %d, shadow %t), want %q (%d, %d, %t)",
			name, start, sapling, shadow, s.params.Name, s.params.Forks.Pools.Height(), s.params.SaplingHeight, s.shadow)})
	}
	s.tip.code(c)
	s.codeForks(c)
	c.i64(&s.clock)
	if c.reading && c.err == nil && s.clock > math.MaxUint32 { // no block's time, but a height that was not expected here
		c.fail(errors.New("the state has a fork that this program does not have there; upgrade the program or replay the chain"))
	}
	c.u64(&s.nextSeq)
}

// codeForks codes the height of each fork that the tip has reached. So a program that was upgraded too late does not build on blocks that
// it judged by the old rule. Below a fork nothing is written, and states of earlier releases open.
func (s *State) codeForks(c *coder) {
	for _, f := range s.params.Forks.named() {
		if f.name == "Pools" || !f.Active(s.tip.Height) { // the header already has the height of Pools
			continue
		}
		h := uint32(f.height)
		c.u32(&h)
		if c.err == nil && h != uint32(f.height) { // without the fork, this is half of the clock, which exceeds every height
			c.fail(fmt.Errorf("the state does not have fork %s at %d: a program with other rules made it; replay the chain", f.name, f.height))
		}
	}
}

// poolRecord is a pool with keys of the chain in place of its links.
type poolRecord struct {
	terms   Terms
	head    head
	pledges []pledgeRecord
	named   []namedPair
	last    []share
	claims  []claim
	escrow  []escrowRecord
	pending []payoutRecord
}

func (s *State) recordOfPool(p *poolState) *poolRecord {
	x := &poolRecord{terms: p.terms, head: p.head, named: s.namedPairs(p.named), last: p.last, claims: p.claims}
	for _, pl := range p.pledges {
		x.pledges = append(x.pledges, s.recordOf(pl))
	}
	for e := range p.escrow.all() {
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
	list(c, &x.named, namedPairSize, func(n *namedPair) { n.code(c) })
	codeLastMembers(c, &x.last)
	codeClaims(c, &x.claims)
	list(c, &x.escrow, escrowRecordSize, func(e *escrowRecord) { e.code(c) })
	list(c, &x.pending, 1, func(po *payoutRecord) { po.code(c) })
}

func codeLastMembers(c *coder, v *[]share) {
	list(c, v, 8+21, func(x *share) {
		c.bounded("coins", &x.coins, 1, maxPSL)
		c.address(&x.to)
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
	if c.reading && c.err == nil && (h.status < Subscribing || h.status > Closed) {
		c.fail(fmt.Errorf("unknown status %d", h.status))
	}
	c.flag(&h.low)
	c.flag(&h.broken)
	c.height(&h.activated)
	c.raw(h.activationTx[:])
	c.height(&h.deadline)
	c.height(&h.ended)
	c.height(&h.lastPaid)
	c.amount(&h.carry)
	c.amount(&h.operator)
}

// Decode reads what Encode returned for the same parameters and refuses everything else: what it accepts encodes back to the same
// bytes and keeps every invariant.
func Decode(params Params, shadow bool, b []byte) (*State, error) {
	s, err := New(params, shadow)
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
		return fmt.Errorf("version %d is unknown to this program; upgrade it", b[0])
	}
	c := &coder{b: b[1:], reading: true}
	s.codeHeader(c)
	readTable(c, s.people, 57+5, comparePastelIDs, c.pastelID, (*person).code)
	s.decodeCoins(c)
	s.decodeStatements(c)
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

func (s *State) decodeStatements(c *coder) {
	var last [32]byte
	for i := range c.count(0, statementSize) {
		var x statement
		x.code(c)
		if c.err != nil {
			return
		}
		if i > 0 && compareHashes(last, x.hash) >= 0 {
			c.fail(errOrder)
			return
		}
		last = x.hash
		s.statements.add(x)
	}
}

// restorePledge enters a pledge from its record.
func (s *State) restorePledge(p *poolState, x *pledgeRecord) (*pledge, error) {
	pl, err := s.newPledge(p, x)
	if err == nil {
		s.addPledge(pl, x.owner)
	}
	return pl, err
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

// decodeCoins reads coins and adds those that back pledges to their backings.
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
	p.last, p.claims = x.last, x.claims
	if err := s.restoreNamed(p, x.named); err != nil {
		return err
	}
	if !slices.Equal(s.namedPairs(p.named), x.named) {
		return fmt.Errorf("participants: %w", errOrder)
	}
	if !slices.IsSortedFunc(x.pledges, func(a, b pledgeRecord) int { return cmp.Compare(a.seq, b.seq) }) {
		return fmt.Errorf("pledges: %w", errOrder)
	}
	for i := range x.pledges {
		if x.pledges[i].seq >= s.nextSeq {
			return fmt.Errorf("pledge %d: %w", x.pledges[i].seq, errOrder)
		}
		if _, err := s.restorePledge(p, &x.pledges[i]); err != nil {
			return err
		}
	}
	for i := range x.escrow {
		if err := s.restoreEscrow(p, &x.escrow[i]); err != nil {
			return err
		}
		if p.escrow.last().out != x.escrow[i].out {
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
	s.indexPool(p, s.tip.Height)
	return nil
}

// Check tests every invariant of the whole state (protocol 3 and 5) and returns an *InvariantError if one is broken. Its time is
// proportional to the size of the state.
func (s *State) Check() error {
	for _, id := range s.Pools() {
		if err := s.pools[id].check(s); err != nil {
			return &InvariantError{s.tip.Height, err.Error()}
		}
	}
	var err error
	s.backings.Each(func(_ table.Ref, owner pastel.KeyHash, bk *backing) {
		var offered int64
		for pl := range bk.pledges.all() {
			offered += pl.offered
		}
		switch {
		case bk.pledges.empty():
			err = fmt.Errorf("key hash %x has backing coins but no pledge", owner)
		case offered != bk.offered:
			err = fmt.Errorf("key hash %x records pledges of %d PSL, but they sum to %d", owner, bk.offered, offered)
		case bk.value < bk.needs():
			err = fmt.Errorf("key hash %x has pledges of %d PSL but coins of only %s PSL", owner, bk.offered, bk.value)
		}
	})
	s.statements.times.Each(func(_ table.Ref, hash [32]byte, time *int64) {
		if *time < s.clock-statementLife {
			err = fmt.Errorf("statement %x should have been forgotten", hash)
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
	if len(p.pledges) > 0 && !p.head.status.Live() || len(p.pledges) > s.params.MaxPledges {
		return fmt.Errorf("pool %s, %s, has %d pledges", p.terms.ID, p.head.status, len(p.pledges))
	}
	if err := p.checkPledges(); err != nil {
		return err
	}
	var tracked pastel.Amount
	for e := range p.escrow.all() {
		tracked += e.value
	}
	if tracked != p.tracked {
		return fmt.Errorf("pool %s records escrow of %s PSL, but it sums to %s", p.terms.ID, p.tracked, tracked)
	}
	seen := make(map[pastel.Address]bool, len(p.claims))
	for _, cl := range p.claims {
		if cl.amount <= 0 || seen[cl.to] {
			return fmt.Errorf("pool %s has an empty claim or two claims of one address", p.terms.ID)
		}
		seen[cl.to] = true
	}
	if len(p.named) > 0 && p.head.status != Subscribing || len(p.last) > 0 && p.head.status != Dissolved ||
		p.head.status == Closed && (len(p.claims)+len(p.pending) > 0 || !p.escrow.empty()) {
		return fmt.Errorf("pool %s, %s, keeps what its status does not need", p.terms.ID, p.head.status)
	}
	return nil
}

// checkPledges tests the pledges of a pool and their sums.
func (p *poolState) checkPledges() error {
	var offered, counted int64
	type pair struct{ who, backing table.Ref }
	pairs := make(map[pair]bool, len(p.pledges))
	for _, pl := range p.pledges {
		offered += pl.offered
		counted += pl.counted
		plain, member := pl.role() == Plain, pl.role() == Member
		if pl.offered <= 0 || plain && pl.counted != pl.offered || pl.held > pl.counted || plain && pl.held != 0 || member != (pl.since != never) {
			return fmt.Errorf("pool %s, %s, has a %s pledge that offers %d PSL, counts %d since %d and held %d",
				p.terms.ID, p.head.status, pl.role(), pl.offered, pl.counted, pl.since, pl.held)
		}
		if !member && pl.accrued != 0 {
			return fmt.Errorf("pool %s: a %s pledge has accrued %s PSL", p.terms.ID, pl.role(), pl.accrued)
		}
		pairs[pair{pl.who, pl.backing}] = true
	}
	if len(pairs) < len(p.pledges) {
		return fmt.Errorf("pool %s has two pledges of one PastelID and pubkey hash", p.terms.ID)
	}
	if offered != p.offered || counted != p.counted {
		return fmt.Errorf("pool %s records %d of %d PSL as counted, but its pledges sum to %d of %d", p.terms.ID, p.counted, p.offered, counted, offered)
	}
	return nil
}

// Pools returns the ids of all pools ever accepted, sorted.
func (s *State) Pools() []ticket.PoolID {
	ids := make([]ticket.PoolID, 0, len(s.pools))
	for id := range s.pools {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b ticket.PoolID) int { return strings.Compare(string(a), string(b)) })
	return ids
}
