package api

import "context"

// Look is what Run does again and again.
func (f *Feed) Look(ctx context.Context) error { return f.refresh(ctx) }
