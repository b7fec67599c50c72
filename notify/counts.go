package notify

import (
	"sync/atomic"

	"github.com/pastelnetwork/smartpool/store"
)

// Counts counts what became of alerts in this process. It outlives services, which end with their database. It is safe for concurrent use.
type Counts struct {
	Delivered atomic.Int64 // messages that a receiver took
	Failed    atomic.Int64 // attempts that a receiver did not answer, or answered with its own failure
	Refused   atomic.Int64 // attempts that a receiver refused
	GivenUp   atomic.Int64 // messages
	Skipped   atomic.Int64 // causes that could not be judged and were left out
}

// add counts an attempt, and messages that were given up with its own.
func (c *Counts) add(a *store.Alert, o *store.Outcome, old int64) {
	switch {
	case o.State == store.AlertSent:
		c.Delivered.Add(1)
	case o.Failure == "": // the daemon stops
	case o.Refused > a.Refused:
		c.Refused.Add(1)
	default:
		c.Failed.Add(1)
	}
	if o.State == store.AlertFailed {
		c.GivenUp.Add(1 + old)
	}
}
