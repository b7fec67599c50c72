package store_test

import (
	"context"
	"testing"
)

// However many rows a block has, few of them wait in memory.
func TestFewRowsWait(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		const rows, most = 100_000, 4096
		const mostQueued = 1<<16/3 + most
		waiting, queued, err := open(t, url).store.PutNames(context.Background(), rows)
		if err != nil || waiting >= most || queued > mostQueued {
			t.Errorf("%d rows wait, and %d in statements: %v", waiting, queued, err)
		}
	})
}
