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

// FollowerConfig configures a Follower.
type FollowerConfig struct {
	Node   Node
	Ledger *Ledger
	Limits Limits          // when the ledger counts as stale
	Bell   <-chan struct{} // wakes the follower; only a hint, may be nil
	Poll   time.Duration   // maximum time between polls of the node's tip
	Log    *slog.Logger
	// OnStep, if set, receives each stored step, with the node's height when its blocks were fetched.
	OnStep func(c *Change, target pastel.Height)
	// Settle is how long a node that stands at an earlier block of the ledger's own chain must stay there before the ledger takes back the
	// blocks after it; 0 means 10 minutes. A node that has just started may not have loaded them yet.
	Settle time.Duration
	// Fetchers is how many requests for blocks are made, and their blocks prepared, concurrently; 0 means 4. A request is for several blocks
	// if the node is a Batcher.
	Fetchers int
}

// Status is the state of a Follower.
type Status struct {
	Target pastel.Height // the node's tip when last polled, -1 before the first poll
	Synced bool          // the ledger is at the network's tip as far as the node shows: Stale and Err are empty
	Stale  string        // why the ledger's last block may not be the network's, in words
	Err    error         // why the follower makes no progress, nil if it does; the ledger's Outage while there is one
	Fresh  Freshness     // what Stale follows from
}

// Follower moves a ledger along a node's best chain. One loop serves first sync, catching up and reorganizations, whatever wakes it.
type Follower struct {
	cfg                   FollowerConfig
	firstPause, longPause time.Duration

	mu     sync.Mutex
	fresh  Freshness // without the ledger's own part
	speed  speed
	err    error  // as in Status
	logged string // the last problem logged

	halted *pool.BlockError // on the node's best chain; nothing above its parent is followed
	behind struct {         // the earlier block of the ledger's chain that the node stands at
		hash  pastel.BlockHash
		since time.Time
	}
	stale bool      // logged last
	asked time.Time // when the node was last asked for its peers
}

// NewFollower returns a follower for Run to start.
func NewFollower(cfg FollowerConfig) *Follower {
	if cfg.Fetchers == 0 {
		cfg.Fetchers = 4
	}
	if cfg.Settle == 0 {
		cfg.Settle = settle
	}
	return &Follower{
		cfg: cfg, firstPause: firstPause, longPause: longPause,
		fresh: Freshness{Follows: true, Node: Reading{Height: -1, Headers: -1}, Peers: Unknown},
	}
}

// settle is the usual FollowerConfig.Settle. pasteld needs minutes to load its blocks, and shows them one by one.
const settle = 10 * time.Minute

