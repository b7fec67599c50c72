package pool_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// BenchmarkWorstBlockStored stores the step of each attack's block in SQLite; ns/op measures only that. Filling databases at the
// network's limit takes minutes, so those attacks run only if SMARTPOOL_BENCH_RESTART is set.
func BenchmarkWorstBlockStored(b *testing.B) {
	limits := []bool{false}
	if os.Getenv("SMARTPOOL_BENCH_RESTART") != "" {
		limits = []bool{false, true}
	}
	for _, limit := range limits {
		pool.EachAttack(limit, func(name string, attack func() (*pool.State, []*pool.Update, func() *pool.Update)) {
			b.Run(name, func(b *testing.B) {
				s, history, apply := attack()
				stored(b, filepath.Join(b.TempDir(), "ledger.db"), s, history, apply)
			})
		})
	}
}

// stored fills a database with a state and its history, and measures how long the next block takes to store.
func stored(b *testing.B, url string, s *pool.State, history []*pool.Update, apply func() *pool.Update) {
	ctx := context.Background()
	params := s.Params()
	db, err := store.Open(ctx, url, params)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	none, before := pool.Tip{Height: -1}, s.Tip()
	first := &chain.Change{From: none, Base: none, Tip: before, Blocks: history, Records: s.Records(), Reorg: params.MaxReorg}
	for _, id := range s.Pools() {
		h, _ := s.Head(id)
		first.Pools = append(first.Pools, h)
	}
	if first.Roles, err = s.Roles(first.Records); err != nil {
		b.Fatal(err)
	}
	if err := db.Commit(ctx, first); err != nil {
		b.Fatal(err)
	}
	var records int
	var back time.Duration
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		u := apply()
		step := change(b, s, before, u)
		records = len(step.Records)
		b.StartTimer()
		if err := db.Commit(ctx, step); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		back += takeBack(b, db, s, step)
		b.StartTimer()
	}
	b.ReportMetric(float64(records), "records")
	b.ReportMetric(float64(back.Nanoseconds())/float64(b.N), "back-ns/op")
}

// change returns a block on top of before as a step.
func change(b *testing.B, s *pool.State, before pool.Tip, u *pool.Update) *chain.Change {
	c := &chain.Change{From: before, Base: before, Tip: s.Tip(), Blocks: []*pool.Update{u}, Reorg: s.Params().MaxReorg}
	if err := c.Collect(s, nil, []*pool.Undo{u.Undo}); err != nil {
		b.Fatal(err)
	}
	return c
}

// takeBack takes a step's one block back in the store and returns how long that took.
func takeBack(b *testing.B, db *store.Store, s *pool.State, step *chain.Change) time.Duration {
	undo := step.Blocks[0].Undo
	if err := s.Revert(undo); err != nil {
		b.Fatal(err)
	}
	c := &chain.Change{From: step.Tip, Base: s.Tip(), Back: 1, Tip: s.Tip(), Reorg: step.Reorg}
	if err := c.Collect(s, []*pool.Undo{undo}, nil); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := db.Commit(context.Background(), c); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
