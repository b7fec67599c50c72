package chain_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// TestPatienceGrows: the former limit of two minutes was too short when all pools settle in one block.
func TestPatienceGrows(t *testing.T) {
	t.Parallel()
	const pools, members = 4200, 500
	least := chain.Patience(&chain.Change{})
	if least < 10*time.Second || least > time.Minute {
		t.Errorf("a dead database is noticed after %v", least)
	}
	settled := make([]pool.Payout, pools)
	for i := range settled {
		settled[i].Outputs = make([]pool.Payment, members)
	}
	for what, c := range map[string]*chain.Change{
		"records": {Records: make([]pool.Record, pools*members)},
		"bytes":   {Records: []pool.Record{{Value: make([]byte, 1<<30)}}},
		"credits": {Blocks: []*pool.Update{{Credits: make([]pool.Credit, pools*members)}}},
		"payouts": {Blocks: []*pool.Update{{Settled: settled}}},
	} {
		if got := chain.Patience(c); got < 15*time.Minute || got > 6*time.Hour {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestPatienceGrowsWithUndoRecords that are stored, or whose blocks are taken back.
func TestPatienceGrowsWithUndoRecords(t *testing.T) {
	t.Parallel()
	_, updates := dense().replay()
	busiest := updates[0]
	for _, u := range updates {
		if u.Undo.Len() > busiest.Undo.Len() {
			busiest = u
		}
	}
	grows := time.Duration(busiest.Undo.Len()) * time.Millisecond
	least := chain.Patience(&chain.Change{})
	if got := chain.Patience(&chain.Change{}, busiest.Undo); got < least+grows || grows < 10*time.Millisecond {
		t.Errorf("%v for a block taken back whose undo record has %d changes, %v for nothing", got, busiest.Undo.Len(), least)
	}
	bare := *busiest
	bare.Undo = nil
	kept := chain.Change{Tip: pool.Tip{Height: busiest.Height}, Reorg: regtest().MaxReorg, Blocks: []*pool.Update{busiest}}
	without := kept
	without.Blocks = []*pool.Update{&bare}
	if with, without := chain.Patience(&kept), chain.Patience(&without); with != without+grows {
		t.Errorf("%v with an undo record, %v without", with, without)
	}
	old := kept
	old.Tip.Height += kept.Reorg
	if got, want := chain.Patience(&old), chain.Patience(&without); got != want {
		t.Errorf("%v for a block whose undo record is not kept, want %v", got, want)
	}
}

// timedStore takes a given time to commit.
type timedStore struct {
	chain.Store
	need    time.Duration
	commits int // successful ones
	tries   int
}

func (s *timedStore) Commit(ctx context.Context, c *chain.Change) error {
	s.tries++
	select {
	case <-time.After(s.need):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.commits++
	return s.Store.Commit(ctx, c)
}

func (s *timedStore) Passes(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// TestASlowStoreGetsItsTime: however long storing takes, the step is stored exactly once, and meanwhile the ledger says what it is waiting
// for.
func TestASlowStoreGetsItsTime(t *testing.T) {
	t.Parallel()
	blocks := line(nil).grow(1, 4)
	prepared := blocks.prepared(0)
	synctest.Test(t, func(t *testing.T) {
		s := &timedStore{Store: &chain.Memory{}, need: 20 * time.Minute}
		l := openLedger(t, s)
		began := time.Now()
		done := make(chan error)
		go func() { done <- second(l.Step(context.Background(), -1, prepared)) }()
		synctest.Wait()
		if err := l.Outage(); err != nil {
			t.Errorf("the ledger waits at once: %v", err)
		}
		time.Sleep(15 * time.Second) // on the bubble's clock
		if err := l.Outage(); err == nil || !strings.Contains(err.Error(), "15s") {
			t.Errorf("the ledger says %v of a step that takes long", err)
		}
		time.Sleep(time.Minute)
		if err := l.Outage(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the ledger says %v after a time-out", err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); s.commits != 1 || s.tries < 3 || took > 2*time.Hour || l.Outage() != nil {
			t.Errorf("stored %d times after %v and %d tries, %v", s.commits, took, s.tries, l.Outage())
		}
		mustMatch(t, l, blocks)
		l.Close()
	})
}

// TestCloseDoesNotWaitForLong: Close lets a step that is nearly stored finish, and gives up any other within seconds.
func TestCloseDoesNotWaitForLong(t *testing.T) {
	t.Parallel()
	blocks := line(nil).grow(1, 4)
	prepared := blocks.prepared(0)
	for name, c := range map[string]struct {
		need   time.Duration
		stored int
	}{"nearly stored": {2 * time.Second, 1}, "stored an hour later": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &timedStore{Store: &chain.Memory{}, need: c.need}
				l := openLedger(t, s)
				done := make(chan error)
				go func() { done <- second(l.Step(context.Background(), -1, prepared)) }()
				synctest.Wait()
				began := time.Now()
				go l.Close()
				err := <-done
				if took := time.Since(began); took > 10*time.Second || s.commits != c.stored {
					t.Errorf("stored %d times after %v", s.commits, took)
				}
				if c.stored == 1 && err != nil || c.stored == 0 && !errors.Is(err, chain.ErrClosed) {
					t.Errorf("the step: %v", err)
				}
				if _, err := l.Step(context.Background(), -1, prepared); !errors.Is(err, chain.ErrClosed) {
					t.Errorf("a step after the end: %v", err)
				}
			})
		})
	}
}

var errPasses = errors.New("the server restarts")

// restless is a store that fails some commits, before storing or after it, when the outcome is unknown.
type restless struct {
	*store.Store
	before, after int // number of failures of each kind
	down          chan struct{}
}

func (s *restless) Commit(ctx context.Context, c *chain.Change) error {
	select {
	case <-s.down:
	default:
		return errPasses
	}
	if s.before > 0 {
		s.before--
		return errPasses
	}
	err := s.Store.Commit(ctx, c)
	if err == nil && s.after > 0 {
		s.after--
		return errPasses
	}
	return err
}

func (s *restless) Passes(err error) bool { return errors.Is(err, errPasses) || s.Store.Passes(err) }

func openRestless(t *testing.T, path string) (*chain.Ledger, *restless) {
	t.Helper()
	s, err := store.Open(context.Background(), path, regtest())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &restless{Store: s, down: make(chan struct{})}
	close(r.down)
	return openLedger(t, r), r
}

// TestAcceptedStepsAreStored whatever happens to the first attempts, including in reorganizations.
func TestAcceptedStepsAreStored(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, s := openRestless(t, path)
	one, two := line(nil).grow(1, 30), line(nil).grow(1, 10).grow(2, 25)
	for _, x := range []struct{ before, after int }{{1, 0}, {0, 1}, {1, 1}} {
		for _, c := range []line{one, two, one.to(20)} {
			base := min(l.Last().Height, 9)
			s.before, s.after = x.before, x.after
			if _, err := l.Step(ctx, base, c.prepared(base+1)); err != nil {
				t.Fatal(err)
			}
			mustMatch(t, l, c)
		}
	}
	want := encoded(l)
	l.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := openRestless(t, path)
	if !bytes.Equal(encoded(again), want) {
		t.Error("the database holds another state")
	}
}

// TestWhoAskedMayGo: a caller that stops waiting learns that the step is not stored yet. Storing continues, and the tip shows the step
// later.
func TestWhoAskedMayGo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := line(nil).grow(1, 3)
	l, s := openRestless(t, filepath.Join(t.TempDir(), "ledger.db"))
	said := make(chan error, 100)
	l.OnOutage(func(err error) { said <- err })
	if err := l.Connect(ctx, c[0].Bytes()); err != nil {
		t.Fatal(err)
	}
	s.down = make(chan struct{})
	impatient, leave := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- l.Connect(impatient, c[1].Bytes()) }()
	if err := <-said; !errors.Is(err, errPasses) || !errors.Is(l.Outage(), errPasses) {
		t.Errorf("the ledger says %v, %v", err, l.Outage())
	}
	moved := l.Moved()
	leave()
	gone := map[string]error{
		"connect":         <-done,
		"connect again":   l.Connect(impatient, c[1].Bytes()),
		"connect another": l.Connect(impatient, c[2].Bytes()),
		"disconnect":      l.Disconnect(impatient, c[1].Hash()),
		"tip":             second(l.Tip(impatient)),
	}
	for what, err := range gone {
		var refused *chain.RefusedError
		if !errors.Is(err, chain.ErrNotStored) || !errors.Is(err, errPasses) || errors.As(err, &refused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	select {
	case <-moved:
		t.Error("readers were told of a step that is not stored")
	default:
	}
	if l.Failed() != nil {
		t.Errorf("the ledger fails: %v", l.Failed())
	}
	close(s.down)
	if tip, err := l.Tip(ctx); err != nil || tip.Hash != c[1].Hash() {
		t.Errorf("the tip is %+v, %v", tip, err)
	}
	for err := range said {
		if err == nil {
			break
		}
	}
	if err := l.Outage(); err != nil {
		t.Errorf("the ledger still says %v", err)
	}
	if err := l.Connect(ctx, c[2].Bytes()); err != nil {
		t.Fatal(err)
	}
	mustMatch(t, l, c)
}

// TestCloseWhileRetrying leaves the database at a complete step, from which the next ledger continues.
func TestCloseWhileRetrying(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "ledger.db")
	c := line(nil).grow(1, 3)
	l, s := openRestless(t, path)
	if err := l.Connect(ctx, c[0].Bytes()); err != nil {
		t.Fatal(err)
	}
	said := make(chan error, 100)
	l.OnOutage(func(err error) { said <- err })
	s.down = make(chan struct{})
	done := make(chan error)
	go func() { done <- second(l.Step(ctx, 0, c.prepared(1))) }()
	<-said
	l.Close()
	if err := <-done; !errors.Is(err, chain.ErrClosed) || !errors.Is(err, errPasses) {
		t.Errorf("the step: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, _ = openRestless(t, path)
	mustMatch(t, l, c.to(0))
	if _, err := l.Step(ctx, 0, c.prepared(1)); err != nil {
		t.Fatal(err)
	}
	mustMatch(t, l, c)
}
