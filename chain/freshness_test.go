package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Each way in which the last block may not be the network's, and what it is called.
func TestFreshReasons(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	good := chain.Freshness{
		Height: 100, Time: now.Add(-time.Minute), Follows: true, AtTip: true, Peers: 8, Heard: now.Add(-time.Second),
		Node: chain.Reading{Height: 100, Headers: 100},
	}
	main, regtest, dev := chain.LimitsOf("main"), chain.LimitsOf("regtest"), chain.Limits{Alone: true}
	for _, l := range []*chain.Limits{&main, &regtest, &dev} {
		l.Silence = 20 * time.Second
	}
	for name, c := range map[string]struct {
		change func(*chain.Freshness)
		main   string // the reason on main; "" if fresh
		// On regtest and with a development node the same, unless they say otherwise.
		regtest, dev string
	}{
		"nothing":                       {change: func(*chain.Freshness) {}},
		"no block":                      {change: func(f *chain.Freshness) { f.Height, f.Time = -1, time.Time{} }, main: "no blocks yet"},
		"never heard":                   {change: func(f *chain.Freshness) { f.Heard = time.Time{} }, main: "not answered yet"},
		"long silent":                   {change: func(f *chain.Freshness) { f.Heard = now.Add(-21 * time.Second) }, main: "has not answered since 2026-11-28 11:59:39 UTC"},
		"downloading":                   {change: func(f *chain.Freshness) { f.Node.Downloading = true }, main: "still downloading the chain and is at block 100"},
		"headers ahead":                 {change: func(f *chain.Freshness) { f.Node.Headers = 184 }, main: "at block 100 and knows of blocks up to 184"},
		"headers a moment ahead":        {change: func(f *chain.Freshness) { f.Node.Headers = 103 }},
		"headers unknown":               {change: func(f *chain.Freshness) { f.Node.Headers = chain.Unknown }},
		"behind the node":               {change: func(f *chain.Freshness) { f.AtTip = false }, main: "syncing"},
		"no peers":                      {change: func(f *chain.Freshness) { f.Peers = 0 }, main: "no peers", regtest: "-", dev: "-"},
		"peers unknown":                 {change: func(f *chain.Freshness) { f.Peers = chain.Unknown }},
		"89 minutes old":                {change: func(f *chain.Freshness) { f.Time = now.Add(-89 * time.Minute) }},
		"91 minutes old":                {change: func(f *chain.Freshness) { f.Time = now.Add(-91 * time.Minute) }, main: "2026-11-28 10:29 UTC, more than 90 minutes ago", regtest: "-", dev: "-"},
		"25 hours old":                  {change: func(f *chain.Freshness) { f.Time = now.Add(-25 * time.Hour) }, main: "90 minutes", regtest: "more than 24 hours ago", dev: "-"},
		"dated 119 minutes ahead":       {change: func(f *chain.Freshness) { f.Time = now.Add(119 * time.Minute) }},
		"dated 121 minutes ahead":       {change: func(f *chain.Freshness) { f.Time = now.Add(121 * time.Minute) }, main: "ahead of this machine's clock: set the clock", dev: "-"},
		"follows none":                  {change: func(f *chain.Freshness) { *f = chain.Freshness{Height: 100, Time: now.Add(-time.Minute)} }},
		"follows none, and old":         {change: func(f *chain.Freshness) { *f = chain.Freshness{Height: 100, Time: now.Add(-25 * time.Hour)} }, main: "ago", dev: "-"},
		"follows none, and has nothing": {change: func(f *chain.Freshness) { *f = chain.Freshness{Height: -1} }, main: "no blocks yet"},
	} {
		f := good
		c.change(&f)
		for _, on := range []struct {
			name   string
			limits chain.Limits
			own    string
		}{{"main", main, ""}, {"regtest", regtest, c.regtest}, {"dev", dev, c.dev}} {
			want := c.main
			if on.own != "" {
				want = strings.TrimPrefix(on.own, "-")
			}
			got := f.Stale(now, on.limits)
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s on %s: %q, want %q", name, on.name, got, want)
			}
			if later := f.Stale(now.Add(time.Second), on.limits); got != "" && later != got {
				t.Errorf("%s on %s: %q a second after %q", name, on.name, later, got)
			}
		}
	}
}

