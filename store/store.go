// Package store keeps a ledger in SQL: the state as records, the chain with its undo records, and history that people ask for.
// One SQL transaction holds one step of the ledger, whole. SQLite is the default, PostgreSQL serves more than one machine; the
// schema means the same on both. The rules are package pool's, none is here.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// Store is a ledger's database, held by one writer.
type Store struct {
	net    pastel.Network
	conn   *sql.Conn // all of a writer's statements, so that losing it loses the writer's lock and the transaction at once
	closed []func() error
	begin  func(context.Context, *sql.Conn) (transaction, error)
	scan   func(ctx context.Context, conn *sql.Conn, kind pool.RecordKind, f func(key, value []byte) error) error
	q      *db.Queries // outside of transactions
}

var _ chain.Store = (*Store)(nil)

// transaction is a step being written.
type transaction interface {
	queries() *db.Queries
	Commit() error
	Rollback() error
}

// ErrLocked says that another process writes to the database: wait for it to end, or read only.
var ErrLocked = errors.New("another process writes to this database")

// IsPostgres reports whether a database is named by a PostgreSQL URL; anything else is the path of an SQLite file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Open opens the database for writing, makes or upgrades its tables, and takes the writer's lock: ErrLocked if it is taken. The
// database is a PostgreSQL URL or the path of an SQLite file, which is made if it is missing.
func Open(ctx context.Context, database string, net pastel.Network) (*Store, error) {
	open := openSQLite
	if IsPostgres(database) {
		open = openPostgres
	}
	s := &Store{net: net}
	if err := open(ctx, database, s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close gives the lock back and closes the database.
func (s *Store) Close() error {
	var errs []error
	for i := len(s.closed) - 1; i >= 0; i-- {
		errs = append(errs, s.closed[i]())
	}
	s.closed = nil
	return errors.Join(errs...)
}

// onClose has Close call f, last first.
func (s *Store) onClose(f func() error) { s.closed = append(s.closed, f) }

// Undo returns the record that takes the block at h back; chain.ErrNotFound if it is not kept any more.
func (s *Store) Undo(ctx context.Context, h pastel.Height) (*pool.Undo, error) {
	b, err := s.q.UndoAt(ctx, int64(h))
	if errors.Is(err, sql.ErrNoRows) || err == nil && b == nil {
		return nil, fmt.Errorf("undo record of block %d: %w", h, chain.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read the undo record of block %d: %w", h, err)
	}
	u, err := pool.DecodeUndo(b)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w: the database is damaged, start with an empty one", h, err)
	}
	return u, nil
}

// HashAt returns the hash of the block at h; chain.ErrNotFound if there is none.
func (s *Store) HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error) {
	b, err := s.q.BlockAt(ctx, int64(h))
	if errors.Is(err, sql.ErrNoRows) {
		return pastel.BlockHash{}, fmt.Errorf("block %d: %w", h, chain.ErrNotFound)
	}
	if err != nil {
		return pastel.BlockHash{}, fmt.Errorf("read block %d: %w", h, err)
	}
	return hash32[pastel.BlockHash](b.Hash)
}

var errColumn = errors.New("a hash in the database is not of 32 bytes: it is damaged, start with an empty one")

func hash32[T ~[32]byte](b []byte) (T, error) {
	if len(b) != 32 {
		return T{}, errColumn
	}
	return T(b), nil
}
