package chain

import (
	"time"
)

// Hurry has the follower ask a node that failed again after no more than this pause.
func (f *Follower) Hurry(pause time.Duration) { f.firstPause, f.longPause = pause, 4*pause }
