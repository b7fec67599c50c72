package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Limits of what a node is asked and of what is kept of its answers.
const (
	maxWaiting  = 20_000 // transactions of its mempool, the first in its list
	maxFetches  = 100    // transactions that one round asks for
	maxSpends   = 10_000 // kept in all
	maxSpendsTx = 1000   // kept of one transaction
)

// mempool is what unmined transactions would do to pledges.
type mempool struct {
	stored  map[pastel.TxID][]store.Spend // as the database has them
	tip     pastel.BlockHash              // at which what follows holds
	said    map[pastel.TxID][]store.Spend // for each transaction examined at that tip
	changes int                           // how often what is stored changed
	looked  store.MempoolLook             // when all of the mempool was last examined, as the database has it
}

// lookedEvery is how often the database records that all of the mempool was examined. Daemons that only read it know no later look.
const lookedEvery = 10 * time.Second

// Look says when the whole of a node's mempool was last examined.
type Look struct {
	Height pastel.Height // of the ledger's last block then
	Began  time.Time     // what was sent earlier was seen
}

// Looked returns the last look; false if there was none since the service started.
func (s *Service) Looked() (Look, bool) {
	if l := s.looked.Load(); l != nil {
		return *l, true
	}
	return Look{}, false
}

func newMempool(spends []store.Spend) mempool {
	m := mempool{stored: map[pastel.TxID][]store.Spend{}, said: map[pastel.TxID][]store.Spend{}}
	for _, x := range spends {
		m.stored[x.TxID] = append(m.stored[x.TxID], x)
	}
	return m
}

// watchMempool asks the ledger what unmined transactions would do in the next block: a limited number in each round, and all of
// them again once the ledger has moved. What a transaction that disappeared would have done is forgotten only when the ledger is at the
// node's tip, as it may be in a block that the ledger does not have yet.
func (s *Service) watchMempool(ctx context.Context) error {
	node := s.node()
	if node == nil {
		return nil
	}
	began := s.cfg.Now()
	ids, odd, err := node.Mempool(ctx)
	if err != nil {
		return fmt.Errorf("ask the node for its mempool: %w", err)
	}
	height, hash, err := node.Tip(ctx)
	if err != nil {
		return fmt.Errorf("ask the node for its tip: %w", err)
	}
	tip := s.cfg.Ledger.Last()
	if tip.Hash != hash || tip.Height != height {
		return nil
	}
	m := &s.mempool
	if m.tip != tip.Hash {
		m.tip, m.said = tip.Hash, map[pastel.TxID][]store.Spend{}
	}
	waiting := make(map[pastel.TxID]bool, min(len(ids), maxWaiting))
	whole := odd == 0 // otherwise nobody can say that no coins are about to be spent
	for _, id := range ids {
		// If the list is too long, a transaction that is known to spend something still counts, wherever it stands.
		if len(waiting) < maxWaiting || m.stored[id] != nil {
			waiting[id] = true
		}
		whole = whole && waiting[id]
	}
	for id := range m.said {
		if !waiting[id] {
			delete(m.said, id)
		}
	}
	looked := s.viewMempool(ctx, node, waiting)
	return errors.Join(looked, s.keepSpends(ctx, Look{tip.Height, began}, waiting, whole && len(m.said) == len(waiting)))
}

// viewMempool examines transactions that were not examined at this tip yet, beginning with those known to spend something. One that the node
// cannot give holds up none of the others; a node that is away ends the round.
func (s *Service) viewMempool(ctx context.Context, node Node, waiting map[pastel.TxID]bool) error {
	fetches := 0
	tried := map[pastel.TxID]bool{}
	var wrong error // the first
	one := func(id pastel.TxID) error {
		if _, done := s.mempool.said[id]; done || tried[id] || !waiting[id] || fetches == maxFetches {
			return nil
		}
		fetches++
		tried[id] = true
		spends, err := s.wouldSpend(ctx, node, id)
		switch {
		case errors.Is(err, errMoved):
			return nil
		case err == nil:
			s.mempool.said[id] = spends
		case errors.Is(err, chain.ErrAway), ctx.Err() != nil:
			return err
		case wrong == nil:
			wrong = err
		}
		return nil
	}
	for id := range s.mempool.stored {
		if err := one(id); err != nil {
			return err
		}
	}
	for id := range waiting {
		if err := one(id); err != nil {
			return err
		}
	}
	return wrong
}

// errMoved says that the node or the ledger moved meanwhile; the next round asks again.
var errMoved = errors.New("the chain moved")