// An estimate is never before now, and moves only once per block time.
func TestFreshEstimates(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		since  time.Duration
		blocks pastel.Height
		want   time.Duration // after last
	}{
		{0, 1, 150 * time.Second}, {149 * time.Second, 1, 150 * time.Second}, {150 * time.Second, 1, 300 * time.Second},
		{-time.Hour, 2, 300 * time.Second}, {96 * time.Hour, 6, 96*time.Hour + 900*time.Second},
	} {
		now := last.Add(c.since)
		got := chain.Estimate(last, c.blocks, now)
		if got.Sub(last) != c.want || !got.After(now) {
			t.Errorf("%d blocks, %v after the last one: %v later, want %v", c.blocks, c.since, got.Sub(last), c.want)
		}
	}
}

// A node that loads or downloads its blocks takes none of the ledger's back, whichever way it shows it, and a node that has left them does.
func TestFreshNodeTakesNothingBack(t *testing.T) {
	t.Parallel()
	whole, part := life().to(190), life().to(183)
	waits := func(t *testing.T, f *following, why string) {
		t.Helper()
		for range 3 {
			f.settle(t)
		}
		st := f.follower.Status()
		var behind *chain.BehindError
		if !errors.As(st.Err, &behind) || behind.Node != 183 || behind.Ledger != 190 || !strings.Contains(behind.Error(), why) || st.Synced {
			t.Fatalf("status %+v", st)
		}
		mustMatch(t, f, whole)
	}
	for name, c := range map[string]struct {
		shows func(*node)
		why   string
	}{
		"downloading":   {func(n *node) { n.downloading = true }, "the node is downloading the chain"},
		"headers ahead": {func(n *node) { n.headers = 190 }, "the node knows of blocks up to 190"},
		"nothing":       {func(*node) {}, "it may still be loading"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(whole)
			cfg := chain.FollowerConfig{Poll: poll, Settle: poll}
			if name == "nothing" {
				cfg.Settle = 24 * time.Hour
			}
			f := followWith(t, n, &chain.Memory{}, cfg)
			f.await(t)
			n.mu.Lock()
			c.shows(n)
			n.mu.Unlock()
			n.become(part)
			waits(t, f, c.why)
			if name != "nothing" { // even at a block that lost long ago
				for _, lost := range []line{life().branch(182, 1, 0, 1), life().branch(0, 1, 0, 1).grow(7, 182)} {
					n.become(lost)
					waits(t, f, c.why)
				}
			}
			n.mu.Lock()
			n.best, n.downloading, n.headers = life().branch(183, 3, 0, 1), false, 0 // another block
			for _, b := range n.best {
				n.blocks[b.Hash()] = b
			}
			n.mu.Unlock()
			if err := f.until("leave", func() bool {
				f.mu.Lock()
				defer f.mu.Unlock()
				return f.steps[len(f.steps)-1].Tip.Hash == n.tipHash()
			}); err != nil {
				t.Fatal(err)
			}
			f.stopped(t)
			mustMatch(t, f, n.best)
			if at := f.steps[len(f.steps)-1]; at.Back != 7 {
				t.Errorf("%d blocks were taken back", at.Back)
			}
		})
	}
}

// A node that is not finished downloading is not fresh, although the ledger is at its tip.
func TestFreshStatus(t *testing.T) {
	t.Parallel()
	n := newNode(life().to(140))
	n.headers, n.downloading = 184, true
	f := follow(t, n, &chain.Memory{})
	arrive := func(height pastel.Height, stale string) {
		t.Helper()
		if err := f.until("status", func() bool {
			st := f.follower.Status()
			return f.Last().Height == height && st.Fresh.AtTip && st.Target == height && (st.Stale == stale || stale != "" && strings.Contains(st.Stale, stale)) &&
				st.Synced == (stale == "")
		}); err != nil {
			t.Fatal(err)
		}
	}
	arrive(140, "downloading the chain and is at block 140")
	n.mu.Lock()
	n.downloading = false
	n.mu.Unlock()
	arrive(140, "knows of blocks up to 184")
	n.become(life().to(184))
	arrive(184, "")
	f.stopped(t)
}
