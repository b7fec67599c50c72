package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// PrepareTx is Prepare for one transaction, other than a coinbase, that a block at height h and of this time, in seconds since
// 1970, would hold: for State.Simulate.
func PrepareTx(params *Params, h pastel.Height, time uint32, tx *pastel.Tx) *Prepared {
	p := &Prepared{Height: h, Time: time, Txs: []pastel.Tx{{}, *tx}}
	p.look(params, 1)
	return p
}

// Simulate answers what the next block would make of a transaction that follows the tip's: its events and, of the block's end, the
// pledge.moved that it causes; or *BlockError if the block would be invalid. A ticket that would be rejected is a ticket.rejected
// among the events. The state is the same afterwards; it must not be read meanwhile.
func (s *State) Simulate(in *Prepared) ([]Event, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if in.Height != s.tip.Height+1 {
		return nil, &OrderError{s.tip, in.Height, in.Prev}
	}
	b, clock := s.begin(in)
	err := b.transactions()
	if err == nil {
		b.moved()
	}
	if undoErr := s.undo(b.changes, clock); undoErr != nil {
		return nil, undoErr
	}
	if err != nil {
		return nil, err
	}
	return b.events, nil
}

// PayoutsAt returns the payouts that a block at height h may hold, oldest first, within a block by pool id (protocol 8).
func (s *State) PayoutsAt(h pastel.Height) []Payout {
	return slices.DeleteFunc(s.Payouts(), func(po Payout) bool { return h < po.ValidFrom || h > po.ValidTo })
}

// PoolOfActivation returns the pool whose activation ticket this is, and the height of that ticket: the pool backs the Supernode of
// collateral reference (activation, ffffffff) while it is active (protocol 7). Pools that ended are found too.
func (s *State) PoolOfActivation(activation pastel.TxID) (terms Terms, status Status, activated pastel.Height, found bool) {
	p := s.activations[activation]
	if p == nil {
		return Terms{}, 0, never, false
	}
	return p.terms, p.head.status, p.head.activated, true
}
