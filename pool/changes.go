package pool

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A change is one step Apply took, and knows how to take it back. Steps are undone last first, so each finds the state
// as it left it. They name things by keys of the chain, not by pointers, so that they can be stored.
type change interface {
	kind() changeKind
	undo(s *State) error
	code(c *coder)
}

// changeKind names a change in stored undo records: append only.
type changeKind uint8

const (
	kindCoinAdded     changeKind = 1
	kindCoinSpent     changeKind = 2
	kindCoinChained   changeKind = 3
	kindCoinUnchained changeKind = 4
	kindRegistered    changeKind = 5
	kindReputation    changeKind = 6
	kindStatement     changeKind = 7
	kindPoolOpened    changeKind = 8
	kindHead          changeKind = 9
	kindAccrued       changeKind = 10
	kindPledgeAdded   changeKind = 11
	kindPledgeRemoved changeKind = 12
	kindPledgeChanged changeKind = 13
	kindNamed         changeKind = 14
	kindNamesDropped  changeKind = 15
	kindHeirs         changeKind = 16
	kindClaims        changeKind = 17
	kindEscrowAdded   changeKind = 18
	kindEscrowSpent   changeKind = 19
	kindPayoutSettled changeKind = 20
	kindPayoutRemoved changeKind = 21
	kindEnd           changeKind = 22 // one past the last
)

// newChange returns an empty change of a kind, or nil.
func newChange(k changeKind) change {
	switch k {
	case kindCoinAdded:
		return &coinAdded{}
	case kindCoinSpent:
		return &coinSpent{}
	case kindCoinChained:
		return &coinChained{}
	case kindCoinUnchained:
		return &coinUnchained{}
	case kindRegistered:
		return &registered{}
	case kindReputation:
		return &reputationChanged{}
	case kindStatement:
		return &statementSeen{}
	case kindPoolOpened:
		return &poolOpened{}
	case kindHead:
		return &headChanged{}
	case kindAccrued:
		return &accruedChanged{}
	case kindPledgeAdded:
		return &pledgeAdded{}
	case kindPledgeRemoved:
		return &pledgeRemoved{}
	case kindPledgeChanged:
		return &pledgeChanged{}
	case kindNamed:
		return &participantNamed{}
	case kindNamesDropped:
		return &namesDropped{}
	case kindHeirs:
		return &heirsNamed{}
	case kindClaims:
		return &claimsChanged{}
	case kindEscrowAdded:
		return &escrowAdded{}
	case kindEscrowSpent:
		return &escrowSpent{}
	case kindPayoutSettled:
		return &payoutSettled{}
	case kindPayoutRemoved:
		return &payoutRemoved{}
	case kindEnd:
	}
	return nil
}

var errMissing = errors.New("does not fit the state")

func (s *State) poolOf(id ticket.PoolID) (*poolState, error) {
	if p := s.pools[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("pool %q: %w", id, errMissing)
}

// coinAdded: an output entered State.coins.
type coinAdded struct{ out pastel.OutPoint }

func (*coinAdded) kind() changeKind { return kindCoinAdded }
func (x *coinAdded) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinAdded) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.removeCoin(x.out, r)
	return nil
}

// coinSpent: a coin left State.coins, and its backing if it had one.
type coinSpent struct {
	out  pastel.OutPoint
	coin coin
}

func (*coinSpent) kind() changeKind { return kindCoinSpent }
func (x *coinSpent) code(c *coder) {
	c.outPoint(&x.out)
	x.coin.code(c)
}
func (x *coinSpent) undo(s *State) error {
	was := x.coin
	was.prev, was.next = 0, 0
	was.origin &^= isBacking
	if !s.addCoin(x.out, was) {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	if x.coin.origin.backing() {
		s.chain(s.coins.Find(x.out))
	}
	return nil
}

// code leaves the chain out: who backs what is told by the flag.
func (x *coin) code(c *coder) {
	c.amount(&x.value)
	c.u32((*uint32)(&x.origin))
	c.raw(x.owner[:])
}

// coinChained: a coin began to back its owner's pledges.
type coinChained struct{ out pastel.OutPoint }

func (*coinChained) kind() changeKind { return kindCoinChained }
func (x *coinChained) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinChained) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 || !s.coins.At(r).origin.backing() {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.unchain(r)
	return nil
}

// coinUnchained: a coin whose owner's last pledge went backs nothing any more.
type coinUnchained struct{ out pastel.OutPoint }

func (*coinUnchained) kind() changeKind { return kindCoinUnchained }
func (x *coinUnchained) code(c *coder)  { c.outPoint(&x.out) }
func (x *coinUnchained) undo(s *State) error {
	r := s.coins.Find(x.out)
	if r == 0 || s.coins.At(r).origin.backing() {
		return fmt.Errorf("coin %s: %w", x.out, errMissing)
	}
	s.chain(r)
	return nil
}

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
	if !s.statements.Delete(x.hash) {
		return fmt.Errorf("statement %x: %w", x.hash, errMissing)
	}
	return nil
}

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
	p.head = x.was
	s.indexPool(p)
	return nil
}

