package chain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// poll is how often a follower under test polls, and patience how long tests wait before they fail.
const (
	poll     = time.Millisecond
	patience = 5 * time.Minute
)

// following is a ledger with a running follower.
type following struct {
	*chain.Ledger
	node     *node
	follower *chain.Follower
	stop     context.CancelFunc
	ended    chan struct{} // closed when the follower has ended, with err
	err      error

	mu    sync.Mutex
	steps []*chain.Change
}

// follow runs a follower until stopped, or the test ends.
func follow(t testing.TB, n *node, s chain.Store) *following {
	t.Helper()
	return followWith(t, n, s, chain.FollowerConfig{Poll: poll})
}

func followWith(t testing.TB, n *node, s chain.Store, cfg chain.FollowerConfig) *following {
	t.Helper()
	l := openLedger(t, s)
	ctx, stop := context.WithCancel(context.Background())
	f := &following{Ledger: l, node: n, stop: stop, ended: make(chan struct{})}
	if cfg.Node == nil {
		cfg.Node = n
	}
	cfg.Ledger, cfg.Log = l, slog.New(slog.DiscardHandler)
	if cfg.Settle == 0 {
		cfg.Settle = poll
	}
	cfg.OnStep = func(c *chain.Change, _ pastel.Height) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.steps = append(f.steps, c)
	}
	f.follower = chain.NewFollower(cfg)
	f.follower.Hurry(poll)
	go func() {
		defer close(f.ended)
		f.err = f.follower.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-f.ended
	})
	return f
}

func openLedger(t testing.TB, s chain.Store) *chain.Ledger {
	t.Helper()
	l, err := chain.OpenLedger(context.Background(), regtest(), false, s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// until waits for a condition, as long as the follower runs.
func (f *following) until(what string, condition func() bool) error {
	for start := time.Now(); !condition(); time.Sleep(poll / 4) {
		select {
		case <-f.ended:
			return fmt.Errorf("%s: the follower ended: %w", what, f.err)
		default:
		}
		if time.Since(start) > patience {
			return fmt.Errorf("%s: the ledger stays at block %d: %+v", what, f.Last().Height, f.follower.Status())
		}
	}
	return nil
}

// settle waits until the follower has seen the node as it is now and done what it could.
func (f *following) settle(t testing.TB) {
	t.Helper()
	before, _ := f.node.calls()
	err := f.until("look", func() bool {
		looks, _ := f.node.calls()
		return looks >= before+2 // the second poll from now starts after everything that followed from the first
	})
	if err != nil {
		t.Fatal(err)
	}
}

// arrive waits until the follower reports no error and the ledger is at the tip of the node's chain.
func (f *following) arrive() error {
	return f.until("arrive", func() bool {
		st := f.follower.Status()
		return f.Last().Hash == f.node.tipHash() && st.Synced && st.Err == nil
	})
}

func (f *following) await(t testing.TB) {
	t.Helper()
	if err := f.arrive(); err != nil {
		t.Fatal(err)
	}
}

// stopped ends the follower, which must not have ended by itself.
func (f *following) stopped(t testing.TB) {
	t.Helper()
	f.stop()
	<-f.ended
	if !errors.Is(f.err, context.Canceled) {
		t.Fatalf("the follower ended: %v", f.err)
	}
}

// gaveUp waits until the follower ends, and returns why.
func (f *following) gaveUp(t testing.TB) error {
	t.Helper()
	select {
	case <-f.ended:
		return f.err
	case <-time.After(patience):
		t.Fatalf("the follower goes on: %+v", f.follower.Status())
		return nil
	}
}

// updates returns all blocks that the steps applied; none may have gone back.
func (f *following) updates() (list []*pool.Update) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.steps {
		list = append(list, c.Blocks...)
	}
	return list
}

// TestRecordedChainsFollowed follows the recorded chains from the start, in one go and block by block. What the follower reports must be
// what the rules make of the blocks.
func TestRecordedChainsFollowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]line{"life": life(), "dense": dense(), "odd": odd()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, want := c.replay()
			for _, start := range []pastel.Height{c.tip(), 100} {
				n := newNode(c.to(start))
				f := follow(t, n, &chain.Memory{})
				f.await(t)
				for h := start + 1; h <= c.tip(); h++ {
					n.become(c.to(h))
					f.settle(t)
				}
				f.stopped(t)
				mustMatch(t, f, c)
				sameUpdates(t, f.updates(), want)
			}
		})
	}
}

func sameUpdates(t *testing.T, got, want []*pool.Update) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d blocks were told, want %d", len(got), len(want))
	}
	for i := range want {
		g, err := json.Marshal(got[i].Events)
		if err != nil {
			t.Fatal(err)
		}
		w, err := json.Marshal(want[i].Events)
		if err != nil {
			t.Fatal(err)
		}
		if string(g) != string(w) || got[i].Digest != want[i].Digest || !reflect.DeepEqual(got[i].Settled, want[i].Settled) ||
			!reflect.DeepEqual(got[i].Accepted, want[i].Accepted) || !reflect.DeepEqual(got[i].Credits, want[i].Credits) {
			t.Fatalf("block %d\n     %s\nwant %s", i, g, w)
		}
	}
}

