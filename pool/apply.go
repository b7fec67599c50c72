package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Update is what a block did to a state.
type Update struct {
	Height  pastel.Height
	Block   pastel.BlockHash
	Time    uint32   // of the block, seconds since 1970
	Digest  Digest   // ledger digest after the block
	Events  []Event  // in the order of protocol 9
	Joined  []Joined // pledges the block accepted, in join order
	Credits []Credit // what became claims, in order
	Settled []Payout // payouts the block's settlements made
	Undo    *Undo    // takes the block back
}

// Joined is a pledge that a block accepted, also if the same block dropped it.
type Joined struct {
	Seq      uint64 // join order over all pools
	Pool     ticket.PoolID
	PastelID pastelid.PastelID
	Owner    pastel.KeyHash // of the pledged address
	Reward   pastel.Address
	Coins    int64 // PSL, as the ticket says: before any cut
	Ticket   pastel.TxID
	Output   pastel.OutPoint
}

// Credit is something earned that cannot be forfeited any more: settled, or income of a pool that ended (protocol 5 and 8.1).
type Credit struct {
	Pool     ticket.PoolID
	PastelID pastelid.PastelID // zero for the last members of a dissolved pool, known by their address alone
	To       pastel.Address
	Amount   pastel.Amount
}

// block is a block being applied. Changes are made to the state at once and recorded; if the block turns out to be
// invalid they are taken back, so that callers only ever see the state before or after.
type block struct {
	s         *State
	in        *Prepared
	h         pastel.Height
	changes   []change
	coins     coinChanges
	events    []Event
	joined    []Joined
	credits   []Credit
	settled   []*payout
	touched   map[*poolState]*touch
	hits      []table.Ref // backings that the current transaction hit
	taken     []uint32    // its outputs that cover made coins of
	earnerBuf []earner
}

// touch is what a block remembers of a pool it concerns.
type touch struct {
	forfeits pastel.Amount          // of those who left in this block
	charged  map[table.Ref]struct{} // people whose leaving already cost reputation

	claimsSaved bool
}

// Apply adds the next block (protocol 4). On an error the state is as before: *OrderError if the block does not follow the
// tip, *BlockError if it breaks a rule, *InvariantError if the rules are at fault.
func (s *State) Apply(in *Prepared) (*Update, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if in.Height != s.tip.Height+1 || in.Prev != s.tip.Hash {
		return nil, &OrderError{s.tip, in.Height, in.Prev}
	}
	b := &block{s: s, in: in, h: in.Height}
	if err := b.apply(); err != nil {
		if undoErr := s.undo(b.changes); undoErr != nil {
			return nil, undoErr
		}
		return nil, err
	}
	u := &Update{
		Height: in.Height, Block: in.Hash, Time: in.Time, Events: b.events, Joined: b.joined, Credits: b.credits,
		Digest: nextDigest(s.tip.Digest, in.Hash, b.events),
		Undo:   &Undo{block: in.Hash, before: s.tip, changes: b.changes},
	}
	for _, po := range b.settled {
		u.Settled = append(u.Settled, po.view(&s.net))
	}
	s.tip = Tip{Height: in.Height, Hash: in.Hash, Digest: u.Digest}
	return u, nil
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
	next := 0 // in b.in.carried
	for i := range b.in.Txs {
		tx := &b.in.Txs[i]
		coinbase := i == 0
		var paid *payout
		if !coinbase {
			b.spends(tx)
			var err error
			if paid, err = b.spendsEscrow(tx); err != nil {
				return err
			}
		}
		for ; next < len(b.in.carried) && b.in.carried[next].index == i; next++ {
			if err := b.carried(&b.in.carried[next]); err != nil {
				return err
			}
		}
		if err := b.outputs(i, tx, paid); err != nil {
			return err
		}
	}
	return nil
}

// end is step (e): pools in id order, then cancellations, oldest first. All payouts live equally long and a pool settles
// at most once a block, so those that end together were settled together, in id order too.
func (b *block) end() {
	net := &b.s.net
	for _, p := range b.s.open {
		if b.touched[p] != nil || p.dueAt(b.h, net) {
			b.touch(p)
			b.endOfPool(p)
		}
	}
	for _, p := range b.s.open {
		for len(p.pending) > 0 && b.h >= p.pending[0].validTo(net) {
			b.cancel(p.pending[0])
		}
	}
	for p := range b.touched {
		b.s.indexPool(p)
	}
}

// check tests the invariant of protocol 5 on the pools the block touched.
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
	var have pastel.Amount
	for _, e := range p.escrow {
		have += e.value
	}
	owed := p.head.carry + p.head.operator
	for _, pl := range p.pledges {
		owed += pl.accrued
	}
	for _, c := range p.claims {
		owed += c.amount
	}
	for _, po := range p.pending {
		owed += po.total()
	}
	if have != owed {
		return fmt.Errorf("pool %s tracks %s PSL of escrow and owes %s PSL", p.terms.ID, have, owed)
	}
	return nil
}

// touch notes that the block concerns a pool; it comes before the first change to one.
func (b *block) touch(p *poolState) *touch {
	if t := b.touched[p]; t != nil {
		return t
	}
	if b.touched == nil {
		b.touched = map[*poolState]*touch{}
	}
	t := &touch{}
	b.touched[p] = t
	b.s.setOpen(p, true)
	b.record(&headChanged{p.terms.ID, p.head})
	return t
}

func (b *block) record(c change) { b.changes = append(b.changes, c) }

func (b *block) emit(e Event) {
	e.Height = b.h
	b.events = append(b.events, e)
}

// name is the PastelID of someone registered, as events show it.
func (b *block) name(who table.Ref) string { return b.s.people.Key(who).String() }

func (b *block) faultOf(tx *pastel.Tx, detail string) error {
	return &BlockError{Height: b.h, Block: b.in.Hash, TxID: tx.ID(), Detail: detail}
}

// carried is step (c): what a transaction carries.
func (b *block) carried(c *carried) error {
	if c.registers {
		b.register(c)
		return nil
	}
	reason := c.reason
	if reason == "" {
		reason = b.accept(c)
	}
	if reason != "" {
		b.emit(Event{Type: TicketRejected, TxID: b.in.Txs[c.index].ID(), Reason: reason})
	}
	return nil
}

// accept checks a well-formed ticket against the state and carries it out; a reason means it changed nothing.
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

// register is the protocol's "Registrations": the first one counts.
func (b *block) register(c *carried) {
	if _, added := b.s.people.Insert(c.registrant, newPerson()); added {
		b.record(&registered{c.registrant})
	}
}
