package tally

import (
	"testing"
	"time"
)

// An asker that asks too often waits, as long as it is told; others do not, and asking in vain makes nobody wait longer.
func TestRate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	r := NewRate[int](30*time.Second, 10, 100)
	for range 10 {
		if wait := r.Wait(1, now); wait > 0 {
			t.Fatalf("it waits %v", wait)
		}
	}
	wait := r.Wait(1, now)
	if again := r.Wait(1, now); wait <= 0 || wait > 30*time.Second || again != wait {
		t.Errorf("it waits %v, then %v", wait, again)
	}
	if r.Wait(2, now) > 0 {
		t.Error("another one waits")
	}
	now = now.Add(wait)
	if again := r.Wait(1, now); again > 0 {
		t.Errorf("having waited, it waits %v", again)
	}
}

// However many ask, few are remembered: the others share one limit, until some are forgotten, which the clock cannot prevent.
func TestRateIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	r := NewRate[int](30*time.Second, 10, 100)
	shared := 0
	for i := range 1000 {
		if r.Wait(1+i, now) > 0 {
			shared++
		}
	}
	if len(r.of) != 101 || shared != 890 {
		t.Errorf("%d are remembered, %d wait", len(r.of), shared)
	}
	for _, later := range []time.Duration{10 * time.Minute, -time.Hour, time.Minute} {
		now = now.Add(later)
		r.Wait(-1, now)
		if later > 0 && len(r.of) > 2 {
			t.Errorf("%v later, %d are remembered", later, len(r.of))
		}
	}
}
