package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Ledger is the rules' state together with the store that keeps it. It moves by one step at a time, stored before the step
// returns; readers see the state between steps. It is safe for concurrent use.
type Ledger struct {
	net   pastel.Network
	store Store

	step sync.Mutex // one step at a time, its storing included

	mu     sync.RWMutex // guards what follows; never held while storing
	state  *pool.State
	failed error         // a step could not be stored: memory and store may differ
	moved  chan struct{} // closed at the next step
}

// OpenLedger loads the state of a network from a store.
func OpenLedger(ctx context.Context, net pastel.Network, shadow bool, store Store) (*Ledger, error) {
	state, err := store.Load(ctx, net, shadow)
	if err != nil {
		return nil, fmt.Errorf("load the ledger: %w", err)
	}
	return &Ledger{net: net, store: store, state: state, moved: make(chan struct{})}, nil
}

// Network returns the parameters the ledger goes by.
func (l *Ledger) Network() pastel.Network { return l.net }

// View lets f read the state, which must not be kept or changed.
func (l *Ledger) View(f func(*pool.State)) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	f(l.state)
}

// Last returns the last block the ledger holds.
func (l *Ledger) Last() pool.Tip {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.state.Tip()
}

// Moved returns a channel that is closed when the ledger moves next.
func (l *Ledger) Moved() <-chan struct{} {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.moved
}

// HashAt returns the hash of the ledger's block at a height; ErrNotFound above its tip.
func (l *Ledger) HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error) {
	return l.store.HashAt(ctx, h)
}

// ErrTooDeep says that blocks are to be taken back that are settled for good (protocol 1, MaxReorg).
var ErrTooDeep = errors.New("reorganization is deeper than the rules allow")

// Step takes blocks above base back and applies others on top, as one stored step. When a block is refused (*pool.BlockError,
// *pool.OrderError), the step ends before it and the error is returned with what was done: the blocks before it stay applied.
// Any other error means that nothing is known to be stored: the ledger refuses further steps and has to be opened again.
func (l *Ledger) Step(ctx context.Context, base pastel.Height, blocks []*pool.Prepared) (*Change, error) {
	l.step.Lock()
	defer l.step.Unlock()
	return l.take(ctx, base, blocks)
}

// commitPatience is how long a database may take to store a step before it counts as lost.
const commitPatience = 2 * time.Minute

// take is Step, for one who holds l.step.
func (l *Ledger) take(ctx context.Context, base pastel.Height, blocks []*pool.Prepared) (*Change, error) {
	undos, err := l.undosAbove(ctx, base)
	if err != nil {
		return nil, err
	}
	c, refused, err := l.move(undos, blocks)
	if err != nil {
		return nil, l.fail(err)
	}
	if len(undos) == 0 && len(c.Blocks) == 0 {
		return c, refused
	}
	// Who asked for the step may go away, a shutdown included: it is stored all the same, the state in memory has it.
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
	defer cancel()
	if err := l.store.Commit(storing, c); err != nil {
		return nil, l.fail(fmt.Errorf("store block %d: %w", c.Tip.Height, err))
	}
	l.mu.Lock()
	close(l.moved)
	l.moved = make(chan struct{})
	l.mu.Unlock()
	return c, refused
}

// undosAbove returns the records that take the blocks above base back, the tip's first.
func (l *Ledger) undosAbove(ctx context.Context, base pastel.Height) ([]*pool.Undo, error) {
	tip := l.Last()
	switch {
	case base > tip.Height || base < -1:
		return nil, fmt.Errorf("the ledger ends at block %d: block %d is no base to go on from", tip.Height, base)
	case tip.Height-base > l.net.MaxReorg:
		return nil, fmt.Errorf("%w: from block %d back to block %d, more than %d blocks",
			ErrTooDeep, tip.Height, base, l.net.MaxReorg)
	}
	var undos []*pool.Undo
	for h := tip.Height; h > base; h-- {
		u, err := l.store.Undo(ctx, h)
		if errors.Is(err, ErrNotFound) { // the ledger was higher before
			return nil, fmt.Errorf("%w: from block %d back to block %d, beyond the last undo record: %w", ErrTooDeep, tip.Height, base, err)
		}
		if err != nil {
			return nil, fmt.Errorf("take block %d back: %w", h, err)
		}
		undos = append(undos, u)
	}
	return undos, nil
}

