package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Tip is the last block of a state.
type Tip struct {
	Height pastel.Height    // -1 before the first block
	Hash   pastel.BlockHash // of the block
	Digest Digest           // ledger digest after the block
}

// State is everything that the rules know after a block (protocol 3). New, Decode and Loader make one; only Apply and Revert change
// it. Several goroutines may read it at once, but not while Apply, Revert, Simulate or Changed runs.
type State struct {
	params Params
	shadow bool
	tip    Tip

	clock      int64                                   // seconds since 1970; it never goes back
	nextSeq    uint64                                  // join order of the next pledge, over all pools
	money      pastel.Amount                           // value of all coins and all tracked escrow
	coins      *table.Table[pastel.OutPoint, coin]     // unspent, pledgeable
	people     *table.Table[pastelid.PastelID, person] // registered
	statements statements                              // accepted and not forgotten
	pools      map[ticket.PoolID]*poolState            // every pool ever accepted
	escrow     map[pastel.OutPoint]*escrowOutput       // tracked
	payouts    map[pastel.TxID]*payout                 // settled but not mined

	// The rest derives from the above and is kept for speed.
	backings    *table.Table[pastel.KeyHash, backing]
	escrows     map[[20]byte]*poolState          // by the hash in the escrow script, of every pool ever accepted
	supernodes  map[pastelid.PastelID]*poolState // live pools
	activations map[pastel.TxID]*poolState       // by activation ticket, of every pool ever activated
	agenda      agenda
	failed      error // set once an undo failed halfway
}

// New returns the state before block 0. Shadow says that the network's miners do not enforce the rules: the state then marks a pool
// whose escrow was taken as broken and does not refuse the block (protocol 8, "Shadow run"). It returns an error for parameters that
// Validate refuses.
func New(params Params, shadow bool) (*State, error) {
	if err := params.Validate(); err != nil {
		return nil, fmt.Errorf("network parameters: %w", err)
	}
	return &State{
		params: params, shadow: shadow, tip: Tip{Height: -1},
		coins:       table.New[pastel.OutPoint, coin](),
		people:      table.New[pastelid.PastelID, person](),
		statements:  newStatements(),
		backings:    table.New[pastel.KeyHash, backing](),
		pools:       map[ticket.PoolID]*poolState{},
		escrow:      map[pastel.OutPoint]*escrowOutput{},
		payouts:     map[pastel.TxID]*payout{},
		escrows:     map[[20]byte]*poolState{},
		supernodes:  map[pastelid.PastelID]*poolState{},
		activations: map[pastel.TxID]*poolState{},
		agenda:      agenda{},
	}, nil
}

// Params returns the parameters that the state was made with.
func (s *State) Params() Params { return s.params }

// Shadow reports whether the state is of a shadow run, in which nobody enforces the rules.
func (s *State) Shadow() bool { return s.shadow }

// Tip returns the last block applied.
func (s *State) Tip() Tip { return s.tip }

// clockAt returns the clock after a block with this time.
func (s *State) clockAt(time uint32) int64 { return max(s.clock, int64(time)-newestTime) }

// addPool enters a pool into every index.
func (s *State) addPool(p *poolState) {
	s.pools[p.terms.ID] = p
	s.escrows[p.escrowHash] = p
	s.indexPool(p, s.tip.Height)
}

// removePool is the inverse of addPool.
func (s *State) removePool(p *poolState) {
	delete(s.pools, p.terms.ID)
	delete(s.escrows, p.escrowHash)
	if s.supernodes[p.terms.Supernode] == p {
		delete(s.supernodes, p.terms.Supernode)
	}
	s.agenda.move(p, never)
}

// indexPool updates the derived indexes to the pool's head and payouts after block h.
func (s *State) indexPool(p *poolState, h pastel.Height) {
	setIndexed(s.supernodes, p.terms.Supernode, p, p.head.status.Live())
	if p.head.activated != never {
		s.activations[p.head.activationTx] = p
	}
	s.agenda.move(p, p.nextDue(h, &s.params))
}

// setIndexed adds a pool to an index or removes it.
func setIndexed[K comparable](index map[K]*poolState, k K, p *poolState, belongs bool) {
	if belongs {
		index[k] = p
	} else if index[k] == p {
		delete(index, k)
	}
}