// accruedChanged: what the live pledges had accrued before, in join order.
type accruedChanged struct {
	id  ticket.PoolID
	was []pastel.Amount
}

func (*accruedChanged) kind() changeKind { return kindAccrued }
func (x *accruedChanged) code(c *coder) {
	c.poolID(&x.id)
	list(c, &x.was, 8, c.amount)
}
func (x *accruedChanged) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	if len(p.pledges) != len(x.was) {
		return fmt.Errorf("accrued amounts of pool %q: %w", x.id, errMissing)
	}
	for i, pl := range p.pledges {
		pl.accrued = x.was[i]
	}
	return nil
}

// pledgeAdded: a part ticket was accepted; its pledge is the last of the pool.
type pledgeAdded struct {
	id  ticket.PoolID
	seq uint64
}

func (*pledgeAdded) kind() changeKind { return kindPledgeAdded }
func (x *pledgeAdded) code(c *coder) {
	c.poolID(&x.id)
	c.u64(&x.seq)
}
func (x *pledgeAdded) undo(s *State) error {
	pl, err := s.pledgeOf(x.id, x.seq)
	if err != nil {
		return err
	}
	s.removePledge(pl)
	s.nextSeq = x.seq
	return nil
}

func (s *State) pledgeOf(id ticket.PoolID, seq uint64) (*pledge, error) {
	p, err := s.poolOf(id)
	if err != nil {
		return nil, err
	}
	if pl := p.pledgeAt(seq); pl != nil {
		return pl, nil
	}
	return nil, fmt.Errorf("pledge %d of pool %q: %w", seq, id, errMissing)
}

// pledgeRecord is a pledge with its links as keys of the chain.
type pledgeRecord struct {
	seq     uint64
	who     pastelid.PastelID
	owner   pastel.KeyHash
	coins   int64
	accrued pastel.Amount
	since   pastel.Height
	role    Role
	reward  pastel.Address
}

// pledgeRecordSize is its encoded length in bytes.
const pledgeRecordSize = 8 + 57 + 20 + 8 + 8 + 4 + 1 + 21

func (x *pledgeRecord) code(c *coder) {
	c.u64(&x.seq)
	c.pastelID(&x.who)
	c.raw(x.owner[:])
	c.psl(&x.coins)
	c.amount(&x.accrued)
	c.height(&x.since)
	c.u8((*uint8)(&x.role))
	if c.reading && c.err == nil && (x.role < Plain || x.role > Standby) {
		c.fail(fmt.Errorf("role %d is unknown", x.role))
	}
	c.address(&x.reward)
}

func (s *State) recordOf(p *pledge) pledgeRecord {
	return pledgeRecord{
		seq: p.seq, who: s.people.Key(p.who), owner: s.backings.Key(p.backing),
		coins: p.coins, accrued: p.accrued, since: p.since, role: p.role, reward: p.reward,
	}
}

// restorePledge enters a pledge from its record.
func (s *State) restorePledge(p *poolState, x *pledgeRecord) error {
	who := s.people.Find(x.who)
	if who == 0 || p.pledgeAt(x.seq) != nil {
		return fmt.Errorf("pledge %d of pool %q: %w", x.seq, p.terms.ID, errMissing)
	}
	s.addPledge(&pledge{
		seq: x.seq, pool: p, who: who,
		coins: x.coins, accrued: x.accrued, since: x.since, role: x.role, reward: x.reward,
	}, x.owner)
	return nil
}

// pledgeRemoved: a pledge was dropped or released.
type pledgeRemoved struct {
	id  ticket.PoolID
	was pledgeRecord
}

func (*pledgeRemoved) kind() changeKind { return kindPledgeRemoved }
func (x *pledgeRemoved) code(c *coder) {
	c.poolID(&x.id)
	x.was.code(c)
}
func (x *pledgeRemoved) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	return s.restorePledge(p, &x.was)
}

// pledgeChanged: a pledge became a member or a standby.
type pledgeChanged struct {
	id    ticket.PoolID
	seq   uint64
	coins int64
	since pastel.Height
	role  Role
}

func (*pledgeChanged) kind() changeKind { return kindPledgeChanged }
func (x *pledgeChanged) code(c *coder) {
	c.poolID(&x.id)
	c.u64(&x.seq)
	c.psl(&x.coins)
	c.height(&x.since)
	c.u8((*uint8)(&x.role))
}
func (x *pledgeChanged) undo(s *State) error {
	pl, err := s.pledgeOf(x.id, x.seq)
	if err != nil {
		return err
	}
	pl.coins, pl.since, pl.role = x.coins, x.since, x.role
	return nil
}

