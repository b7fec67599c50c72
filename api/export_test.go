package api

import "context"

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
