package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/pool"
)

// How long one try to store a step may take before the database counts as dead and the step is tried again.
//
// The least is for a step of an ordinary block, which takes milliseconds: within this time a ledger notices a database that does
// not answer. The rest grows with what the step writes. Both databases store more than 50,000 rows and 10 MB a second on ordinary
// machines (docs/performance.md); one that is many times slower still gets its time. For one slower than that, each try that runs
// out of time doubles the next one's, so that every step gets stored in the end.
const (
	leastPatience   = 30 * time.Second
	patiencePerRow  = time.Millisecond
	patiencePerByte = time.Microsecond
)

// patience returns how long the first try to store a change may take. undos are those of the blocks that it takes back.
func patience(c *Change, undos []*pool.Undo) time.Duration {
	rows := len(c.Records) + len(c.Blocks) + len(c.Pools) + len(c.Gone) + len(undos)
	for _, u := range undos { // the rows that go are as many as the record has changes, at most
		rows += u.Len()
	}
	bytes := 0
	for i := range c.Records {
		bytes += len(c.Records[i].Key) + len(c.Records[i].Value)
	}
	for _, b := range c.Blocks {
		rows += len(b.Events) + len(b.Accepted) + len(b.Credits) + len(b.Settled)
		for i := range b.Settled {
			rows += 2 * len(b.Settled[i].Outputs) // rows of their own, and part of an event
		}
		if b.Undo != nil && b.Height > c.Tip.Height-c.Reorg { // others are not kept
			rows += b.Undo.Len() // its length would have to be encoded for; a change is shorter than a row takes long
		}
	}
	return leastPatience + time.Duration(rows)*patiencePerRow + time.Duration(bytes)*patiencePerByte
}

// Pauses between tries to store a step: the first, and the longest. They are short, as a node may be waiting for the answer.
const (
	firstStorePause = 100 * time.Millisecond
	longStorePause  = 5 * time.Second
)

// closePatience is how long Close lets a step finish that is being stored.
const closePatience = 5 * time.Second

// ErrNotStored says that a step is accepted and being stored, but was not stored before the caller's context ended. It goes on:
// ask for the tip, or ask for the same step again.
var ErrNotStored = errors.New("accepted, but not stored yet")

// ErrClosed says that a ledger was closed.
var ErrClosed = errors.New("the ledger is closed")

// outage is what holds a step up.
type outage struct {
	began   time.Time // of the step's storing; zero while none is stored
	err     error     // of the last try; nil before one has failed
	watcher func(error)
}

// OnOutage has f called with the error whenever a try to store a step fails and is repeated, and with nil once the step is
// stored after all. It is to be set before the first step. f must not call the ledger's steps.
func (l *Ledger) OnOutage(f func(error)) { l.outage.watcher = f }

// slowStep is how long a step may be stored before the ledger says that it waits for its database.
const slowStep = 10 * time.Second

// Outage returns why a step that was accepted is not stored yet: a try failed and is repeated, or it takes long. It returns nil
// while all goes well.
func (l *Ledger) Outage() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	switch took := time.Since(l.outage.began); {
	case l.outage.err != nil:
		return l.outage.err
	case !l.outage.began.IsZero() && took > slowStep:
		return fmt.Errorf("block %d is being stored for %v", l.state.Tip().Height, took.Round(time.Second))
	}
	return nil
}

// keep stores a change, however often that has to be tried, unless the ledger is closed or there is no use in trying.
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
			l.stored()
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

// rest waits, but not for longer than the ledger is open.
func (l *Ledger) rest(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closed:
	}
}

// stored notes that a step is stored, and tells who waits for it.
func (l *Ledger) stored() {
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

// held notes that a try to store a step failed.
func (l *Ledger) held(err error) {
	l.mu.Lock()
	l.outage.err = err
	l.mu.Unlock()
	if l.outage.watcher != nil {
		l.outage.watcher(err)
	}
}

// begin waits for the turn to make a step, which take or end gives back.
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

// notStored is the answer to a caller who does not wait for the step being stored any more.
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

// Close ends the ledger: it makes no more steps. One that is being stored is given a few seconds, one whose storing failed is not
// tried again: the store then holds what it held before, and whoever opens it gets the blocks again. It does not close the store.
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
