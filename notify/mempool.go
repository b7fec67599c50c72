package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// Limits of what is asked of a node and kept of its answers.
const (
	maxWaiting  = 20_000 // transactions of its mempool that are looked at, the first of its list
	maxFetches  = 100    // in a round
	maxSpends   = 10_000 // that are kept
	maxSpendsTx = 1000   // of one transaction
)

// mempool is what waiting transactions would do to pledges.
type mempool struct {
	stored  map[pastel.TxID][]store.Spend // as the database has them
	tip     pastel.BlockHash              // that the following was said at
	said    map[pastel.TxID][]store.Spend // for each transaction that was looked at
	changes int                           // of what is stored
}

func newMempool(spends []store.Spend) mempool {
	m := mempool{stored: map[pastel.TxID][]store.Spend{}, said: map[pastel.TxID][]store.Spend{}}
	for _, x := range spends {
		m.stored[x.TxID] = append(m.stored[x.TxID], x)
	}
	return m
}

// watchMempool asks the ledger what the next block would make of transactions that wait to be mined, some of them a round, and of
// all of them again when the ledger has moved. What one that is gone did is forgotten only at the node's own tip: it may be mined in
// a block that the ledger does not have yet.
func (s *Service) watchMempool(ctx context.Context) error {
	if s.cfg.Node == nil {
		return nil
	}
	ids, err := s.cfg.Node.Mempool(ctx)
	if err != nil {
		return fmt.Errorf("ask the node for its mempool: %w", err)
	}
	height, hash, err := s.cfg.Node.Tip(ctx)
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
	for _, id := range ids[:min(len(ids), maxWaiting)] {
		waiting[id] = true
	}
	for id := range m.said {
		if !waiting[id] {
			delete(m.said, id)
		}
	}
	looked := s.look(ctx, waiting)
	return errors.Join(looked, s.keepSpends(ctx, waiting))
}

// look asks about transactions that were not looked at yet, those first that did something before. It ends with the first answer
// that is wrong: the next round begins with another, as the order is random.
func (s *Service) look(ctx context.Context, waiting map[pastel.TxID]bool) error {
	fetches := 0
	one := func(id pastel.TxID) error {
		if _, done := s.mempool.said[id]; done || !waiting[id] || fetches == maxFetches {
			return nil
		}
		fetches++
		spends, err := s.wouldSpend(ctx, id)
		if err == nil {
			s.mempool.said[id] = spends
		}
		return err
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
	return nil
}

// wouldSpend returns what the next block would make of a transaction. One that no block could hold does nothing.
func (s *Service) wouldSpend(ctx context.Context, id pastel.TxID) ([]store.Spend, error) {
	raw, err := s.cfg.Node.RawTx(ctx, id)
	if errors.Is(err, chain.ErrNotFound) { // gone since the list was made
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
	events, _, err := s.cfg.Ledger.Try(tx, uint32(now))
	if rule := (*pool.BlockError)(nil); errors.As(err, &rule) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []store.Spend
	for i := range events {
		e := &events[i]
		if (e.Type == pool.PledgeLeft || e.Type == pool.PledgeMoved) && len(list) < maxSpendsTx {
			list = append(list, store.Spend{
				TxID: id, Pool: e.Pool, PastelID: e.PastelID, Pledge: int64(e.Pledge), Outcome: e.Type, Forfeited: e.Forfeited, Seen: now,
			})
		}
	}
	return list, nil
}

// keepSpends brings the database up to date. What is said of a transaction that waits still stands until it is looked at again.
func (s *Service) keepSpends(ctx context.Context, waiting map[pastel.TxID]bool) error {
	m := &s.mempool
	next := map[pastel.TxID][]store.Spend{}
	var put, gone []store.Spend
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
	if len(put) == 0 && len(gone) == 0 {
		return nil
	}
	err := s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
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
		return nil
	})
	if err == nil {
		m.stored = next
		m.changes++
	}
	return err
}

func contains(list []store.Spend, pledge int64) bool {
	for i := range list {
		if list[i].Pledge == pledge {
			return true
		}
	}
	return false
}

// same reports whether a list has a spend, whenever it was seen.
func same(list []store.Spend, x *store.Spend) bool {
	for _, y := range list {
		if y.Seen = x.Seen; y == *x {
			return true
		}
	}
	return false
}
