package daemon

import (
	"errors"
	"sync"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// readiness tells whether the ledger is where the node is, and why not.
type readiness struct {
	mu     sync.Mutex
	reason string
	err    error               // behind the reason, if there is one
	status func() chain.Status // while a node is followed
	outage func() error        // of the database, while a ledger is open
}

// nodeAway is said of a node that does not answer, whether it never did or is followed.
const nodeAway = "the node is away"

func (r *readiness) set(reason string) { r.failed(reason, nil) }

// failed tells why the daemon is not ready. The error is for whoever runs it: it may name hosts and users.
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

// store has the readiness ask why a block is not stored yet.
func (r *readiness) store(outage func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outage = outage
}

// reasonNot returns why the daemon is not ready, or nothing: what everybody may know, and what is behind it.
func (r *readiness) reasonNot() (reason string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outage != nil {
		if err := r.outage(); err != nil {
			return "a block waits for the database, which is tried again", err
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
		return "the node does not answer as a node should; the daemon's log says why", s.Err
	case !s.Synced:
		return "syncing", nil
	}
	return "", nil
}

// public is the reason for everybody.
func (r *readiness) public() string {
	reason, _ := r.reasonNot()
	return reason
}
