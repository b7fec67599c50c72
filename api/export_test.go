package api

import "context"

// Look polls once, as Run does repeatedly.
func (f *Feed) Look(ctx context.Context) error { return f.refresh(ctx) }
