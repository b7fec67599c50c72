package chain

import (
	"time"

	"github.com/pastelnetwork/smartpool/pool"
)

// Hurry has the follower ask a node that failed again after no more than this pause.
func (f *Follower) Hurry(pause time.Duration) { f.firstPause, f.longPause = pause, 4*pause }

// Patience is how long the first try to store a change may take.
func Patience(c *Change, undos ...*pool.Undo) time.Duration { return patience(c, undos) }

// First is first.
var First = first
