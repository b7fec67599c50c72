package chain

import (
	"cmp"
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

// Ledger is the rules' state together with its store. It moves one step at a time. Step returns after the step is stored; once a step is
// accepted, the ledger retries until it is stored. A Ledger is safe for concurrent use.
//
// Readers see the state between steps. They see a step once it is accepted, before it is stored, and never see it undone: a ledger that
// cannot store a step fails and must be opened again. Only Tip waits until the step is stored, because nodes use it to learn whether their
// step was made.
type Ledger struct {
	net   pool.Params
	store Store

	told    func(*Change)      // of each stored step; may be nil
	turn    chan struct{}      // holds a token while a step is made and stored
	storing context.Context    // of attempts to store
	cut     context.CancelFunc // cancels storing
	close   sync.Once
	closed  chan struct{}

	mu     sync.RWMutex // guards the fields below; never held while storing
	state  *pool.State
	time   int64         // of the last block, seconds since 1970; 0 before the first
	failed error         // why a step cannot be stored: memory and store differ
	broken chan struct{} // closed when the ledger fails
	moved  chan struct{} // closed at the next step
	outage outage
}

// OpenLedger loads a network's state from a store. Close the ledger before the store.
func OpenLedger(ctx context.Context, net pool.Params, shadow bool, store Store) (*Ledger, error) {
	state, err := store.Load(ctx, net, shadow)
	if err != nil {
		return nil, fmt.Errorf("load the ledger: %w", err)
	}
	last, err := timeAt(ctx, store, state.Tip().Height)
	if err != nil {
		return nil, fmt.Errorf("load the ledger: %w", err)
	}
	l := &Ledger{
		net: net, store: store, state: state, time: last, moved: make(chan struct{}), broken: make(chan struct{}), turn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	l.storing, l.cut = context.WithCancel(context.WithoutCancel(ctx))
	return l, nil
}

// Params returns the ledger's parameters.
func (l *Ledger) Params() pool.Params { return l.net }

// Network returns the constants of the ledger's chain.
func (l *Ledger) Network() pastel.Network { return l.net.Network }

// View lets f read the state. f must not keep or change it.
func (l *Ledger) View(f func(*pool.State)) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	f(l.state)
}

// Last returns the ledger's last block.
func (l *Ledger) Last() pool.Tip {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.state.Tip()
}

// LastTime returns the ledger's last block with the time of its header, which is zero before the first block.
func (l *Ledger) LastTime() (pool.Tip, time.Time) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.time == 0 {
		return l.state.Tip(), time.Time{}
	}
	return l.state.Tip(), time.Unix(l.time, 0)
}

// timeAt returns the time of a block in a store; 0 for the height before the first.
func timeAt(ctx context.Context, store Store, h pastel.Height) (int64, error) {
	if h < 0 {
		return 0, nil
	}
	return store.TimeAt(ctx, h)
}

// Moved returns a channel that is closed at the ledger's next step.
func (l *Ledger) Moved() <-chan struct{} {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.moved
}

// HashAt returns the hash of the ledger's block at a height; ErrNotFound above its tip.
func (l *Ledger) HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error) {
	return l.store.HashAt(ctx, h)
}

// ErrTooDeep says that a step would take back blocks that are final (protocol 1, MaxReorg).
var ErrTooDeep = errors.New("reorganization is deeper than the rules allow")

// Step takes back the blocks above base and applies others on top, as one stored step. If a block is refused (*pool.BlockError,
// *pool.OrderError), the step ends before it; Step returns the error together with what was done, and the blocks before stay applied.
// ErrNotStored means that the context ended first, while storing continues. After any other error the step is not made; if Failed then
// returns an error, the ledger must be opened again.
func (l *Ledger) Step(ctx context.Context, base pastel.Height, blocks []*pool.Prepared) (*Change, error) {
	if err := l.begin(ctx); err != nil {
		return nil, err
	}
	return l.take(ctx, base, blocks)
}