// wouldSpend returns what a transaction would do in the next block. One that no block can hold does nothing.
func (s *Service) wouldSpend(ctx context.Context, node Node, id pastel.TxID) ([]store.Spend, error) {
	raw, err := node.RawTx(ctx, id)
	if errors.Is(err, chain.ErrNotFound) { // gone since the list was made, perhaps into a block
		if s.mempool.stored[id] != nil {
			return nil, errMoved
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask the node for transaction %s: %w", id, err)
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return nil, nil //nolint:nilerr // no block can hold it
	}
	now := s.cfg.Now().Unix()
	events, at, err := s.cfg.Ledger.Simulate(tx, uint32(now))
	rule := (*pool.BlockError)(nil)
	refused := errors.As(err, &rule)
	switch {
	case err != nil && !refused:
		return nil, err
	case at.Hash != s.mempool.tip:
		return nil, errMoved
	case refused:
		return nil, nil
	}
	return outcomes(events, id, now), nil
}

// outcomes returns the worst that a transaction does to each pledge: one may be reduced first, and move or leave at the block's end.
func outcomes(events []pool.Event, id pastel.TxID, now int64) (list []store.Spend) {
	known := map[uint64]bool{}
	for _, outcome := range []pool.EventType{pool.PledgeLeft, pool.PledgeReduced, pool.PledgeMoved} {
		for i := range events {
			e := &events[i]
			if e.Type != outcome || known[e.Pledge] || len(list) == maxSpendsTx {
				continue
			}
			known[e.Pledge] = true
			list = append(list, store.Spend{
				TxID: id, Pool: e.Pool, PastelID: e.PastelID, Pledge: int64(e.Pledge), Outcome: outcome, Forfeited: e.Forfeited, Seen: now,
			})
		}
	}
	return list
}

// keepSpends updates the database, including when all of the mempool was last examined, if this look did.
func (s *Service) keepSpends(ctx context.Context, look Look, waiting map[pastel.TxID]bool, all bool) error {
	m := &s.mempool
	next, put, gone := m.compare(waiting)
	looked := m.looked
	if at := look.Began.Unix(); all && (looked.Height != look.Height || at < looked.At || at-looked.At >= int64(lookedEvery/time.Second)) {
		looked = store.MempoolLook{Height: look.Height, At: at}
	}
	if len(put) == 0 && len(gone) == 0 && looked == m.looked {
		if all {
			s.looked.Store(&look)
		}
		return nil
	}
	stale := false
	err := s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		// The ledger moves before its block is stored. In between, what the block mined is neither waiting nor known to have happened.
		tip, err := x.Tip()
		if stale = tip.Hash != m.tip; stale {
			if errors.Is(err, chain.ErrNotFound) {
				err = nil
			}
			return err
		}
		for i := range gone {
			if err := x.DeleteSpend(&gone[i]); err != nil {
				return err
			}
		}
		for i := range put {
			if err := x.PutSpend(&put[i]); err != nil {
				return err
			}
		}
		if looked == m.looked {
			return nil
		}
		return x.SetMempoolLooked(looked)
	})
	if err != nil || stale {
		return err
	}
	if len(put) > 0 || len(gone) > 0 {
		m.changes++
	}
	m.stored, m.looked = next, looked
	if all {
		s.looked.Store(&look)
	}
	return nil
}

// compare returns what is to be stored from now on, and the changes that make it so. What was found of a transaction that still waits
// stands until it is examined again.
func (m *mempool) compare(waiting map[pastel.TxID]bool) (next map[pastel.TxID][]store.Spend, put, gone []store.Spend) {
	next = map[pastel.TxID][]store.Spend{}
	kept := 0
	for id, before := range m.stored {
		now, looked := m.said[id]
		if !looked && waiting[id] {
			now = before
		}
		for _, x := range before {
			if !contains(now, x.Pledge) {
				gone = append(gone, x)
			}
		}
		if len(now) > 0 {
			next[id] = now
			kept += len(now)
		}
	}
	for id, now := range m.said {
		if len(now) == 0 || kept+len(now) > maxSpends && next[id] == nil {
			continue
		}
		if next[id] == nil {
			next[id] = now
			kept += len(now)
		}
	}
	for id, now := range next {
		for _, x := range now {
			if !same(m.stored[id], &x) {
				put = append(put, x)
			}
		}
	}
	return next, put, gone
}

func contains(list []store.Spend, pledge int64) bool {
	for i := range list {
		if list[i].Pledge == pledge {
			return true
		}
	}
	return false
}

// same reports whether a list contains a spend, whenever it was first seen.
func same(list []store.Spend, x *store.Spend) bool {
	for _, y := range list {
		if y.Seen = x.Seen; y == *x {
			return true
		}
	}
	return false
}