// move changes the state in memory.
func (l *Ledger) move(undos []*pool.Undo, blocks []*pool.Prepared) (c *Change, refused, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, nil, l.failed
	}
	for _, u := range undos {
		if err := l.state.Revert(u); err != nil {
			return nil, nil, err
		}
	}
	c = &Change{Base: l.state.Tip(), Back: len(undos), Reorg: l.net.MaxReorg}
	var applied []*pool.Undo
	for _, b := range blocks {
		u, err := l.state.Apply(b)
		if invariant := (*pool.InvariantError)(nil); errors.As(err, &invariant) {
			return nil, nil, err
		}
		if err != nil {
			refused = err
			break
		}
		c.Blocks = append(c.Blocks, u)
		applied = append(applied, u.Undo)
	}
	c.Tip = l.state.Tip()
	var touched []ticket.PoolID
	c.Records, touched = l.state.Changed(undos, applied)
	for _, id := range touched {
		if p, found := l.state.Pool(id); found {
			c.Pools = append(c.Pools, p)
		} else {
			c.Gone = append(c.Gone, id)
		}
	}
	return c, refused, nil
}

// fail makes the ledger refuse further steps.
func (l *Ledger) fail(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
	}
	return err
}

// Failed returns why the ledger refuses steps and has to be opened again; nil if it does not.
func (l *Ledger) Failed() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.failed
}

var _ Rules = (*Ledger)(nil)

// answer is View for Rules: a ledger that could not store a step has no answers.
func (l *Ledger) answer(f func(*pool.State)) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.failed != nil {
		return l.failed
	}
	f(l.state)
	return nil
}

// Tip implements Rules. A step that is being stored counts once it is.
func (l *Ledger) Tip(context.Context) (tip pool.Tip, err error) {
	l.step.Lock()
	defer l.step.Unlock()
	err = l.answer(func(s *pool.State) { tip = s.Tip() })
	return tip, err
}

// Connect implements Rules.
func (l *Ledger) Connect(ctx context.Context, raw []byte) error {
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return &RefusedError{RefusedBlock, err.Error()}
	}
	l.step.Lock() // the tip must not move in between
	defer l.step.Unlock()
	tip := l.Last()
	_, err = l.take(ctx, tip.Height, []*pool.Prepared{pool.Prepare(&l.net, tip.Height+1, b)})
	var rule *pool.BlockError
	var order *pool.OrderError
	switch {
	case errors.As(err, &rule):
		return &RefusedError{RefusedEscrow, err.Error()}
	case errors.As(err, &order):
		return &RefusedError{RefusedBlock, err.Error()}
	}
	return err
}

// Disconnect implements Rules.
func (l *Ledger) Disconnect(ctx context.Context, hash pastel.BlockHash) error {
	l.step.Lock()
	defer l.step.Unlock()
	tip := l.Last()
	if tip.Hash != hash || tip.Height < 0 {
		return &RefusedError{RefusedBlock, fmt.Sprintf("block %s is not the last one, block %d (%s)", hash, tip.Height, tip.Hash)}
	}
	_, err := l.take(ctx, tip.Height-1, nil)
	return err
}

// Try answers what the next block, of this time in seconds since 1970, would make of a transaction: its events and the block they
// would follow. *pool.BlockError means that no block may hold it.
func (l *Ledger) Try(tx *pastel.Tx, time uint32) (events []pool.Event, tip pool.Tip, err error) {
	next := l.Last().Height + 1
	prepared := pool.PrepareTx(&l.net, next, time, tx) // signatures are verified before anybody has to wait
	l.mu.Lock()                                        // trying changes the state for a moment
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, tip, l.failed
	}
	if tip = l.state.Tip(); tip.Height+1 != next {
		prepared = pool.PrepareTx(&l.net, tip.Height+1, time, tx)
	}
	events, err = l.state.Try(prepared)
	return events, tip, err
}

// CheckTx implements Rules.
func (l *Ledger) CheckTx(_ context.Context, raw []byte, time uint32) error {
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return &RefusedError{RefusedBlock, err.Error()}
	}
	events, _, err := l.Try(tx, time)
	if rule := (*pool.BlockError)(nil); errors.As(err, &rule) {
		return &RefusedError{RefusedEscrow, rule.Detail}
	}
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(events, func(e pool.Event) bool { return e.Type == pool.TicketRejected }); i >= 0 {
		return &RefusedError{string(events[i].Reason), ticket.Explain(events[i].Reason)}
	}
	return nil
}

// Payouts implements Rules.
func (l *Ledger) Payouts(context.Context) ([]*pastel.Tx, error) {
	var list []*pastel.Tx
	err := l.answer(func(s *pool.State) {
		for _, po := range s.PayoutsAt(s.Tip().Height + 1) {
			list = append(list, po.Tx)
		}
	})
	return list, err
}

// Supernode implements Rules.
func (l *Ledger) Supernode(_ context.Context, activation pastel.TxID) (sn *Supernode, err error) {
	err = l.answer(func(s *pool.State) {
		if t, status, found := s.PoolOfActivation(activation); found && status == pool.Active {
			sn = &Supernode{t.ID, t.Supernode, ticket.EscrowAddress(t.ID).AppendScript(nil)}
		}
	})
	return sn, err
}