func TestBellWakes(t *testing.T) {
	t.Parallel()
	c := life()
	n := newNode(c.to(50))
	bell := make(chan struct{})
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Bell: bell, Poll: 24 * time.Hour})
	f.await(t)
	for h := pastel.Height(51); h < 60; h++ {
		n.become(c.to(h))
		bell <- struct{}{}
		f.await(t)
	}
	f.stopped(t)
}

// TestLongCatchUp takes several steps; each must be as long as allowed.
func TestLongCatchUp(t *testing.T) {
	t.Parallel()
	c := line(nil).grow(1, 2500)
	f := follow(t, newNode(c), &chain.Memory{})
	f.await(t)
	f.stopped(t)
	var sizes []int
	for _, s := range f.steps {
		sizes = append(sizes, len(s.Blocks))
	}
	if !reflect.DeepEqual(sizes, []int{1000, 1000, 500}) {
		t.Fatalf("steps of %d blocks", sizes)
	}
	mustMatch(t, f, c)
}

// TestNodeThatFails makes many calls fail in one way, or in all ways, while the chain grows and reorganizes.
func TestNodeThatFails(t *testing.T) {
	t.Parallel()
	kinds := map[string][]fault{"all": allFaults()}
	for _, x := range allFaults() {
		kinds[string(x)] = []fault{x}
	}
	c := life()
	other := c.branch(250, 60, 5, 7)
	for name, faults := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(c.to(120))
			f := follow(t, n, &chain.Memory{})
			for i, next := range []line{c.to(160), c.to(300), other, c} {
				n.ail(uint64(i), 6, faults...)
				n.become(next)
				for range 20 {
					f.settle(t)
				}
				n.heal()
				f.await(t)
				mustMatch(t, f, next)
			}
			f.stopped(t)
		})
	}
}

// TestNodeGoesAway: the follower reports it, and takes nothing back for blocks that never come.
func TestNodeGoesAway(t *testing.T) {
	t.Parallel()
	c := life()
	other := c.branch(c.tip()-68, 80, 5, 3)
	n := newNode(c)
	f := follow(t, n, &chain.Memory{})
	f.await(t)
	n.mu.Lock()
	n.best = other // it cannot deliver these blocks
	n.mu.Unlock()
	for range 5 {
		f.settle(t)
	}
	if st := f.follower.Status(); st.Synced || st.Err == nil || !strings.Contains(st.Err.Error(), fmt.Sprint("fetch block ", c.tip()-67)) {
		t.Fatalf("status %+v", st)
	}
	mustMatch(t, f, c)
	n.become(other)
	f.await(t)
	mustMatch(t, f, other)
	n.ail(1, 1, faultError)
	f.settle(t)
	if st := f.follower.Status(); st.Err == nil || !errors.Is(st.Err, errAway) || st.Target != other.tip() {
		t.Fatalf("status %+v", st)
	}
	n.heal()
	f.await(t)
	f.stopped(t)
}

func TestForeignChain(t *testing.T) {
	t.Parallel()
	for name, best := range map[string]line{"longer": dense(), "as long": dense().to(life().tip()), "short": dense().to(20)} {
		for _, have := range []pastel.Height{0, 30, life().tip()} {
			s := &chain.Memory{}
			f := follow(t, newNode(life().to(have)), s)
			f.await(t)
			f.node.become(best)
			if err := f.gaveUp(t); !errors.Is(err, chain.ErrForeignChain) {
				t.Fatalf("%s chain, ledger at block %d: %v", name, have, err)
			}
			mustMatch(t, f, life().to(have))
		}
	}
}

// TestNodeFarBehind: the follower waits for a node that is being rebuilt.
func TestNodeFarBehind(t *testing.T) {
	t.Parallel()
	c := life()
	n := newNode(c)
	f := follow(t, n, &chain.Memory{})
	f.await(t)
	for _, h := range []pastel.Height{-1, 0, 200, c.tip() - regtest().MaxReorg - 1} {
		n.become(c.to(h))
		f.settle(t)
		if st := f.follower.Status(); st.Err == nil || !strings.Contains(st.Err.Error(), "waiting until it") || st.Synced {
			t.Fatalf("node at block %d: %+v", h, st)
		}
		mustMatch(t, f, c)
	}
	near := c.to(c.tip() - 60) // close enough to follow
	n.become(near)
	f.await(t)
	mustMatch(t, f, near)
	n.become(c)
	f.await(t)
	f.stopped(t)
	mustMatch(t, f, c)
}

// badChain returns a chain whose block at h spends tracked escrow without being a payout, and which continues; and the chain without that
// spend.
func badChain(t testing.TB, h pastel.Height) (bad, good line) {
	t.Helper()
	good = life().to(h-1).branch(h-1, 20, 0, 99)
	out, found := escrowOutput(life().to(h - 1))
	if !found {
		t.Fatalf("no escrow before block %d", h)
	}
	bad = life().to(h-1).mine(1, nil, *unauthorizedSpend(out)).grow(1, 30)
	return bad, good
}

