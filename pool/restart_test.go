package pool_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// BenchmarkRestart loads a state of 2.1 million pledges from either database. Filling them takes minutes, so it runs only if
// SMARTPOOL_BENCH_RESTART is set. It is here because only this package's tests can make such a state without 2.1 million signatures.
func BenchmarkRestart(b *testing.B) {
	if os.Getenv("SMARTPOOL_BENCH_RESTART") == "" {
		b.Skip("set SMARTPOOL_BENCH_RESTART=1: it takes minutes")
	}
	for name, url := range map[string]string{"SQLite": filepath.Join(b.TempDir(), "full.db"), "PostgreSQL": pgtest.Open(b)} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			var s *store.Store
			pool.FullState(func(state *pool.State, blocks []*pool.Update) {
				var err error
				if s, err = store.Open(ctx, url, state.Params()); err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				if _, err := s.HashAt(ctx, state.Tip().Height); err == nil {
					return // an earlier run filled it
				}
				err = s.Commit(ctx, &chain.Change{
					From: pool.Tip{Height: -1}, Base: pool.Tip{Height: -1}, Tip: state.Tip(), Blocks: blocks, Records: state.Records(), Reorg: state.Params().MaxReorg,
				})
				if err != nil {
					b.Fatal(err)
				}
			})
			runtime.GC()
			b.ResetTimer()
			for range b.N {
				restart(b, url)
			}
		})
	}
}

func restart(b *testing.B, url string) {
	ctx := context.Background()
	params := pool.FullParams()
	s, err := store.Open(ctx, url, params)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	state, err := s.Load(ctx, params, false)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(state.RecordCount()), "records")
}
