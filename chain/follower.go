package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Limits of one stored step while many blocks are missing; the first one reached ends the step.
const (
	batchBlocks = 1000
	batchBytes  = 16 << 20 // of raw blocks
)

// FollowerConfig configures a Follower.
type FollowerConfig struct {
	Source Source
	Ledger *Ledger
	Bell   <-chan struct{} // wakes the follower; only a hint, may be nil
	Poll   time.Duration   // maximum time between polls of the node's tip
	Log    *slog.Logger
	// OnStep, if set, receives each stored step, with the node's height when its blocks were fetched.
	OnStep func(c *Change, target pastel.Height)
	// Fetchers is how many blocks are fetched and prepared concurrently; 0 means 4.
	Fetchers int
}

// Status is the state of a Follower.
type Status struct {
	Target pastel.Height // the node's tip when last polled, -1 before the first poll
	Synced bool          // the ledger was at the node's tip when last compared, and at most a few blocks have come since
	Err    error         // why the follower makes no progress, nil if it does; the ledger's Outage while there is one
}

// Follower moves a ledger along a node's best chain. One loop serves first sync, catching up and reorganizations, whatever wakes it.
type Follower struct {
	cfg                   FollowerConfig
	firstPause, longPause time.Duration

	mu     sync.Mutex
	status Status
	logged string // the last problem logged

	halted *pool.BlockError // on the node's best chain; nothing above its parent is followed
}

// NewFollower returns a follower for Run to start.
func NewFollower(cfg FollowerConfig) *Follower {
	if cfg.Fetchers == 0 {
		cfg.Fetchers = 4
	}
	return &Follower{cfg: cfg, firstPause: firstPause, longPause: longPause, status: Status{Target: -1}}
}

// Status returns the follower's state. It may be called at any time.
func (f *Follower) Status() Status {
	f.mu.Lock()
	status := f.status
	f.mu.Unlock()
	if err := f.cfg.Ledger.Outage(); err != nil {
		status.Synced, status.Err = false, err
	}
	return status
}

// ErrForeignChain says that the node's chain does not share the ledger's genesis block.
var ErrForeignChain = errors.New("the node is on another chain than the ledger")

// Pauses between attempts after the node failed: the first, and the longest.
const (
	firstPause = 200 * time.Millisecond
	longPause  = 30 * time.Second
)

