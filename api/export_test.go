package api

import (
	"context"
	"time"
)

// Look polls once, as Run does repeatedly.
func (f *Feed) Look(ctx context.Context) error { return f.refresh(ctx, nil, nil) }

// Kept returns how many answers the cache holds and how many bytes it counts for them.
func (a *Answers) Kept() (answers, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		return 0, 0
	}
	return len(a.now.kept), a.now.size
}

// Begin empties the cache and sets the clock by which the next block is late.
func (a *Answers) Begin(now time.Time) {
	a.At(now)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now, a.next = nil, nil
}

// At sets the clock.
func (a *Answers) At(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock = func() time.Time { return now }
}

// Wait sets how long an announcement waits for answers, and preparing for clients.
func (a *Answers) Wait(announcement, clients time.Duration) {
	a.patience, a.courtesy = announcement, clients
}

// Took sets what an answer took.
func (a *Answers) Took(what string, took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wishes.of[what].took = took
}
