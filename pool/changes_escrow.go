package pool

import (
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// escrowAdded: the state began to track an output to an escrow script.
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

// escrowSpent: a tracked output was spent, by a payout or by an unauthorized spend in a shadow run, or it was forgotten at closing.
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

// restoreEscrow tracks an output again, from its record.
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

// addEscrow tracks an output to a pool's escrow script.
func (b *block) addEscrow(e *escrowOutput) {
	b.record(&escrowAdded{e.pool.terms.ID, e.out})
	b.s.addEscrow(e)
}

// spendEscrow forgets a tracked output.
func (b *block) spendEscrow(e *escrowOutput) {
	b.record(&escrowSpent{e.pool.terms.ID, e.record()})
	b.s.removeEscrow(e)
}

// addPayout enters a settled payout and reserves its inputs.
func (b *block) addPayout(po *payout) {
	b.record(&payoutSettled{po.pool.terms.ID, po.settled})
	b.s.addPayout(po)
}

// removePayout forgets a payout and frees its inputs.
func (b *block) removePayout(po *payout) {
	b.record(&payoutRemoved{po.pool.terms.ID, po.record()})
	b.s.removePayout(po)
}