// Run follows the node until the context ends, and returns the context's error, or until the ledger cannot continue. It retries a node that
// is unreachable or gives invalid responses, at growing intervals. A block that breaks the rules halts the ledger at the block's parent
// until the node's best chain changes.
func (f *Follower) Run(ctx context.Context) error {
	pause := f.firstPause
	for {
		before := f.cfg.Ledger.Last()
		err := f.sync(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.cfg.Ledger.Last() != before { // progress, however slow
			pause = f.firstPause
		}
		var node *sourceError
		var rule *pool.BlockError
		var order *pool.OrderError
		wait := f.cfg.Poll
		switch {
		case err == nil:
			pause = f.firstPause
		case errors.As(err, &order): // the chain changed while it was read
			err, wait = nil, f.firstPause
		case errors.As(err, &rule):
		case errors.As(err, &node):
			wait, pause = pause, min(2*pause, f.longPause)
		default:
			return err
		}
		f.report(err)
		if !f.sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// report keeps an error for Status, and logs it if it is new.
func (f *Follower) report(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Err = err
	switch {
	case err == nil && f.logged != "":
		f.logged = ""
		f.cfg.Log.Info("following the node again", "height", f.cfg.Ledger.Last().Height)
	case err != nil:
		f.status.Synced = false
		if err.Error() == f.logged {
			return
		}
		f.logged = err.Error()
		switch rule := (*pool.BlockError)(nil); {
		case errors.As(err, &rule):
			f.cfg.Log.Error("halted: the node's best chain breaks the rules; is the node upgraded?", "err", err)
		case errors.Is(err, ErrAway):
			f.cfg.Log.Warn("node unreachable; retrying", "err", err)
		default:
			f.cfg.Log.Warn("invalid response from the node; retrying", "err", err)
		}
	}
}

// sleep waits for the bell or the interval; it returns false if the context ends first.
func (f *Follower) sleep(ctx context.Context, wait time.Duration) bool {
	if wait == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-f.cfg.Bell:
	}
	return true
}

// nearTip is how many blocks may be missing before Status reports the ledger as behind, as long as they are being fetched.
const nearTip = 3

// sync moves the ledger to the node's current tip.
func (f *Follower) sync(ctx context.Context) error {
	height, hash, err := f.cfg.Source.Tip(ctx)
	if err != nil {
		return &sourceError{fmt.Errorf("ask for the node's tip: %w", err)}
	}
	if height < 0 {
		return &sourceError{fmt.Errorf("the node reports block %d as its tip; waiting until it has a chain", height)}
	}
	tip := f.cfg.Ledger.Last()
	f.mu.Lock()
	f.status.Target = height
	f.status.Synced = f.status.Synced && height <= tip.Height+nearTip
	f.mu.Unlock()
	if tip.Hash != hash || tip.Height != height {
		base, err := f.fork(ctx, tip, height)
		if err != nil {
			return err
		}
		if base < 0 && tip.Height >= 0 {
			return fmt.Errorf("%w: the genesis blocks differ; use a node of the same network or another database", ErrForeignChain)
		}
		if base == height { // blocks are only taken back: make sure the node means it
			if ours, err := f.cfg.Ledger.HashAt(ctx, base); err != nil {
				return err
			} else if ours != hash {
				return &sourceError{fmt.Errorf("the node reports two different blocks %d, %s and %s; waiting until it settles", base, ours, hash)}
			}
		}
		if err := f.follow(ctx, base, height); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Synced = true
	return nil
}

// fork returns the height of the last block that the ledger and the node's best chain share.
func (f *Follower) fork(ctx context.Context, tip pool.Tip, target pastel.Height) (pastel.Height, error) {
	if tip.Height < 0 {
		return -1, nil
	}
	same, err := f.shares(ctx, min(tip.Height, target))
	if err != nil {
		return 0, err
	}
	least := max(0, tip.Height-f.cfg.Ledger.Network().MaxReorg)
	if same && target < least {
		return 0, &sourceError{fmt.Errorf("the node is at block %d, far behind the ledger at block %d; waiting until it catches up", target, tip.Height)}
	}
	h := min(tip.Height, target)
	for !same {
		if h--; h < least {
			break
		}
		if same, err = f.shares(ctx, h); err != nil {
			return 0, err
		}
	}
	if same {
		return h, nil
	}
	if least == 0 {
		return -1, nil
	}
	if same, err = f.shares(ctx, 0); err != nil {
		return 0, err
	}
	if !same {
		return -1, nil
	}
	return 0, fmt.Errorf("%w: the node's chain left the ledger's before block %d, and the ledger is at block %d; "+
		"check the node; if it is right, run smartpoold rebuild", ErrTooDeep, least, tip.Height)
}

// shares reports whether the node's best chain contains the ledger's block at h, which is at most the node's tip. A node that has no block
// there contradicts itself or is being reset; that says nothing about its chain.
func (f *Follower) shares(ctx context.Context, h pastel.Height) (bool, error) {
	ours, err := f.cfg.Ledger.HashAt(ctx, h)
	if err != nil {
		return false, err
	}
	theirs, err := f.cfg.Source.HashAt(ctx, h)
	if err != nil {
		return false, &sourceError{fmt.Errorf("ask for block %d: %w", h, err)}
	}
	return ours == theirs, nil
}

// follow moves the ledger from its block at base to the node's block at target, in steps.
func (f *Follower) follow(ctx context.Context, base, target pastel.Height) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := f.stillHalted(ctx, base); err != nil {
		return err
	}
	blocks := f.fetch(ctx, base+1, target)
	for {
		batch, err := f.batch(ctx, blocks)
		// Take nothing back before the node has delivered the blocks that replace it.
		if len(batch) > 0 || err == nil && base < f.cfg.Ledger.Last().Height {
			if stepErr := f.step(ctx, base, batch, target); stepErr != nil {
				return stepErr
			}
			base += pastel.Height(len(batch))
		}
		if err != nil || base >= target {
			return err
		}
	}
}

// stillHalted returns the error that halted the follower if the node's next block is still the same.
func (f *Follower) stillHalted(ctx context.Context, base pastel.Height) error {
	if f.halted == nil || f.halted.Height != base+1 || f.cfg.Ledger.Last().Height != base {
		return nil
	}
	hash, err := f.cfg.Source.HashAt(ctx, f.halted.Height)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return &sourceError{fmt.Errorf("ask for block %d: %w", f.halted.Height, err)}
	}
	if err == nil && hash == f.halted.Block {
		return f.halted
	}
	f.halted = nil
	return nil
}

func (f *Follower) step(ctx context.Context, base pastel.Height, batch []*pool.Prepared, target pastel.Height) error {
	before := f.cfg.Ledger.Last()
	c, err := f.cfg.Ledger.Step(ctx, base, batch)
	if c != nil && (len(c.Blocks) > 0 || c.Base != before) {
		if c.Base.Height < before.Height {
			f.cfg.Log.Info("reorganization", "from", before.Height, "base", c.Base.Height, "to", c.Tip.Height)
		}
		if f.cfg.OnStep != nil {
			f.cfg.OnStep(c, target)
		}
	}
	if rule := (*pool.BlockError)(nil); errors.As(err, &rule) {
		f.halted = rule
	}
	return err
}

// fetched is a block being fetched, or the error.
type fetched struct {
	block *pool.Prepared
	size  int
	err   error
}

// fetch fetches and prepares blocks of the node's best chain, several concurrently, and delivers them in order.
func (f *Follower) fetch(ctx context.Context, from, to pastel.Height) <-chan chan fetched {
	queue := make(chan chan fetched, f.cfg.Fetchers)
	go func() {
		defer close(queue)
		for h := from; h <= to; h++ {
			result := make(chan fetched, 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return
			}
			go func() { result <- f.fetchBlock(ctx, h) }()
		}
	}()
	return queue
}

func (f *Follower) fetchBlock(ctx context.Context, h pastel.Height) fetched {
	fail := func(err error) fetched { return fetched{err: &sourceError{fmt.Errorf("fetch block %d: %w", h, err)}} }
	hash, err := f.cfg.Source.HashAt(ctx, h)
	if err != nil {
		return fail(err)
	}
	raw, err := f.cfg.Source.Block(ctx, hash)
	if err != nil {
		return fail(err)
	}
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return fail(err)
	}
	if b.Hash() != hash {
		return fail(fmt.Errorf("the node returned block %s instead of %s", b.Hash(), hash))
	}
	net := f.cfg.Ledger.Params()
	return fetched{block: pool.Prepare(&net, h, b), size: len(raw)}
}

// batch collects the blocks of one step. If it returns an error, list holds the blocks before it.
func (f *Follower) batch(ctx context.Context, queue <-chan chan fetched) (list []*pool.Prepared, err error) {
	size := 0
	for len(list) < batchBlocks && size < batchBytes {
		var result chan fetched
		var open bool
		select {
		case result, open = <-queue:
		case <-ctx.Done():
			return list, ctx.Err()
		}
		if !open {
			return list, ctx.Err()
		}
		var got fetched
		select {
		case got = <-result:
		case <-ctx.Done():
			return list, ctx.Err()
		}
		if got.err != nil {
			return list, got.err
		}
		list = append(list, got.block)
		size += got.size
	}
	return list, nil
}