// take is Step for a caller that holds the turn; it gives the turn back.
func (l *Ledger) take(ctx context.Context, base pastel.Height, blocks []*pool.Prepared) (*Change, error) {
	undos, err := l.undosAbove(ctx, base)
	if err != nil {
		l.end()
		return nil, err
	}
	var at int64
	if len(undos) > 0 {
		if at, err = timeAt(ctx, l.store, base); err != nil {
			l.end()
			return nil, fmt.Errorf("take blocks back: %w", err)
		}
	}
	c, refused, err := l.move(undos, blocks, at)
	if err != nil {
		err = l.fail(err)
		l.end()
		return nil, err
	}
	if len(undos) == 0 && len(c.Blocks) == 0 {
		l.end()
		return c, refused
	}
	// Store the step even if the caller goes away: the state in memory contains it.
	stored := make(chan error, 1)
	go func() {
		err := l.keep(c, patience(c, undos))
		l.end()
		stored <- err
	}()
	select {
	case err = <-stored:
	case <-ctx.Done():
		return nil, l.notStored(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c, refused
}

// undosAbove returns the undo records of the blocks above base, the tip's first.
func (l *Ledger) undosAbove(ctx context.Context, base pastel.Height) ([]*pool.Undo, error) {
	tip := l.Last()
	switch {
	case base > tip.Height || base < -1:
		return nil, fmt.Errorf("the ledger ends at block %d: a step cannot start from block %d", tip.Height, base)
	case tip.Height-base > l.net.MaxReorg:
		return nil, fmt.Errorf("%w: from block %d back to block %d, more than %d blocks",
			ErrTooDeep, tip.Height, base, l.net.MaxReorg)
	}
	var undos []*pool.Undo
	for h := tip.Height; h > base; h-- {
		u, err := l.store.Undo(ctx, h)
		if errors.Is(err, ErrNotFound) { // the ledger was higher once
			return nil, fmt.Errorf("%w: from block %d back to block %d, beyond the last undo record: %w", ErrTooDeep, tip.Height, base, err)
		}
		if err != nil {
			return nil, fmt.Errorf("take block %d back: %w", h, err)
		}
		undos = append(undos, u)
	}
	return undos, nil
}

// move changes the state in memory. If it takes blocks back, the last one that stays has this time.
func (l *Ledger) move(undos []*pool.Undo, blocks []*pool.Prepared, at int64) (c *Change, refused, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, nil, l.failed
	}
	from := l.state.Tip()
	if len(undos) == 0 {
		at = l.time
	}
	for _, u := range undos {
		if err := l.state.Revert(u); err != nil {
			return nil, nil, err
		}
	}
	c = &Change{From: from, Base: l.state.Tip(), Back: len(undos), Reorg: l.net.MaxReorg}
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
		at = int64(u.Time)
	}
	c.Tip, l.time = l.state.Tip(), at
	if err := c.Collect(l.state, undos, applied); err != nil {
		return nil, nil, err
	}
	return c, refused, nil
}

// fail makes the ledger refuse further steps.
func (l *Ledger) fail(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
		close(l.broken)
	}
	return err
}

// Failed returns why the ledger refuses steps and must be opened again; nil if it has not failed.
func (l *Ledger) Failed() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.failed
}

// Broken returns a channel that is closed once Failed returns an error, even if no caller waits for the step any more.
func (l *Ledger) Broken() <-chan struct{} { return l.broken }

var _ Rules = (*Ledger)(nil)

// answer is View for Rules: a ledger that failed to store a step refuses to answer.
func (l *Ledger) answer(f func(*pool.State)) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.failed != nil {
		return l.failed
	}
	f(l.state)
	return nil
}

// Tip implements Rules. It waits for a step that is being stored.
func (l *Ledger) Tip(ctx context.Context) (Position, error) {
	if err := l.begin(ctx); err != nil {
		return Position{}, err
	}
	defer l.end()
	var p Position
	if err := l.answer(func(s *pool.State) { p.Tip = s.Tip() }); err != nil {
		return Position{}, err
	}
	for _, h := range locatorHeights(p.Height, l.net.MaxReorg) {
		hash, err := l.store.HashAt(ctx, h)
		if err != nil {
			return Position{}, fmt.Errorf("block %d of the locator: %w", h, err)
		}
		p.Locator = append(p.Locator, Point{h, hash})
	}
	return p, nil
}

// locatorHeights returns a locator's heights, highest first: 1, 2, 4 and so on below the tip, reorg below it, and 0.
func locatorHeights(tip, reorg pastel.Height) []pastel.Height {
	if tip < 1 {
		return nil
	}
	list := []pastel.Height{0}
	if reorg < tip {
		list = append(list, tip-reorg)
	}
	for d := pastel.Height(1); d < tip; d *= 2 {
		list = append(list, tip-d)
	}
	slices.SortFunc(list, func(a, b pastel.Height) int { return cmp.Compare(b, a) })
	return slices.Compact(list)
}

