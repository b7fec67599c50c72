package pool

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// PrepareTx is Prepare for a single transaction, other than a coinbase, in a block at height h with this time in seconds since 1970.
// State.Simulate needs it.
func PrepareTx(params *Params, h pastel.Height, time uint32, tx *pastel.Tx) *Prepared {
	p := &Prepared{Height: h, Time: time, Txs: []pastel.Tx{{}, *tx}}
	p.scan(params, 1)
	return p
}

// Simulate returns the events that a transaction would cause in the next block, including the pledge.moved events of the block's end
// but no others of the end. It returns *BlockError if the transaction would make the block invalid. A ticket that the rules would reject
// appears as a ticket.rejected event. Simulate leaves the state as it was; nobody may read the state meanwhile.
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

// PayoutsAt returns the payouts that a block at height h may contain: oldest first, those of one block by pool id (protocol 8).
func (s *State) PayoutsAt(h pastel.Height) []Payout {
	return slices.DeleteFunc(s.Payouts(), func(po Payout) bool { return h < po.ValidFrom || h > po.ValidTo })
}

// PoolOfActivation returns the pool with this activation ticket and the ticket's height. While active, the pool backs the Supernode with
// the collateral reference (activation, ffffffff) (protocol 7). PoolOfActivation also finds pools that ended.
func (s *State) PoolOfActivation(activation pastel.TxID) (terms Terms, status Status, activated pastel.Height, found bool) {
	p := s.activations[activation]
	if p == nil {
		return Terms{}, 0, never, false
	}
	return p.terms, p.head.status, p.head.activated, true
}
