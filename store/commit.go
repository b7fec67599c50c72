package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// Commit stores a step of the ledger in one transaction. It checks that the database ends where the step begins. If the database already
// ends where the step ends, an earlier attempt succeeded and there is nothing to do. If it ends anywhere else, Commit returns ErrOvertaken.
func (s *Store) Commit(ctx context.Context, c *chain.Change) error {
	err := s.use(ctx, func() error { return s.commitOnce(ctx, c) })
	if errors.Is(err, ErrLocked) {
		if last, unread := s.engine.last(ctx); unread == nil {
			if _, moved := due(last, c); moved != nil {
				err = moved
			}
		}
	}
	return s.place.name(ctx, err)
}

// due reports whether a step must still be written to a database that ends in a block.
func due(last pool.Tip, c *chain.Change) (bool, error) {
	switch last {
	case c.From:
		return true, nil
	case c.Tip:
		return false, nil
	}
	return false, fmt.Errorf("%w, or a backup was restored: it ends at block %d (%s), but the ledger's step goes from block %d (%s) to block %d (%s)", ErrOvertaken,
		last.Height, last.Hash, c.From.Height, c.From.Hash, c.Tip.Height, c.Tip.Hash)
}

func (s *Store) commitOnce(ctx context.Context, c *chain.Change) error {
	tx, err := s.engine.begin(ctx, s.conn, s.q)
	if err != nil {
		return err
	}
	w := &writer{ctx: ctx, tx: tx, q: tx.queries(), net: &s.net, numbers: newNumbers(&s.known)}
	err = s.role.held(ctx, tx, s.reads.holder)
	write := false
	if err == nil {
		write, err = w.due(c)
	}
	if err == nil && write {
		s.ends = &ends{c.From, c.Tip} // whether an attempt succeeded may stay unknown
		err = w.change(c)
		if err == nil {
			err = s.show(ctx, w.q, c.Tip.Height)
		}
		if err == nil {
			err = tx.announce(ctx, c.Tip)
		}
	}
	if first := tx.failed(); first != nil {
		err = first
	}
	if err != nil || !write {
		tx.Rollback() //nolint:errcheck // if it fails, the connection has failed, and the transaction ends with it
		s.known.forget()
		return err
	}
	if err := tx.Commit(); err != nil {
		s.known.forget()
		return err
	}
	s.ends = &ends{c.Tip, c.Tip}
	s.known.keep(w.numbers)
	return nil
}

// writer writes a step in a transaction.
type writer struct {
	ctx     context.Context
	tx      transaction
	q       *db.Queries
	net     *pool.Params
	numbers *numbers
	opened  []*pool.Head // pools above the base that are not written yet, in the order of their numbers
	ones    []one
}

// one is a statement that must change one row.
type one struct {
	result sql.Result
	what   func() string // for an error
}

// one notes a statement that must change one row, to check many of them at once: each check is a round trip.
func (w *writer) one(result sql.Result, err error, what func() string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what(), err)
	}
	if w.ones = append(w.ones, one{result, what}); len(w.ones) < mostRows {
		return nil
	}
	return w.checkOnes()
}

// checkOnes checks the statements noted.
func (w *writer) checkOnes() error {
	list := w.ones
	w.ones = nil
	for _, x := range list {
		n, err := x.result.RowsAffected()
		if err == nil && n != 1 {
			err = fmt.Errorf("%d rows instead of 1; %s", n, Damaged)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", x.what(), err)
		}
	}
	return nil
}

func (w *writer) due(c *chain.Change) (bool, error) {
	last, err := lastBlock(w.ctx, w.q)
	if err != nil {
		return false, err
	}
	return due(last, c)
}

