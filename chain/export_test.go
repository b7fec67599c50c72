package chain

import (
	"time"

	"github.com/pastelnetwork/smartpool/pool"
)

// Hurry limits the follower's pauses before it retries a node.
func (f *Follower) Hurry(pause time.Duration) { f.firstPause, f.longPause = pause, 4*pause }

// Patience is the time limit of the first attempt to store a change.
func Patience(c *Change, undos ...*pool.Undo) time.Duration { return patience(c, undos) }

// First is first.
var First = first
