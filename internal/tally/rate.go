package tally

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate bounds how often each asker, such as an address, may do something. It is safe for concurrent use. The zero asker is what those share that
// it has no room to remember.
type Rate[K comparable] struct {
	every       time.Duration
	burst, most int

	mu   sync.Mutex
	of   map[K]*rate.Limiter
	next time.Time // of forgetting askers
}

// forgetEvery is how often askers are forgotten that may do as much as those that have never asked.
const forgetEvery = time.Minute

// NewRate returns a rate of so much at once, and then one in so much time. It remembers so many askers at most.
func NewRate[K comparable](every time.Duration, burst, most int) *Rate[K] {
	return &Rate[K]{every: every, burst: burst, most: most, of: map[K]*rate.Limiter{}}
}

// Wait returns how long an asker must wait; 0 if it may go on, which counts.
func (r *Rate[K]) Wait(who K, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.next) || now.Add(forgetEvery).Before(r.next) { // or the clock was set back
		r.next = now.Add(forgetEvery)
		for k, x := range r.of {
			if x.TokensAt(now) >= float64(r.burst) {
				delete(r.of, k)
			}
		}
	}
	x := r.of[who]
	if x == nil && len(r.of) >= r.most {
		var others K
		who = others
		x = r.of[who]
	}
	if x == nil {
		x = rate.NewLimiter(rate.Every(r.every), r.burst)
		r.of[who] = x
	}
	ask := x.ReserveN(now, 1)
	wait := ask.DelayFrom(now)
	if wait > 0 {
		ask.CancelAt(now)
	}
	return wait
}