// Connect implements Rules. After ErrNotStored, the block becomes the tip once it is stored.
func (l *Ledger) Connect(ctx context.Context, raw []byte) error {
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return &RefusedError{RefusedBlock, err.Error()}
	}
	if err := l.begin(ctx); err != nil { // the tip must not move in between
		return err
	}
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
	if err := l.begin(ctx); err != nil {
		return err
	}
	tip := l.Last()
	if tip.Hash != hash || tip.Height < 0 {
		l.end()
		return &RefusedError{RefusedBlock, fmt.Sprintf("block %s is not the tip; the tip is block %d (%s)", hash, tip.Height, tip.Hash)}
	}
	_, err := l.take(ctx, tip.Height-1, nil)
	return err
}

// Simulate returns what the next block, with this time in seconds since 1970, would make of a transaction: its events, and the block they
// would follow. *pool.BlockError means that no block may contain it.
func (l *Ledger) Simulate(tx *pastel.Tx, time uint32) (events []pool.Event, tip pool.Tip, err error) {
	next := l.Last().Height + 1
	prepared := pool.PrepareTx(&l.net, next, time, tx) // verify signatures before taking the lock
	l.mu.Lock()                                        // simulating changes the state for a moment
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, tip, l.failed
	}
	if tip = l.state.Tip(); tip.Height+1 != next {
		prepared = pool.PrepareTx(&l.net, tip.Height+1, time, tx)
	}
	events, err = l.state.Simulate(prepared)
	return events, tip, err
}

// CheckTx implements Rules.
func (l *Ledger) CheckTx(_ context.Context, raw []byte, time uint32) error {
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return &RefusedError{RefusedBlock, err.Error()}
	}
	events, _, err := l.Simulate(tx, time)
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

// maxDue limits an answer of Payouts, in bytes of transactions, to twice pasteld's largest block. Otherwise the payouts of thousands of
// pools would make an answer too long for a node to wait for.
const maxDue = 2 * 2_000_000

// Payouts implements Rules. It omits payouts that do not fit into two blocks.
func (l *Ledger) Payouts(context.Context) (payouts []*pastel.Tx, tip pastel.BlockHash, err error) {
	err = l.answer(func(s *pool.State) {
		tip = s.Tip().Hash
		payouts = first(s.PayoutsAt(s.Tip().Height+1), maxDue)
	})
	return payouts, tip, err
}

// first returns the payouts, from the first on, that fit into room bytes.
func first(payouts []pool.Payout, room int) (txs []*pastel.Tx) {
	for _, po := range payouts {
		if room -= len(po.Tx.Bytes()); room < 0 {
			break
		}
		txs = append(txs, po.Tx)
	}
	return txs
}

// Supernode implements Rules.
func (l *Ledger) Supernode(_ context.Context, activation pastel.TxID) (sn *Supernode, tip pastel.BlockHash, err error) {
	err = l.answer(func(s *pool.State) {
		tip = s.Tip().Hash
		if t, status, activated, found := s.PoolOfActivation(activation); found {
			sn = &Supernode{t.ID, t.Supernode, ticket.EscrowAddress(t.ID).AppendScript(nil), activated, supernodeStatus(status)}
		}
	})
	return sn, tip, err
}

// supernodeStatus returns the status of a pool's Supernode after its activation.
func supernodeStatus(s pool.Status) SupernodeStatus {
	switch s {
	case pool.Active:
		return SupernodeActive
	case pool.Replenishing:
		return SupernodePaused
	default:
		return SupernodeGone
	}
}

// CheckLaunch implements Rules.
func (l *Ledger) CheckLaunch(ctx context.Context, launch *ticket.Launch) (pastel.BlockHash, error) {
	sn, tip, err := l.Supernode(ctx, launch.Activation)
	if err != nil {
		return tip, err
	}
	if sn == nil {
		return tip, &RefusedError{RefusedActivation, fmt.Sprintf("transaction %s is not an accepted activation ticket", launch.Activation)}
	}
	switch err := launch.Verify(l.net.Name, sn.PastelID); {
	case errors.Is(err, ticket.ErrLaunchKey):
		return tip, &RefusedError{RefusedKey, err.Error()}
	case errors.Is(err, ticket.ErrLaunchTime):
		return tip, &RefusedError{RefusedTime, err.Error()}
	case err != nil:
		return tip, &RefusedError{RefusedSignature, err.Error()}
	}
	return tip, nil
}
