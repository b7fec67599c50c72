package daemon

import (
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// TestReaderLag: a reader counts what was announced and is not shown, from the first such block on.
func TestReaderLag(t *testing.T) {
	t.Parallel()
	tip := func(h pastel.Height, branch byte) pool.Tip {
		return pool.Tip{Height: h, Hash: pastel.BlockHash{byte(h), byte(h >> 8), branch}}
	}
	h := newHeard()
	now := time.Unix(1_700_000_000, 0)
	check := func(shown pool.Tip, want chain.Lag) {
		t.Helper()
		want.Reads = true
		if got := h.lag(shown.Height, shown.Hash.String(), now); got != want {
			t.Errorf("at block %d: %+v, want %+v", shown.Height, got, want)
		}
	}
	check(tip(5, 0), chain.Lag{})
	announce := func(at, shown pool.Tip) { h.announced(at, shown.Height, shown.Hash.String(), now) }
	rung := h.next()
	announce(tip(7, 0), tip(5, 0))
	<-rung
	now = now.Add(10 * time.Second)
	check(tip(5, 0), chain.Lag{Listens: true, Blocks: 2, For: 10 * time.Second})
	check(tip(7, 0), chain.Lag{Listens: true})
	announce(tip(8, 0), tip(5, 0)) // still not shown
	now = now.Add(10 * time.Second)
	check(tip(5, 0), chain.Lag{Listens: true, Blocks: 3, For: 20 * time.Second})
	stale := chain.Freshness{Height: 5, Time: now, Lag: h.lag(5, tip(5, 0).Hash.String(), now)}
	if why := stale.Stale(now, chain.Limits{}); why != "this daemon is at block 5 and behind the one that writes the database" {
		t.Error(why)
	}
	announce(tip(6, 1), tip(8, 0)) // a reorganization, after all was shown
	now = now.Add(time.Second)
	check(tip(8, 0), chain.Lag{Listens: true, Blocks: 1, For: time.Second})
	check(tip(6, 1), chain.Lag{Listens: true})
	stale.Lag = h.lag(8, tip(8, 0).Hash.String(), now)
	if why := stale.Stale(now, chain.Limits{}); why != "" {
		t.Error(why)
	}
	announce(tip(7, 1), tip(6, 1))
	now = now.Add(time.Minute)
	check(tip(8, 1), chain.Lag{Listens: true}) // polled for before it is announced
	announce(tip(9, 1), tip(8, 1))
	now = now.Add(time.Second)
	check(tip(8, 1), chain.Lag{Listens: true, Blocks: 1, For: time.Second})
	// The writer goes on faster than the reader, which is always one block behind.
	for n := pastel.Height(10); n < 300; n++ {
		announce(tip(n, 1), tip(n-2, 1))
		now = now.Add(time.Second)
		check(tip(n-1, 1), chain.Lag{Listens: true, Blocks: 1, For: time.Second})
	}
	// It stops, and goes on.
	for n := pastel.Height(300); n < 600; n++ {
		announce(tip(n, 1), tip(299, 1))
		now = now.Add(time.Second)
	}
	check(tip(299, 1), chain.Lag{Listens: true, Blocks: 300, For: 300 * time.Second})
	check(tip(350, 1), chain.Lag{Listens: true, Blocks: 249, For: 249 * time.Second})
	check(tip(500, 1), chain.Lag{Listens: true, Blocks: 99, For: 201 * time.Second}) // since the last announcement that was kept
	check(tip(599, 1), chain.Lag{Listens: true})
	h.deaf()
	check(tip(5, 0), chain.Lag{})
}