// participantNamed: a subscribing pool learned a pair that an activation may list.
type participantNamed struct{ id ticket.PoolID }

func (*participantNamed) kind() changeKind { return kindNamed }
func (x *participantNamed) code(c *coder)  { c.poolID(&x.id) }
func (x *participantNamed) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	if len(p.named) == 0 {
		return fmt.Errorf("participant of pool %q: %w", x.id, errMissing)
	}
	p.named = p.named[:len(p.named)-1]
	return nil
}

// namesDropped: activation or expiry ended the need for the pairs.
type namesDropped struct {
	id  ticket.PoolID
	was []namedPair
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
	p.named, err = s.participants(x.was)
	return err
}

// participants finds the people of named pairs.
func (s *State) participants(pairs []namedPair) ([]participant, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	list := make([]participant, len(pairs))
	for i, n := range pairs {
		who := s.people.Find(n.who)
		if who == 0 {
			return nil, fmt.Errorf("PastelID %s: %w", n.who, errMissing)
		}
		list[i] = participant{who, n.owner}
	}
	return list, nil
}

// namedPairs is the inverse of participants.
func (s *State) namedPairs(named []participant) []namedPair {
	pairs := make([]namedPair, len(named))
	for i, n := range named {
		pairs[i] = namedPair{s.people.Key(n.who), n.owner}
	}
	return pairs
}

// heirsNamed: a dissolved pool kept its last members.
type heirsNamed struct{ id ticket.PoolID }

func (*heirsNamed) kind() changeKind { return kindHeirs }
func (x *heirsNamed) code(c *coder)  { c.poolID(&x.id) }
func (x *heirsNamed) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	p.heirs = nil
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

// escrowAdded: an output to an escrow script is tracked.
type escrowAdded struct {
	id  ticket.PoolID
	out pastel.OutPoint
}

func (*escrowAdded) kind() changeKind { return kindEscrowAdded }
func (x *escrowAdded) code(c *coder) {
	c.poolID(&x.id)
	c.outPoint(&x.out)
}
func (x *escrowAdded) undo(s *State) error {
	e := s.escrow[x.out]
	if e == nil {
		return fmt.Errorf("escrow output %s: %w", x.out, errMissing)
	}
	s.removeEscrow(e)
	return nil
}

// escrowSpent: a tracked output was spent, by a payout or, in a shadow run, by a robber.
type escrowSpent struct {
	id  ticket.PoolID
	was escrowRecord
}

// escrowRecord is a tracked output without its links.
type escrowRecord struct {
	out    pastel.OutPoint
	value  pastel.Amount
	height pastel.Height
	tx     int32
}

const escrowRecordSize = 36 + 8 + 4 + 4

func (x *escrowRecord) code(c *coder) {
	c.outPoint(&x.out)
	c.amount(&x.value)
	c.height(&x.height)
	tx := uint32(x.tx)
	c.u32(&tx)
	x.tx = int32(tx)
}

func (e *escrowOutput) record() escrowRecord { return escrowRecord{e.out, e.value, e.height, e.tx} }

// restoreEscrow tracks an output from its record.
func (s *State) restoreEscrow(p *poolState, x *escrowRecord) error {
	if s.escrow[x.out] != nil {
		return fmt.Errorf("escrow output %s: %w", x.out, errMissing)
	}
	s.addEscrow(&escrowOutput{out: x.out, pool: p, value: x.value, height: x.height, tx: x.tx})
	if s.money > pastel.MaxMoney {
		return errTooMuch
	}
	return nil
}

func (*escrowSpent) kind() changeKind { return kindEscrowSpent }
func (x *escrowSpent) code(c *coder) {
	c.poolID(&x.id)
	x.was.code(c)
}
func (x *escrowSpent) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	return s.restoreEscrow(p, &x.was)
}

// payoutSettled: a settlement made a payout.
type payoutSettled struct {
	id      ticket.PoolID
	settled pastel.Height
}

func (*payoutSettled) kind() changeKind { return kindPayoutSettled }
func (x *payoutSettled) code(c *coder) {
	c.poolID(&x.id)
	c.height(&x.settled)
}
func (x *payoutSettled) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	i, found := slices.BinarySearchFunc(p.pending, x.settled, bySettled)
	if !found {
		return fmt.Errorf("payout settled at block %d of pool %q: %w", x.settled, x.id, errMissing)
	}
	s.removePayout(p.pending[i])
	return nil
}

// payoutRemoved: a payout was mined or cancelled.
type payoutRemoved struct {
	id  ticket.PoolID
	was payoutRecord
}

func (*payoutRemoved) kind() changeKind { return kindPayoutRemoved }
func (x *payoutRemoved) code(c *coder) {
	c.poolID(&x.id)
	x.was.code(c)
}
func (x *payoutRemoved) undo(s *State) error {
	p, err := s.poolOf(x.id)
	if err != nil {
		return err
	}
	return s.restorePayout(p, &x.was)
}
