package pool

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Tip is the last block a state holds.
type Tip struct {
	Height pastel.Height    // -1 before the first block
	Hash   pastel.BlockHash // of the block
	Digest Digest           // ledger digest after it
}

// State is everything the rules know after a block (protocol 3). It is made by New or Decode and changed only by Apply
// and Revert. It is not safe for concurrent use; reads may run together while nobody changes it.
type State struct {
	net    pastel.Network
	shadow bool
	tip    Tip

	nextSeq    uint64                                  // join order of the next pledge, over all pools
	money      pastel.Amount                           // value of all coins and all tracked escrow
	coins      *table.Table[pastel.OutPoint, coin]     // unspent, pledgeable
	people     *table.Table[pastelid.PastelID, person] // registered
	statements *table.Table[[32]byte, struct{}]        // SHA-256 of every pledge statement accepted
	pools      map[ticket.PoolID]*poolState            // every pool ever accepted
	escrow     map[pastel.OutPoint]*escrowOutput       // tracked
	payouts    map[pastel.TxID]*payout                 // settled, not mined

	// What follows is derived from the above and kept for speed.
	backings   *table.Table[pastel.KeyHash, backing]
	escrows    map[[20]byte]*poolState          // by the hash in the escrow script
	supernodes map[pastelid.PastelID]*poolState // live pools
	open       []*poolState                     // in id order: those a block's end may concern untouched
	failed     error                            // set when a Revert failed half way
}

// New returns the state before block 0. Shadow says that the network's miners do not enforce the rules: blocks that
// rob escrow are then reported instead of refused (protocol 8, "Shadow run").
func New(net pastel.Network, shadow bool) (*State, error) {
	if err := net.Validate(); err != nil {
		return nil, fmt.Errorf("network parameters: %w", err)
	}
	return &State{
		net: net, shadow: shadow, tip: Tip{Height: -1},
		coins:      table.New[pastel.OutPoint, coin](),
		people:     table.New[pastelid.PastelID, person](),
		statements: table.New[[32]byte, struct{}](),
		backings:   table.New[pastel.KeyHash, backing](),
		pools:      map[ticket.PoolID]*poolState{},
		escrow:     map[pastel.OutPoint]*escrowOutput{},
		payouts:    map[pastel.TxID]*payout{},
		escrows:    map[[20]byte]*poolState{},
		supernodes: map[pastelid.PastelID]*poolState{},
	}, nil
}

// Network returns the parameters the state was made with.
func (s *State) Network() pastel.Network { return s.net }

// Shadow reports whether the state only watches rules nobody enforces.
func (s *State) Shadow() bool { return s.shadow }

// Tip returns the last block applied.
func (s *State) Tip() Tip { return s.tip }

// addPool enters a pool into every index.
func (s *State) addPool(p *poolState) {
	s.pools[p.terms.ID] = p
	s.escrows[p.escrowHash] = p
	s.indexPool(p)
}

// removePool is the inverse of addPool.
func (s *State) removePool(p *poolState) {
	delete(s.pools, p.terms.ID)
	delete(s.escrows, p.escrowHash)
	if s.supernodes[p.terms.Supernode] == p {
		delete(s.supernodes, p.terms.Supernode)
	}
	s.setOpen(p, false)
}

// indexPool brings the derived indexes in line with the pool's head, claims and payouts.
func (s *State) indexPool(p *poolState) {
	if p.head.status.Live() {
		s.supernodes[p.terms.Supernode] = p
	} else if s.supernodes[p.terms.Supernode] == p {
		delete(s.supernodes, p.terms.Supernode)
	}
	s.setOpen(p, p.head.status.Live() || len(p.pending) > 0 || p.owes(s.net.Dust))
}

func (s *State) setOpen(p *poolState, open bool) {
	i, found := slices.BinarySearchFunc(s.open, p.terms.ID, func(q *poolState, id ticket.PoolID) int {
		return strings.Compare(string(q.terms.ID), string(id))
	})
	switch {
	case open && !found:
		s.open = slices.Insert(s.open, i, p)
	case !open && found:
		s.open = slices.Delete(s.open, i, i+1)
	}
}