// Status returns the follower's state, computed now: a node that has stopped answering makes it stale without another poll. It may be called
// at any time.
func (f *Follower) Status() Status {
	tip, at := f.cfg.Ledger.LastTime()
	f.mu.Lock()
	fresh, err := f.fresh, f.err
	f.mu.Unlock()
	fresh.Height, fresh.Time = tip.Height, at
	if fresh.AtTip {
		fresh.Rate = 0
	}
	if outage := f.cfg.Ledger.Outage(); outage != nil {
		err = outage
	}
	stale := fresh.Stale(time.Now(), f.cfg.Limits)
	return Status{Target: fresh.Node.Height, Synced: stale == "" && err == nil, Stale: stale, Err: err, Fresh: fresh}
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
		var behind *BehindError
		wait := f.cfg.Poll
		switch {
		case err == nil:
			pause = f.firstPause
		case errors.As(err, &order): // the chain changed while it was read
			err, wait = nil, f.firstPause
		case errors.As(err, &rule), errors.As(err, &behind): // polled as usual
		case errors.As(err, &node):
			wait, pause = pause, min(2*pause, f.longPause)
		default:
			return err
		}
		f.report(err)
		f.reportStale()
		if !f.sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

// report keeps an error for Status, and logs it if it is new.
func (f *Follower) report(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	switch {
	case err == nil && f.logged != "":
		f.logged = ""
		f.cfg.Log.Info("following the node again", "height", f.cfg.Ledger.Last().Height)
	case err != nil:
		f.fresh.AtTip = false
		f.fresh.Rate, f.speed = 0, speed{} // the time that passes now says nothing of the speed
		var rule *pool.BlockError
		var behind *BehindError
		what := err.Error()
		if errors.As(err, &behind) {
			what = "behind" // its heights change with each poll
		}
		if what == f.logged {
			return
		}
		f.logged = what
		switch {
		case errors.As(err, &behind):
			f.cfg.Log.Warn("waiting for the node", "err", err)
		case errors.As(err, &rule):
			f.cfg.Log.Error("halted: the node's best chain breaks the rules; is the node upgraded?", "err", err)
		case errors.Is(err, ErrPruned):
			f.cfg.Log.Error("the node is pruned; retrying", "err", err)
		case Away(err) != "":
			f.cfg.Log.Warn(Away(err)+"; retrying", "err", err)
		default:
			f.cfg.Log.Warn("invalid response from the node; retrying", "err", err)
		}
	}
}

// reportStale logs when the ledger, at its node's tip, stops being at the network's, and when it is again.
func (f *Follower) reportStale() {
	st := f.Status()
	switch stale := st.Stale != ""; {
	case st.Err != nil || stale == f.stale:
		return
	case stale:
		f.cfg.Log.Warn("not at the network's tip", "height", st.Fresh.Height, "why", st.Stale)
	default:
		f.cfg.Log.Info("at the network's tip again", "height", st.Fresh.Height)
	}
	f.stale = !f.stale
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
	node, err := f.read(ctx)
	if err != nil {
		return err
	}
	tip := f.cfg.Ledger.Last()
	if tip.Hash != node.Hash || tip.Height != node.Height {
		if node.Height < tip.Height && node.unfinished() != "" {
			return f.waitFor(ctx, node, tip.Height)
		}
		base, err := f.fork(ctx, tip, node.Height)
		if err != nil {
			return err
		}
		if base < 0 && tip.Height >= 0 {
			return errForeign
		}
		if base == node.Height { // blocks are only taken back: make sure the node means it
			if ours, err := f.cfg.Ledger.HashAt(ctx, base); err != nil {
				return err
			} else if ours != node.Hash {
				return &sourceError{fmt.Errorf("the node reports two different blocks %d, %s and %s; waiting until it settles", base, ours, node.Hash)}
			}
			if err := f.settled(node, tip.Height); err != nil {
				return err
			}
		}
		if err := f.follow(ctx, base, node.Height); err != nil {
			return err
		}
	}
	f.behind.hash = pastel.BlockHash{} // a node that comes back to the block later is waited for again
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fresh.AtTip, f.fresh.Heard = true, time.Now()
	f.speed = speed{} // the next sync is another
	return nil
}

// peersEvery is how often a node is asked for its peers.
const peersEvery = 30 * time.Second

// read asks the node for its chain, and now and then for its peers.
func (f *Follower) read(ctx context.Context) (Reading, error) {
	node, err := f.cfg.Node.Reading(ctx)
	if err != nil {
		return node, &sourceError{fmt.Errorf("ask for the node's tip: %w", err)}
	}
	if node.Height < 0 {
		return node, &sourceError{fmt.Errorf("the node reports block %d as its tip; waiting until it has a chain", node.Height)}
	}
	peers, now := f.fresh.Peers, time.Now() // only this goroutine changes it
	if f.asked.IsZero() || now.Sub(f.asked) >= peersEvery {
		f.asked = now
		if peers, err = f.cfg.Node.Peers(ctx); err != nil || peers < 0 {
			peers = Unknown // no reason to stop following
		}
	}
	height := f.cfg.Ledger.Last().Height
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fresh.Node, f.fresh.Peers, f.fresh.Heard = node, peers, time.Now()
	f.fresh.AtTip = f.fresh.AtTip && node.Height <= height+nearTip
	return node, ctx.Err()
}

// A BehindError says that the node is below the ledger and has not shown that it left the ledger's blocks for good. It takes nothing back: a
// node that loads or downloads its blocks gets to the ledger's.
type BehindError struct {
	Node, Ledger pastel.Height
	why          string
}

func (e *BehindError) Error() string {
	return fmt.Sprintf("the node is at block %d and the ledger at block %d: %s; waiting until it catches up", e.Node, e.Ledger, e.why)
}

// unfinished says that a node has more blocks to come than it shows; "" if it does not say so.
func (r *Reading) unfinished() string {
	switch {
	case r.Downloading:
		return "the node is downloading the chain"
	case r.Headers > r.Height:
		return fmt.Sprintf("the node knows of blocks up to %d", r.Headers)
	}
	return ""
}

// waitFor returns a *BehindError for a node that is below the ledger and not finished, unless it is on another chain. Where its blocks part
// from the ledger's does not matter before it has all of them.
func (f *Follower) waitFor(ctx context.Context, node Reading, ledger pastel.Height) error {
	same, err := f.shares(ctx, 0)
	switch {
	case err != nil:
		return err
	case !same:
		return errForeign
	}
	return &sourceError{&BehindError{node.Height, ledger, node.unfinished()}}
}

var errForeign = fmt.Errorf("%w: the genesis blocks differ; use a node of the same network or another database", ErrForeignChain)

// settled returns a *BehindError until the node has stood for a while at an earlier block of the ledger's chain: if it has left the ledger's
// blocks after that for good, it usually shows another one.
func (f *Follower) settled(node Reading, ledger pastel.Height) error {
	now := time.Now()
	if f.behind.hash != node.Hash {
		f.behind.hash, f.behind.since = node.Hash, now
	}
	if now.Sub(f.behind.since) >= f.cfg.Settle {
		return nil
	}
	return &sourceError{&BehindError{node.Height, ledger, "the node's last block is one of the ledger's, and it may still be loading"}}
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
		return 0, &sourceError{&BehindError{target, tip.Height, "the node is far behind"}}
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
	theirs, err := f.cfg.Node.HashAt(ctx, h)
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
	f.reached(base)
	blocks := f.fetch(ctx, base+1, target)
	for {
		batch, err := blocks.step(ctx)
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

// reached measures the speed.
func (f *Follower) reached(h pastel.Height) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.speed.reached(time.Now(), h)
	f.fresh.Rate = f.speed.rate()
}

// stillHalted returns the error that halted the follower if the node's next block is still the same.
func (f *Follower) stillHalted(ctx context.Context, base pastel.Height) error {
	if f.halted == nil || f.halted.Height != base+1 || f.cfg.Ledger.Last().Height != base {
		return nil
	}
	hash, err := f.cfg.Node.HashAt(ctx, f.halted.Height)
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
	if c != nil {
		f.reached(c.Tip.Height)
	}
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
