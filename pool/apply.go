package pool

import (
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Update is the effect of a block on a state.
type Update struct {
	Height   pastel.Height
	Block    pastel.BlockHash
	Time     uint32     // of the block, seconds since 1970
	Digest   Digest     // ledger digest after the block
	Events   []Event    // in the order of protocol 9
	Accepted []Accepted // part tickets, in block order
	Credits  []Credit   // earnings that became claims, in order
	Settled  []Payout   // payouts that the block's settlements made
	Touched  []Touched  // pools that the block concerned, sorted by id
	Undo     *Undo      // takes the block back
}

// Touched is a pool as a block that concerned it left it. Any change of a pool, its pledges, claims, escrow and payouts included, and a
// settlement without any, concern it.
type Touched struct {
	Pool    ticket.PoolID
	Status  Status
	Counted int64 // PSL, of all live pledges
}

// Accepted is a part ticket that a block accepted: a new pledge, even if the same block dropped it, or an amendment of one.
type Accepted struct {
	Seq      uint64 // join order of the pledge over all pools
	Amends   bool   // an existing pledge
	Pool     ticket.PoolID
	PastelID pastelid.PastelID
	Owner    pastel.KeyHash // of the pledged address
	Reward   pastel.Address
	Offered  int64 // by the ticket, PSL
	Time     int64 // the ticket's time_stamp, seconds since 1970
	Ticket   pastel.TxID
	Output   pastel.OutPoint
}

// Credit is an earning that can no longer be forfeited: it is settled, or it is income of a pool that ended (protocol 5 and 8.1).
type Credit struct {
	Pool     ticket.PoolID
	PastelID pastelid.PastelID // zero for a last member of a dissolved pool, of whom only the address is known
	To       pastel.Address
	Amount   pastel.Amount // patoshi
}

// block is a block being applied. It changes the state at once and records each change. If the block turns out to be invalid, the
// changes are undone, so that callers only ever see the state before or after.
type block struct {
	s        *State
	in       *Prepared
	h        pastel.Height
	changes  []change
	coins    coinChanges
	events   []Event
	accepted []Accepted
	credits  []Credit
	settled  []*payout
	pools    []*poolState // touched, sorted by id, once step (e) is done
	touched  map[*poolState]*touch
	saved    map[*pledge]struct{}               // pledges whose standing before the transactions, or before step (e), is recorded
	charged  map[table.Ref]struct{}             // people whose reputation before the block is recorded
	pairs    map[ticket.Participant]participant // of activation tickets, decoded
	spending spending
}

// touch is what a block remembers of a pool that it concerns.
type touch struct {
	income          pastel.Amount // of this block
	forfeits        pastel.Amount // of those who left in this block
	coinbaseOutputs int           // of the coinbase, that are income
	claimsSaved     bool          // the claims before the block are recorded
}

// Apply adds the next block (protocol 4). It returns *OrderError if the block does not follow the tip, *BlockError if it breaks a
// rule and *InvariantError for a bug in the rules. An error leaves the state unchanged.
func (s *State) Apply(in *Prepared) (*Update, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if in.Height != s.tip.Height+1 || in.Prev != s.tip.Hash {
		return nil, &OrderError{s.tip, in.Height, in.Prev}
	}
	b, clock := s.begin(in)
	if err := b.apply(); err != nil {
		if undoErr := s.undo(b.changes, clock); undoErr != nil {
			return nil, undoErr
		}
		return nil, err
	}
	u := &Update{
		Height: in.Height, Block: in.Hash, Time: in.Time, Events: b.events, Accepted: b.accepted, Credits: b.credits,
		Digest: nextDigest(s.tip.Digest, in.Hash, b.events),
		Undo:   &Undo{block: in.Hash, before: s.tip, clock: clock, changes: b.lasting()},
	}
	for _, po := range b.settled {
		u.Settled = append(u.Settled, po.view(&s.params))
	}
	for _, p := range b.pools {
		u.Touched = append(u.Touched, Touched{p.terms.ID, p.head.status, p.counted})
	}
	s.tip = Tip{Height: in.Height, Hash: in.Hash, Digest: u.Digest}
	return u, nil
}

// begin opens a block and advances the clock to its time. It returns the clock before.
func (s *State) begin(in *Prepared) (*block, int64) {
	clock := s.clock
	s.clock = s.clockAt(in.Time)
	return &block{s: s, in: in, h: in.Height}, clock
}

func (b *block) apply() error {
	if err := b.transactions(); err != nil {
		return err
	}
	b.end()
	return b.check()
}

// transactions is steps (a) to (d) of protocol 4.
func (b *block) transactions() error {
	carried, escrowSpends := b.in.carried, b.in.escrowSpends
	for i := range b.in.Txs {
		tx := &b.in.Txs[i]
		var paid *payout
		if i > 0 {
			b.spends(tx)
			marked := len(escrowSpends) > 0 && escrowSpends[0] == i
			if marked {
				escrowSpends = escrowSpends[1:]
			}
			var err error
			if paid, err = b.spendsEscrow(tx, marked); err != nil {
				return err
			}
		}
		for ; len(carried) > 0 && carried[0].index == i; carried = carried[1:] {
			b.carried(&carried[0])
		}
		if err := b.outputs(i, tx, paid); err != nil {
			return err
		}
	}
	return nil
}

// end is step (e): moved pledges, pools in id order, then cancellations, oldest first. All payouts live equally long and a pool
// settles at most once a block, so payouts that expire together were settled together, and id order is right for them too.
func (b *block) end() {
	b.moved()
	b.saved = nil // undoing a split needs the pledges as they are now
	pools := make([]*poolState, 0, len(b.touched)+len(b.s.agenda[b.h]))
	for p := range b.touched {
		pools = append(pools, p)
	}
	for p := range b.s.agenda[b.h] {
		if b.touched[p] == nil {
			pools = append(pools, p)
		}
	}
	byID(pools)
	b.reserveCredits(pools)
	for _, p := range pools {
		b.touch(p)
		b.endOfPool(p)
	}
	for _, p := range pools {
		for len(p.pending) > 0 && b.h >= p.pending[0].validTo(&b.s.params) {
			b.cancel(p.pending[0])
		}
	}
	b.reindex(pools)
	b.pools = pools
	b.forgetStatements(b.s.clock - statementLife)
}

// reserveCredits makes room for the credits of settlements, because all pools may settle in one block.
func (b *block) reserveCredits(pools []*poolState) {
	most := 0
	for _, p := range pools {
		if p.settlesAt(b.h, &b.s.params) {
			most += len(p.pledges) + 1
		}
	}
	b.credits = slices.Grow(b.credits, most)
}

// check tests the invariant of protocol 5 for the pools that the block touched.
func (b *block) check() error {
	for p := range b.touched {
		if err := p.balance(); err != nil {
			return &InvariantError{b.h, err.Error()}
		}
	}
	return nil
}

// balance compares tracked escrow with what is owed (protocol 5, "Invariant").
func (p *poolState) balance() error {
	if p.head.broken {
		return nil
	}
	owed := p.head.carry + p.head.operator
	for _, pl := range p.pledges {
		owed += pl.accrued
	}
	for _, c := range p.claims {
		owed += c.amount
	}
	for _, po := range p.pending {
		owed += po.total
	}
	if p.tracked != owed {
		return fmt.Errorf("pool %s tracks %s PSL of escrow and owes %s PSL", p.terms.ID, p.tracked, owed)
	}
	return nil
}

func (b *block) record(c change) { b.changes = append(b.changes, c) }

// lasting returns the changes without those of coins that the block both made and spent.
func (b *block) lasting() []change {
	if !b.spending.fleeting && !b.spending.holes {
		return b.changes
	}
	if !b.spending.fleeting {
		return slices.DeleteFunc(b.changes, func(c change) bool { return c == nil })
	}
	gone := func(out pastel.OutPoint) bool { return b.s.coins.Find(out) == 0 }
	return slices.DeleteFunc(b.changes, func(c change) bool {
		switch c := c.(type) {
		case nil:
			return true
		case *coinAdded:
			return gone(c.out)
		case *coinSpent:
			return c.coin.origin.height() == b.h
		case *coinChained:
			return c.fresh && gone(c.out)
		case *coinUnchained:
			return c.fresh && gone(c.out)
		default:
			return false
		}
	})
}

func (b *block) emit(e Event) {
	e.Height = b.h
	b.events = append(b.events, e)
}

// pledgeEvent returns an event about a pledge in its present form.
func (b *block) pledgeEvent(t EventType, pl *pledge) Event {
	return Event{
		Type: t, Pool: pl.pool.terms.ID, PastelID: b.s.people.Key(pl.who).String(), Owner: b.s.backings.Key(pl.backing),
		Coins: pl.counted, Offered: pl.offered, Role: pl.role(), Pledge: pl.seq,
	}
}

func (b *block) faultOf(tx *pastel.Tx, detail string) error {
	return &BlockError{Height: b.h, Block: b.in.Hash, TxID: tx.ID(), Detail: detail}
}

// carried is step (c): it handles what a transaction carries.
func (b *block) carried(c *carried) {
	if c.registers {
		b.register(c)
		return
	}
	reason := c.reason
	if reason == "" {
		reason = b.accept(c)
	}
	if reason != "" {
		b.emit(Event{Type: TicketRejected, TxID: b.in.Txs[c.index].ID(), Reason: reason})
	}
}

// accept checks a well-formed ticket against the state and carries it out. If it returns a reason, it changed nothing.
func (b *block) accept(c *carried) ticket.Reason {
	switch {
	case c.init != nil:
		return b.acceptInit(c)
	case c.part != nil:
		return b.acceptPart(c)
	default:
		return b.acceptActivate(c)
	}
}

// register handles a registration (protocol 2, "Registrations"). A PastelID's first one counts.
func (b *block) register(c *carried) {
	if b.s.people.Find(c.registrant) == 0 {
		b.addPerson(c.registrant)
	}
}
