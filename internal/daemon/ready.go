package daemon

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// readiness says whether the ledger is at the network's tip, and if not, why. It keeps no answer: it computes one whenever it is asked.
type readiness struct {
	mu     sync.Mutex
	reason string
	err    error               // what caused the reason; may be nil
	status func() chain.Status // once there is a ledger or a database to judge
	outage func() error        // of the database, while a ledger is open
}

func (r *readiness) set(reason string) { r.failed(reason, nil) }

// failed sets why the daemon is not ready. The error is for its operator: it may contain host and user names.
func (r *readiness) failed(reason string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reason, r.err = reason, err
}

// judge sets the function that says where the ledger is; nil if there is none now.
func (r *readiness) judge(status func() chain.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// store sets the function that says why a block is not stored yet.
func (r *readiness) store(outage func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outage = outage
}

// errDatabase says that a read-only daemon cannot read its database now.
var errDatabase = errors.New("the database does not respond")

// reasonNot returns why the daemon is not ready, or "". The reason is public; the error behind it is for the operator.
func (r *readiness) reasonNot() (reason string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outage != nil {
		if err := r.outage(); err != nil {
			return "the database has not stored the last block yet; retrying", err
		}
	}
	if r.status == nil {
		return r.reason, r.err
	}
	var broken *pool.BlockError
	var behind *chain.BehindError
	switch s := r.status(); {
	case errors.As(s.Err, &broken):
		return "the node's chain breaks the rules: " + broken.Error(), nil
	case errors.As(s.Err, &behind):
		return behind.Error(), nil
	case errors.Is(s.Err, chain.ErrPruned):
		return chain.ErrPruned.Error(), s.Err
	case errors.Is(s.Err, errDatabase):
		return errDatabase.Error(), s.Err
	case chain.Away(s.Err) != "":
		return chain.Away(s.Err), s.Err
	case s.Err != nil:
		return "invalid response from the node; see the daemon's log", s.Err
	case s.Stale != "":
		return s.Stale, nil
	}
	return "", nil
}

// public returns the reason without the error behind it.
func (r *readiness) public() string {
	reason, _ := r.reasonNot()
	return reason
}

// trouble reports whether the node's chain breaks the rules, and whether the database fails.
func (r *readiness) trouble() (halted, database bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	database = r.outage != nil && r.outage() != nil || r.status == nil && store.Temporary(r.err)
	if r.status != nil {
		var broken *pool.BlockError
		s := r.status()
		halted = errors.As(s.Err, &broken)
		database = database || errors.Is(s.Err, errDatabase)
	}
	return halted, database
}

// fresh returns what is known of the ledger's freshness; false if there is nothing to judge.
func (r *readiness) fresh() (chain.Freshness, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == nil {
		return chain.Freshness{}, false
	}
	return r.status().Fresh, true
}

// alone returns the state of a ledger that follows no node: the age of its last block decides.
func (d *Daemon) alone(last func() (chain.Freshness, error)) func() chain.Status {
	limits := d.cfg.limits()
	return func() chain.Status {
		fresh, err := last()
		stale := fresh.Stale(time.Now(), limits)
		return chain.Status{Target: -1, Synced: stale == "" && err == nil, Stale: stale, Err: err, Fresh: fresh}
	}
}

// pushedTo returns the state of a ledger that a node pushes its blocks to.
func (d *Daemon) pushedTo(ledger *chain.Ledger) func() chain.Status {
	return d.alone(func() (chain.Freshness, error) {
		tip, at := ledger.LastTime()
		return chain.Freshness{Height: tip.Height, Time: at}, nil
	})
}

// readBy returns the state of a database that another daemon writes.
func (d *Daemon) readBy(feed *api.Feed) func() chain.Status {
	return d.alone(func() (chain.Freshness, error) {
		tip, err := feed.Last()
		if err != nil && !errors.Is(err, context.Canceled) {
			err = errors.Join(errDatabase, err)
		}
		lag := d.heard.lag(tip.Height, tip.Hash, time.Now())
		return chain.Freshness{Height: tip.Height, Time: tip.Time, Lag: lag}, err
	})
}
