package daemon

import (
	"sync"

	"github.com/pastelnetwork/smartpool/chain"
)

// readiness tells whether the ledger is where the node is, and why not.
type readiness struct {
	mu     sync.Mutex
	reason string
	status func() chain.Status // while a node is followed
}

func (r *readiness) set(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reason = reason
}

func (r *readiness) follow(status func() chain.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// reasonNot returns why the daemon is not ready, or nothing.
func (r *readiness) reasonNot() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status == nil {
		return r.reason
	}
	switch s := r.status(); {
	case s.Err != nil:
		return s.Err.Error()
	case !s.Synced:
		return "syncing"
	}
	return ""
}
