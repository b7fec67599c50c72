package daemon

import (
	"errors"
	"sync"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// readiness says whether the ledger is at the node's tip, and if not, why.
type readiness struct {
	mu     sync.Mutex
	reason string
	err    error               // what caused the reason; may be nil
	status func() chain.Status // while a node is followed
	outage func() error        // of the database, while a ledger is open
}

// nodeAway is the reason while the node does not answer, both before and after the first connection.
const nodeAway = "node unreachable"

func (r *readiness) set(reason string) { r.failed(reason, nil) }

// failed sets why the daemon is not ready. The error is for its operator: it may contain host and user names.
func (r *readiness) failed(reason string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reason, r.err = reason, err
}

func (r *readiness) follow(status func() chain.Status) {
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
	switch s := r.status(); {
	case errors.As(s.Err, &broken):
		return "the node's chain breaks the rules: " + broken.Error(), nil
	case errors.Is(s.Err, chain.ErrAway):
		return nodeAway, s.Err
	case s.Err != nil:
		return "invalid response from the node; see the daemon's log", s.Err
	case !s.Synced:
		return "syncing", nil
	}
	return "", nil
}

// public returns the reason without the error behind it.
func (r *readiness) public() string {
	reason, _ := r.reasonNot()
	return reason
}
