package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
)

// ErrOvertaken says that another writer has taken over the database, or that it no longer ends where the ledger does. The ledger must be
// opened again.
var ErrOvertaken = errors.New("another daemon has taken over the database")

// role is a writer's hold on a database. A lock is not proof enough: a pooler or a broken connection may give it to another writer unnoticed,
// and two names of a file have two locks. So a row of the database names the writer, and every transaction that writes checks it.
type role struct {
	epoch  int64
	holder string // random
}

// asking reads rows: a connection or a transaction.
type asking interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// writerRow reads who holds the role.
const writerRow = "SELECT epoch, holder FROM writer"

// take gives the writer's role to this store. It waits for transactions of the writer before, which it stops from making more.
func (s *Store) take(ctx context.Context) error {
	tx, err := s.engine.begin(ctx, s.conn, s.q)
	if err != nil {
		return err
	}
	mine := role{holder: rand.Text()}
	if s.reads.brief != "" {
		_, err = s.conn.ExecContext(ctx, s.reads.brief)
	}
	if err == nil {
		mine.epoch, err = tx.queries().TakeRole(ctx, mine.holder)
	}
	if err != nil {
		tx.Rollback() //nolint:errcheck // the first error matters
		if lockTimeOut(err) {
			return fmt.Errorf("%w: %w", ErrLocked, err)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.role = mine
	return nil
}

// held returns ErrOvertaken unless the role is still this writer's; query reads whose it is.
func (r role) held(ctx context.Context, q asking, query string) error {
	var now role
	err := q.QueryRowContext(ctx, query).Scan(&now.epoch, &now.holder)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%w: its table of writers is empty", ErrOvertaken)
	case err != nil:
		return err
	case now != r:
		return fmt.Errorf("%w: it is in another writer's epoch %d; this daemon's was %d", ErrOvertaken, now.epoch, r.epoch)
	}
	return nil
}

// Held returns ErrOvertaken if another writer has taken over the database. Call it every few seconds: it keeps the lock alive.
func (s *Store) Held(ctx context.Context) error {
	return s.use(ctx, func() error {
		if err := s.engine.keep(ctx); err != nil {
			s.drop() //nolint:errcheck // the first error matters
			return err
		}
		return s.place.name(ctx, s.role.held(ctx, s.conn, writerRow))
	})
}
