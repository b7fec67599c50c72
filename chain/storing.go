package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/pool"
)

// Limits of one attempt to store a step. After them, the database counts as dead and the ledger retries.
//
// The minimum is for a step of one ordinary block, which takes milliseconds: a ledger notices within this time that its database does not
// respond. The rest grows with what the step writes. Both databases store more than 50,000 rows and 10 MB per second on ordinary machines
// (docs/performance.md), and databases many times slower still get enough time. For databases slower than that, each attempt that times out
// doubles the limit of the next, so that every step gets stored in the end.
const (
	leastPatience   = 30 * time.Second
	patiencePerRow  = time.Millisecond
	patiencePerByte = time.Microsecond
)

// patience returns the time limit of the first attempt to store a change. undos are the undo records of the blocks it takes back.
func patience(c *Change, undos []*pool.Undo) time.Duration {
	rows := len(c.Records) + len(c.Blocks) + 2*len(c.Pools) + len(c.Gone) + 2*len(c.Roles) + len(undos)
	for _, u := range undos { // each change in the record deletes at most one row
		rows += u.Len()
	}
	bytes := 0
	for i := range c.Records {
		bytes += len(c.Records[i].Key) + len(c.Records[i].Value)
	}
	for _, b := range c.Blocks {
		rows += len(b.Events) + len(b.Accepted) + len(b.Credits) + len(b.Settled) + len(b.Touched)
		for i := range b.Settled {
			rows += 2 * len(b.Settled[i].Outputs) // rows of their own, and part of an event
		}
		if b.Undo != nil && b.Height > c.Tip.Height-c.Reorg { // older ones are not kept
			rows += b.Undo.Len() // counted instead of its bytes, which would have to be encoded first; one change is smaller than what a row's time allows
		}
	}
	return leastPatience + time.Duration(rows)*patiencePerRow + time.Duration(bytes)*patiencePerByte
}

// Pauses between attempts to store a step: the first, and the longest. They are short, because a node may be waiting for the answer.
const (
	firstStorePause = 100 * time.Millisecond
	longStorePause  = 5 * time.Second
)

// closePatience is how long Close waits for a step that is being stored.
const closePatience = 5 * time.Second

// ErrNotStored says that a step was accepted but not stored before the caller's context ended. Storing continues: ask for the tip, or
// repeat the same step.
var ErrNotStored = errors.New("accepted, but not stored yet")

// ErrClosed says that the ledger was closed.
var ErrClosed = errors.New("the ledger is closed")

// outage is what delays a step.
type outage struct {
	began   time.Time // start of the step's storing; zero while no step is being stored
	err     error     // of the last attempt; nil if none has failed
	watcher func(error)
}

// OnOutage sets a function that is called with the error whenever an attempt to store a step fails and is retried, and with nil once the
// step is stored after all. Set it before the first step. f must not make steps.
func (l *Ledger) OnOutage(f func(error)) { l.outage.watcher = f }

// OnStored sets a function that is called with each step once it is stored, whoever made it. Set it before the first step. f must not make steps.
func (l *Ledger) OnStored(f func(*Change)) { l.told = f }

// slowStep is how long storing may take before Outage reports it.
const slowStep = 10 * time.Second

// Outage returns why an accepted step is not stored yet: attempts fail, or the attempt takes long. It returns nil if all is well.
func (l *Ledger) Outage() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	switch took := time.Since(l.outage.began); {
	case l.outage.err != nil:
		return l.outage.err
	case !l.outage.began.IsZero() && took > slowStep:
		return fmt.Errorf("storing block %d has taken %v so far", l.state.Tip().Height, took.Round(time.Second))
	}
	return nil
}

// keep stores a change. It retries until the change is stored, the ledger closes, or the error is permanent.
func (l *Ledger) keep(c *Change, patience time.Duration) error {
	l.mu.Lock()
	l.outage.began, l.outage.err = time.Now(), nil
	l.mu.Unlock()
	for pause := firstStorePause; ; pause = min(2*pause, longStorePause) {
		ctx, cancel := context.WithTimeout(l.storing, patience)
		err := l.store.Commit(ctx, c)
		if ctx.Err() != nil {
			patience *= 2
		}
		cancel()
		if err == nil {
			l.stored(c)
			return nil
		}
		err = fmt.Errorf("store block %d: %w", c.Tip.Height, err)
		if !l.isClosed() {
			if !l.store.Passes(err) {
				return l.fail(err)
			}
			l.held(err)
			l.rest(pause)
		}
		if l.isClosed() {
			return l.fail(fmt.Errorf("%w before its last step was stored: %w", ErrClosed, err))
		}
	}
}

// rest pauses, but no longer than the ledger is open.
func (l *Ledger) rest(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closed:
	}
}

// stored notes that a step is stored, and wakes those who wait for it.
func (l *Ledger) stored(c *Change) {
	if l.told != nil {
		l.told(c)
	}
	l.mu.Lock()
	held := l.outage.err != nil
	l.outage.began, l.outage.err = time.Time{}, nil
	close(l.moved)
	l.moved = make(chan struct{})
	l.mu.Unlock()
	if held && l.outage.watcher != nil {
		l.outage.watcher(nil)
	}
}

// held notes that an attempt to store a step failed.
func (l *Ledger) held(err error) {
	l.mu.Lock()
	l.outage.err = err
	l.mu.Unlock()
	if l.outage.watcher != nil {
		l.outage.watcher(err)
	}
}

// begin waits for the turn to make a step. take or end gives the turn back.
func (l *Ledger) begin(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
	default:
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return l.notStored(ctx)
		case <-l.closed:
			return ErrClosed
		}
	}
	if l.isClosed() {
		l.end()
		return ErrClosed
	}
	return nil
}

func (l *Ledger) end() { <-l.turn }

// notStored returns the error for a caller that stops waiting for the step being stored.
func (l *Ledger) notStored(ctx context.Context) error {
	cause := ctx.Err()
	if err := l.Outage(); err != nil {
		cause = fmt.Errorf("%w (%w)", err, cause)
	}
	return fmt.Errorf("block %d is %w: %w", l.Last().Height, ErrNotStored, cause)
}

func (l *Ledger) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// Close ends the ledger; it makes no more steps. Close waits a few seconds for a step that is being stored, and does not retry a step that
// failed to be stored: the store then holds what it held before, and the next ledger receives the blocks again. Close does not close the
// store.
func (l *Ledger) Close() {
	l.close.Do(func() { close(l.closed) })
	timer := time.NewTimer(closePatience)
	defer timer.Stop()
	select {
	case l.turn <- struct{}{}:
	case <-timer.C:
		l.cut()
		l.turn <- struct{}{}
	}
	l.cut()
	l.end()
}