// unauthorizedSpend spends an output to someone, without being a payout.
func unauthorizedSpend(out pastel.OutPoint) *pastel.Tx {
	return pastel.NewTx(true, []pastel.TxIn{{PrevOut: out, Sequence: 0xffffffff}},
		[]pastel.TxOut{{Value: pastel.PSL, Script: pastel.P2PKH(pastel.KeyHash{1})}})
}

// escrowOutput returns the last reward that a coinbase paid to a pool.
func escrowOutput(c line) (pastel.OutPoint, bool) {
	s, _ := c.replay()
	active := map[string]bool{} // by escrow script
	for _, id := range s.Pools() {
		p, _ := s.Pool(id)
		active[string(p.Escrow.Script())] = p.Status == pool.Active
	}
	for h := c.tip(); h >= 0; h-- {
		coinbase := &c[h].Txs[0]
		for v, out := range coinbase.Outputs {
			if active[string(out.Script)] {
				return pastel.OutPoint{TxID: coinbase.ID(), Vout: uint32(v)}, true
			}
		}
	}
	return pastel.OutPoint{}, false
}

// TestHalt: a block that breaks the rules halts the ledger at its parent until the node's best chain changes.
func TestHalt(t *testing.T) {
	t.Parallel()
	const at = 160
	bad, good := badChain(t, at)
	for _, start := range []pastel.Height{0, at - 1} {
		n := newNode(bad.to(start))
		f := follow(t, n, &chain.Memory{})
		f.await(t)
		n.become(bad)
		f.settle(t)
		halted := func() {
			t.Helper()
			st := f.follower.Status()
			var rule *pool.BlockError
			if !errors.As(st.Err, &rule) || rule.Height != at || rule.Block != bad[at].Hash() || rule.TxID != bad[at].Txs[1].ID() {
				t.Fatalf("status %+v", st)
			}
			mustMatch(t, f, bad.to(at-1))
		}
		halted()
		_, before := n.calls()
		n.become(bad.grow(1, 5))
		f.settle(t)
		halted()
		if _, after := n.calls(); after != before {
			t.Fatalf("%d blocks were fetched while halted", after-before)
		}
		n.become(good)
		f.await(t)
		mustMatch(t, f, good)
		n.become(bad) // again: the good blocks are taken back
		f.settle(t)
		halted()
		n.become(life().branch(at-30, 40, 4, 5))
		f.await(t)
		mustMatch(t, f, n.best)
		f.stopped(t)
	}
}

// TestReorganizationWhileClosed changes the node's chain while the ledger is closed, in an SQLite file.
func TestReorganizationWhileClosed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	plan := []line{life().to(150)}
	for i, x := range []struct {
		back pastel.Height
		n    int
	}{{60, 100}, {95, 180}, {99, 120}, {20, 0}, {79, 200}} {
		last := plan[i]
		plan = append(plan, last.branch(last.tip()-x.back, x.n, 0, uint64(i)))
	}
	for i, best := range plan {
		s, err := store.Open(context.Background(), path, regtest())
		if err != nil {
			t.Fatal(err)
		}
		f := follow(t, newNode(best), s)
		if i > 0 && f.Last().Height < 0 {
			t.Fatal("the ledger came back empty")
		}
		f.await(t)
		f.stopped(t)
		mustMatch(t, f, best)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDepthLimit: no more than MaxReorg blocks are ever taken back.
func TestDepthLimit(t *testing.T) {
	t.Parallel()
	c := life()
	limit := regtest().MaxReorg
	deepest := c.branch(c.tip()-limit, 120, 3, 1)
	for name, x := range map[string]struct {
		next line
		deep bool
	}{
		"limit":                   {deepest, false},
		"one more":                {c.branch(c.tip()-limit-1, 120, 3, 1), true},
		"shorter, and far behind": {c.branch(c.tip()-limit-50, 5, 3, 1), true},
		"from the start":          {c.branch(0, len(c)+20, 3, 1), true},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t, newNode(c), &chain.Memory{})
			f.await(t)
			f.node.become(x.next)
			if !x.deep {
				f.await(t)
				f.stopped(t)
				mustMatch(t, f, x.next)
				return
			}
			if err := f.gaveUp(t); !errors.Is(err, chain.ErrTooDeep) {
				t.Fatalf("the follower ended: %v", err)
			}
			mustMatch(t, f, c)
		})
	}
	t.Run("in two parts", func(t *testing.T) {
		f := follow(t, newNode(c), &chain.Memory{})
		f.await(t)
		first := c.to(c.tip() - limit + 10)
		f.node.become(first)
		f.await(t)
		f.node.become(c.branch(first.tip()-30, 50, 0, 1))
		if err := f.gaveUp(t); !errors.Is(err, chain.ErrTooDeep) {
			t.Fatalf("the follower ended: %v", err)
		}
		mustMatch(t, f, first)
	})
}
