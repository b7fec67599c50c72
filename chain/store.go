package chain

import (
	"context"
	"fmt"
	"sync"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Store keeps a Ledger's data. After a crash it holds what it held before a Commit, or after it.
type Store interface {
	// Load returns the state after the last commit, or a new state. The parameters must be those the store was created with.
	Load(ctx context.Context, net pool.Params, shadow bool) (*pool.State, error)
	// Commit stores a change as a whole or not at all. After an error, the store may hold either. Committing the same change again is safe:
	// a store at c.From stores it, a store at c.Tip has it already, and a store anywhere else refuses it permanently.
	Commit(ctx context.Context, c *Change) error
	// Passes reports whether an error of Commit may pass, so that the same change may be stored later.
	Passes(err error) bool
	// Undo returns the undo record of the block at h; ErrNotFound if it is too old.
	Undo(ctx context.Context, h pastel.Height) (*pool.Undo, error)
	// HashAt returns the hash of the block at h; ErrNotFound if there is none.
	HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error)
	// TimeAt returns the time of the block at h, seconds since 1970; ErrNotFound if there is none.
	TimeAt(ctx context.Context, h pastel.Height) (int64, error)
}

// Change is a step of a ledger: some blocks are taken back, others are applied on top.
type Change struct {
	From    pool.Tip          // the last block before the step
	Base    pool.Tip          // the last block that stays
	Back    int               // number of blocks above Base taken back
	Blocks  []*pool.Update    // on top of Base, in order
	Tip     pool.Tip          // the last block after the step
	Records []pool.Record     // records of the state that changed, sorted by kind and key
	Pools   []pool.Head       // pools that the blocks concerned, taken back or applied, in their new state, sorted by id
	Roles   []pool.PledgeRole // new roles of the pledges whose records changed
	Gone    []ticket.PoolID   // those that no longer exist
	Reorg   pastel.Height     // number of undo records to keep
}

// Collect fills in what the step changed: the state is the one after it, and the undo records stand for the blocks taken back and applied.
func (c *Change) Collect(s *pool.State, reverted, applied []*pool.Undo) (err error) {
	var touched []ticket.PoolID
	c.Records, touched = s.Changed(reverted, applied)
	for _, id := range touched {
		if h, found := s.Head(id); found {
			c.Pools = append(c.Pools, h)
		} else {
			c.Gone = append(c.Gone, id)
		}
	}
	c.Roles, err = s.Roles(c.Records)
	return err
}

// Memory is a Store without a disk, for development and tests. It only keeps undo records and hashes.
type Memory struct {
	mu     sync.Mutex
	blocks []*pool.Update // by height
}

// Load returns a new state: nothing outlives the process.
func (m *Memory) Load(_ context.Context, net pool.Params, shadow bool) (*pool.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocks = nil
	return pool.New(net, shadow)
}

// Commit keeps the blocks of the change.
func (m *Memory) Commit(_ context.Context, c *Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocks = append(m.blocks[:c.Base.Height+1], c.Blocks...)
	if old := len(m.blocks) - int(c.Reorg) - 1; old >= 0 {
		for ; old >= 0 && m.blocks[old].Undo != nil; old-- {
			bare := *m.blocks[old]
			bare.Undo = nil
			m.blocks[old] = &bare
		}
	}
	return nil
}

// Passes returns false: nothing fails.
func (m *Memory) Passes(error) bool { return false }

// Undo returns the undo record of a recent block.
func (m *Memory) Undo(_ context.Context, h pastel.Height) (*pool.Undo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h < 0 || int(h) >= len(m.blocks) || m.blocks[h].Undo == nil {
		return nil, fmt.Errorf("undo record of block %d: %w", h, ErrNotFound)
	}
	return m.blocks[h].Undo, nil
}

// HashAt returns a block's hash.
func (m *Memory) HashAt(_ context.Context, h pastel.Height) (pastel.BlockHash, error) {
	b, err := m.at(h)
	return b.Block, err
}

// TimeAt returns a block's time.
func (m *Memory) TimeAt(_ context.Context, h pastel.Height) (int64, error) {
	b, err := m.at(h)
	return int64(b.Time), err
}

func (m *Memory) at(h pastel.Height) (pool.Update, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h < 0 || int(h) >= len(m.blocks) {
		return pool.Update{}, fmt.Errorf("block %d: %w", h, ErrNotFound)
	}
	return *m.blocks[h], nil
}
