package daemon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// survey is what monitoring watches of the network and of the pools that are not closed, as of one block. It is read from the database, never
// from the ledger: it holds up no block, and a daemon that only reads shows the same.
type survey struct {
	tip     store.Block
	agreed  store.Block // the last block whose height is a multiple of digestEvery
	network store.Network
	pools   map[ticket.PoolID]*surveyed
}

// surveyed is a pool in a survey.
type surveyed struct {
	store.PoolRow
	paid    pastel.Height // last block that paid it; -1 if none has
	overdue int           // payouts that are late
	waiting pastel.Height // blocks since the oldest pending payout could be mined first; 0 if none can be yet
}

const (
	// digestEvery is how far the blocks are apart whose digests daemons compare.
	digestEvery = 100
	// surveyPatience bounds what a scrape waits for the database.
	surveyPatience = 10 * time.Second
	// atOnce is how many pools one query names.
	atOnce = 1000
)

// surveyor makes surveys. It reads again only the pools that blocks concerned since the last one.
type surveyor struct {
	mu     sync.Mutex
	reader *store.Reader // nil before there is a database
	last   *survey       // nil before the first block
}

// open gives the surveyor a database to read; nil takes it away.
func (y *surveyor) open(r *store.Reader) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.reader = r
}

// look returns a survey of the database's last block, the last survey if the database fails, or nil if there was none. Nobody changes it later.
func (y *surveyor) look() *survey {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.reader == nil {
		return y.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), surveyPatience)
	defer cancel()
	var next *survey
	err := y.reader.View(ctx, func(s *store.Snapshot) (err error) {
		next, err = y.read(s)
		return err
	})
	if err == nil {
		y.last = next
	}
	return y.last
}

// read makes a survey of a snapshot.
func (y *surveyor) read(s *store.Snapshot) (*survey, error) {
	tip, err := s.Tip()
	if errors.Is(err, chain.ErrNotFound) {
		return nil, nil
	}
	if err != nil || y.last != nil && y.last.tip.Hash == tip.Hash {
		return y.last, err
	}
	next := &survey{tip: tip, pools: map[ticket.PoolID]*surveyed{}}
	if next.network, err = s.Network(); err != nil {
		return nil, err
	}
	if next.agreed, err = s.Block(tip.Height - tip.Height%digestEvery); err != nil {
		return nil, err
	}
	changed, err := y.changed(s, next)
	if err != nil {
		return nil, err
	}
	if err := next.addPools(s, changed); err != nil {
		return nil, err
	}
	return next, next.addPayouts(s)
}

// changed returns the pools to read, and keeps the others of the last survey. After a reorganization, it returns all.
func (y *surveyor) changed(s *store.Snapshot, next *survey) ([]store.PoolRow, error) {
	if y.last != nil {
		before, err := s.Block(y.last.tip.Height)
		if err == nil && before.Hash == y.last.tip.Hash {
			for id, p := range y.last.pools {
				same := *p
				next.pools[id] = &same
			}
			return s.PoolsConcerned(before.Height)
		}
		if err != nil && !errors.Is(err, chain.ErrNotFound) {
			return nil, err
		}
	}
	open := slices.DeleteFunc(pool.Statuses(), func(x pool.Status) bool { return x == pool.Closed })
	return s.Pools(store.PoolFilter{Status: open})
}

// addPools enters pools that changed.
func (v *survey) addPools(s *store.Snapshot, rows []store.PoolRow) error {
	for some := range slices.Chunk(rows, atOnce) {
		numbers := make([]int64, len(some))
		for i := range some {
			numbers[i] = some[i].Num
		}
		sums, err := s.Sums(numbers, v.tip.Height)
		if err != nil {
			return err
		}
		for i := range some {
			p := &surveyed{PoolRow: some[i], paid: -1}
			if x, found := sums[p.Num]; found {
				p.paid = x.LastPaid
			}
			if v.pools[p.ID] = p; p.Status == pool.Closed {
				delete(v.pools, p.ID)
			}
		}
	}
	return nil
}

// addPayouts enters how long payouts have been waiting, which changes with every block.
func (v *survey) addPayouts(s *store.Snapshot) error {
	for _, p := range v.pools {
		p.overdue, p.waiting = 0, 0
	}
	return s.EachPending(func(po *store.Payout) bool {
		if p := v.pools[po.Pool]; p != nil {
			p.waiting = max(p.waiting, v.tip.Height-po.ValidFrom)
			if store.Overdue(po.ValidFrom, v.tip.Height) {
				p.overdue++
			}
		}
		return true
	})
}

// watchPools opens the database for surveys, once it can be read, until stop is called.
func (d *Daemon) watchPools(ctx context.Context) (stop func()) {
	if d.cfg.Metrics == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		reader, err := d.openReader(ctx)
		if err != nil {
			return
		}
		defer d.closeReader(reader)
		d.survey.open(reader)
		<-ctx.Done()
		d.survey.open(nil)
	}()
	return func() {
		cancel()
		<-done
	}
}