func (w *writer) change(c *chain.Change) error {
	t, err := w.tally(c)
	if err != nil {
		return err
	}
	if err := w.rewind(c); err != nil {
		return err
	}
	if err := t.start(c); err != nil {
		return err
	}
	if err := w.records(c.Records); err != nil {
		return err
	}
	for i := range c.Pools {
		if p := &c.Pools[i]; p.InitHeight > c.Base.Height {
			w.opened = append(w.opened, p)
		}
	}
	slices.SortStableFunc(w.opened, func(a, b *pool.Head) int { return cmp.Compare(a.InitHeight, b.InitHeight) }) // they are sorted by id
	keep := c.Tip.Height - c.Reorg
	for rest := c.Blocks; len(rest) > 0; {
		n := together(rest)
		if err := w.blocks(rest[:n], keep); err != nil {
			return err
		}
		if err := t.blocks(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if err := w.blocks(nil, keep); err != nil {
		return err
	}
	forget := db.ForgetUndoParams{Height: int64(keep) - int64(len(c.Blocks)) - 1, Height_2: int64(keep)}
	if err := w.q.ForgetUndo(w.ctx, forget); err != nil {
		return err
	}
	for i := range c.Pools {
		if p := &c.Pools[i]; p.InitHeight <= c.Base.Height {
			if err := w.updatePool(p); err != nil {
				return err
			}
		}
	}
	if err := w.checkOnes(); err != nil {
		return err
	}
	return t.finish(c)
}

// rewind removes what lies above the step's base, which must then be the last block.
func (w *writer) rewind(c *chain.Change) error {
	if c.Back == 0 {
		return nil
	}
	w.numbers.before.forget()
	h := int32(c.Base.Height)
	for _, undo := range []func(context.Context, int32) error{
		w.q.DeletePledgesAbove, w.q.DeletePledgeTicketsAbove, w.q.DeleteEventsAbove, w.q.DeleteClaimsAbove, w.q.DeleteEarningsAbove,
		w.q.DeletePayoutsAbove, w.q.DeletePoolSumsAbove, w.q.DeleteNetworkSumsAbove, w.q.DeleteNamesAbove,
	} {
		if err := undo(w.ctx, h); err != nil {
			return err
		}
	}
	if err := w.q.DeletePoolsAbove(w.ctx, int64(h)); err != nil {
		return err
	}
	above := sql.NullInt32{Int32: h, Valid: true}
	for _, undo := range []func(context.Context, sql.NullInt32) error{
		w.q.ReopenPledgesAbove, w.q.UnpayPayoutsAbove, w.q.UncancelPayoutsAbove,
	} {
		if err := undo(w.ctx, above); err != nil {
			return err
		}
	}
	n, err := w.q.DeleteBlocksAbove(w.ctx, int64(h))
	if err != nil {
		return err
	}
	if n != int64(c.Back) {
		return fmt.Errorf("the database had %d blocks above block %d instead of %d; %s", n, h, c.Back, Damaged)
	}
	last, err := lastBlock(w.ctx, w.q)
	if err == nil && last != c.Base {
		err = fmt.Errorf("the database has block %d (%s) where the ledger has block %d (%s); %s", last.Height, last.Hash, h,
			c.Base.Hash, Damaged)
	}
	return err
}

func (w *writer) records(list []pool.Record) error {
	put := newBulk("records", "kind key value")
	put.tail = " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"
	drop := make(map[pool.RecordKind][][]byte)
	for _, r := range list {
		if r.Value == nil {
			drop[r.Kind] = append(drop[r.Kind], r.Key)
		} else if err := w.put(&put, int16(r.Kind), r.Key, r.Value); err != nil {
			return fmt.Errorf("records: %w", err)
		}
	}
	err := w.write(&put)
	for _, kind := range pool.RecordKinds() {
		if err == nil {
			err = w.drop(kind, drop[kind])
		}
	}
	if err != nil {
		return fmt.Errorf("records: %w", err)
	}
	return nil
}

// drop deletes records of a kind.
func (w *writer) drop(kind pool.RecordKind, keys [][]byte) error {
	return listed(w.tx, fmt.Sprintf("DELETE FROM records WHERE kind = %d AND key", kind), keys, func(statement string, args []any) error {
		_, err := w.tx.ExecContext(w.ctx, statement, args...)
		return err
	})
}
