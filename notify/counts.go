package notify

import (
	"sync"
	"sync/atomic"

	"github.com/pastelnetwork/smartpool/store"
)

// Counts counts what became of alerts in this process. It outlives services, which end with their database. It is safe for concurrent use.
type Counts struct {
	Delivered atomic.Int64 // messages that a receiver took
	Failed    atomic.Int64 // attempts that a receiver did not answer, or answered with its own failure
	Refused   atomic.Int64 // attempts that a receiver refused
	GivenUp   atomic.Int64 // messages, without those to members
	Skipped   atomic.Int64 // causes that could not be judged and were left out

	mu   sync.Mutex
	told map[Kind]int64
}

// Told returns how many messages of a kind a receiver took.
func (c *Counts) Told(k Kind) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told[k]
}

func (c *Counts) tell(k Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told == nil {
		c.told = map[Kind]int64{}
	}
	c.told[k]++
}

// add counts an attempt, and messages that were given up with its own.
func (c *Counts) add(d *dispatch, o *store.Outcome, old int64) {
	switch a := &d.alert; {
	case o.State == store.AlertSent:
		c.Delivered.Add(1)
		c.tell(Kind(a.Kind))
	case o.Failure == "": // the daemon stops
	case o.Refused > a.Refused:
		c.Refused.Add(1)
	default:
		c.Failed.Add(1)
	}
	if o.State == store.AlertFailed && !d.sub.ByMember() {
		c.GivenUp.Add(1 + old)
	}
}
