// Package store keeps a ledger in SQL: the state as records, the chain with its undo records, and the history that people query. Each SQL
// transaction stores exactly one step of the ledger. SQLite is the default; PostgreSQL serves several machines. The schema means the same
// in both. The package contains no rules; they are in package pool.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// Store is a ledger's database, held by one writer. It is safe for concurrent use.
type Store struct {
	net    pool.Params
	place  place
	closed []func() error
	engine writing
	reads  engine
	role   role

	emptied int64         // blocks
	keep    pastel.Height // blocks of history; 0 for all
	pruned  pastel.Height // the first block that Prune did not reach; -1 before it was called

	mu    sync.Mutex // serializes use of the connection
	conn  *sql.Conn  // for all of a writer's statements, so that losing it loses the writer's lock and the transaction at once; nil if lost
	q     *db.Queries
	ends  *ends
	known known // of the tables that number texts
	ended bool
}

// ends are the blocks in which the database may end unless another process wrote to it; nil before the ledger is loaded.
type ends [2]pool.Tip

// writing is what differs between the databases, for writers.
type writing interface {
	// connect opens the writer's connection and takes its lock; ErrLocked if it is taken.
	connect(ctx context.Context) (*sql.Conn, *db.Queries, error)
	// leave releases the lock and closes the connection, which may be lost.
	leave(*sql.Conn, *db.Queries) error
	// idle reports whether the connection works and has no open transaction.
	idle(*sql.Conn) bool
	// keep returns an error if the lock is lost. It is called every few seconds.
	keep(ctx context.Context) error
	// last reads the last block without the lock.
	last(ctx context.Context) (pool.Tip, error)
	// another returns connections of their own, for the same database.
	another() (*sql.DB, error)
	// begin begins a transaction that writes.
	begin(ctx context.Context, conn *sql.Conn, q *db.Queries) (transaction, error)
	// scan passes the records of a kind to f, which must not keep them.
	scan(ctx context.Context, conn *sql.Conn, kind pool.RecordKind, f func(key, value []byte) error) error
}

var _ chain.Store = (*Store)(nil)

// transaction is a step being written.
type transaction interface {
	queries() *db.Queries
	asking
	// text returns a statement's text in the engine's form.
	text(s statement) string
	// arrays reports whether a statement can take a list as one array.
	arrays() bool
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	// failed returns the first error of a statement; later errors may only follow from it.
	failed() error
	// announce tells readers of the database's last block once the transaction is committed.
	announce(ctx context.Context, tip pool.Tip) error
	Commit() error
	Rollback() error
}

// ErrLocked says that another process writes to the database. Wait until it ends, or only read.
var ErrLocked = errors.New("another process writes to this database")

// Open opens the database for writing, creates or upgrades its tables, and takes the writer's lock and role; ErrLocked if the lock is taken.
// The database is a PostgreSQL URL, or the path of an SQLite file, which is created if missing.
func Open(ctx context.Context, database string, net pool.Params) (*Store, error) {
	return OpenAs(ctx, rand.Text(), database, net)
}

// OpenAs is Open for a writer that opens the database again after it lost it: under the same name, which no other writer has, it ends
// PostgreSQL sessions that it lost and the server still believes in.
func OpenAs(ctx context.Context, writer, database string, net pool.Params) (*Store, error) {
	if err := Check(database); err != nil {
		return nil, err
	}
	open := openSQLite
	if IsPostgres(database) {
		open = openPostgres
	}
	s := &Store{net: net, pruned: -1}
	err := open(ctx, writer, database, s)
	if err == nil {
		err = s.place.name(ctx, s.take(ctx))
	}
	if err == nil {
		err = s.place.name(ctx, s.remember(ctx))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// remember reads what the database says about an upgrade. It counts no more once the ledger has a block.
func (s *Store) remember(ctx context.Context) error {
	last, err := lastBlock(ctx, s.q)
	if err != nil || last.Height >= 0 {
		return err
	}
	h, err := s.q.History(ctx)
	s.emptied = h.Emptied
	return err
}

// Emptied returns the number of blocks that an upgrade of the tables deleted, because an earlier release kept their ledger in other tables; 0 once
// the ledger has a block again. It must be rebuilt from the chain; the subscriptions to alerts and their messages are still there.
func (s *Store) Emptied() int64 { return s.emptied }

// Close releases the lock and closes the database.
func (s *Store) Close() error {
	var errs []error
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.conn != nil {
		errs = append(errs, s.drop())
	}
	for i := len(s.closed) - 1; i >= 0; i-- {
		errs = append(errs, s.closed[i]())
	}
	s.closed = nil
	return errors.Join(errs...)
}

var errClosed = errors.New("the database was closed")

// connectPatience limits how long reconnecting a writer may take.
const connectPatience = 10 * time.Second

// use runs f on the writer's connection. It first replaces a lost connection, including its lock, and returns ErrOvertaken if another
// process wrote in the meantime. It drops a connection that f leaves in an unknown state.
func (s *Store) use(ctx context.Context, f func() error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errClosed
	}
	if s.conn == nil {
		connecting, cancel := context.WithTimeout(ctx, connectPatience)
		defer cancel()
		if s.conn, s.q, err = s.engine.connect(connecting); err != nil {
			s.conn, s.q = nil, nil
			return s.place.explain(ctx, err)
		}
		if err = s.role.held(connecting, s.conn, writerRow); err == nil {
			err = s.overtaken(connecting)
		}
		if err != nil {
			s.drop() //nolint:errcheck // the first error matters
			return s.place.name(ctx, err)
		}
	}
	if err = f(); err != nil && s.conn != nil && !s.engine.idle(s.conn) {
		s.drop() //nolint:errcheck // the first error matters
	}
	return s.place.explain(ctx, err)
}

// overtaken returns ErrOvertaken if the database, after its lock was lost, ends elsewhere than this writer left it.
func (s *Store) overtaken(ctx context.Context) error {
	if s.ends == nil {
		return nil
	}
	last, err := lastBlock(ctx, s.q)
	if err == nil && !slices.Contains(s.ends[:], last) {
		err = fmt.Errorf("%w, or a backup was restored: it ends at block %d (%s), but the ledger at block %d (%s)", ErrOvertaken, last.Height,
			last.Hash, s.ends[1].Height, s.ends[1].Hash)
	}
	return err
}

func (s *Store) drop() error {
	err := s.engine.leave(s.conn, s.q)
	s.conn, s.q = nil, nil
	s.known.forget()
	return err
}

// onClose makes Close call f; the last f comes first.
func (s *Store) onClose(f func() error) { s.closed = append(s.closed, f) }

// Undo returns the undo record of the block at h; chain.ErrNotFound if it is no longer kept.
func (s *Store) Undo(ctx context.Context, h pastel.Height) (u *pool.Undo, err error) {
	err = s.use(ctx, func() error {
		u, err = undoAt(ctx, s.q, h)
		return err
	})
	return u, err
}

func undoAt(ctx context.Context, q *db.Queries, h pastel.Height) (*pool.Undo, error) {
	b, err := q.UndoAt(ctx, int64(h))
	if errors.Is(err, sql.ErrNoRows) || err == nil && b == nil {
		return nil, fmt.Errorf("undo record of block %d: %w", h, chain.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read the undo record of block %d: %w", h, err)
	}
	u, err := pool.DecodeUndo(b)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w; %s", h, err, Damaged)
	}
	return u, nil
}

// HashAt returns the hash of the block at h; chain.ErrNotFound if there is none.
func (s *Store) HashAt(ctx context.Context, h pastel.Height) (hash pastel.BlockHash, err error) {
	err = s.blockAt(ctx, h, func(b *db.BlockAtRow) (err error) {
		hash, err = hash32[pastel.BlockHash](b.Hash)
		return err
	})
	return hash, err
}

// TimeAt returns the time of the block at h, seconds since 1970; chain.ErrNotFound if there is none.
func (s *Store) TimeAt(ctx context.Context, h pastel.Height) (seconds int64, err error) {
	err = s.blockAt(ctx, h, func(b *db.BlockAtRow) error {
		seconds = b.Time
		return nil
	})
	return seconds, err
}

func (s *Store) blockAt(ctx context.Context, h pastel.Height, f func(*db.BlockAtRow) error) error {
	return s.use(ctx, func() error {
		b, err := s.q.BlockAt(ctx, int64(h))
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("block %d: %w", h, chain.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("read block %d: %w", h, err)
		}
		return f(&b)
	})
}

// lastBlock returns the database's last block; height -1 if it has none.
func lastBlock(ctx context.Context, q *db.Queries) (tip pool.Tip, err error) {
	b, err := q.LastBlock(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return pool.Tip{Height: -1}, nil
	}
	if err != nil {
		return tip, err
	}
	tip.Height = pastel.Height(b.Height)
	if tip.Hash, err = hash32[pastel.BlockHash](b.Hash); err != nil {
		return tip, err
	}
	tip.Digest, err = hash32[pool.Digest](b.Digest)
	return tip, err
}

var errColumn = errors.New("a hash in the database does not have 32 bytes; " + Damaged)

func hash32[T ~[32]byte](b []byte) (T, error) {
	if len(b) != 32 {
		return T{}, errColumn
	}
	return T(b), nil
}

// Rebuild empties the ledger's tables, so that the next daemon rebuilds the ledger from the chain. It keeps everything that exists only
// here: subscriptions to alerts, their messages, and how far events have become messages.
func (s *Store) Rebuild(ctx context.Context) error {
	err := s.use(ctx, func() error {
		if err := s.ofThisNetwork(ctx); err != nil {
			return err
		}
		s.known.forget()
		tx, err := s.engine.begin(ctx, s.conn, s.q)
		if err != nil {
			return err
		}
		if err = s.role.held(ctx, tx, s.reads.holder); err == nil {
			err = empty(ctx, tx.queries())
		}
		if first := tx.failed(); first != nil {
			err = first
		}
		if err != nil {
			tx.Rollback() //nolint:errcheck // the first error matters
			return err
		}
		return tx.Commit()
	})
	return s.place.name(ctx, err)
}

// ofThisNetwork refuses a ledger of another network. It does not mind anything else that is wrong with one that is to be emptied.
func (s *Store) ofThisNetwork(ctx context.Context) error {
	l, err := pool.NewLoader(s.net, false)
	if err != nil {
		return err
	}
	err = s.readKind(ctx, pool.RecordTip, l)
	if other := (*pool.OtherLedgerError)(nil); errors.As(err, &other) && other.Network != other.Want {
		return err
	}
	return ctx.Err()
}

// empty deletes what the chain gives again.
func empty(ctx context.Context, q *db.Queries) error {
	for _, table := range []func(context.Context) error{
		q.EmptyRecords, q.EmptyBlocks, q.EmptyEvents, q.EmptyNames, q.EmptyPools, q.EmptyPledges, q.EmptyPledgeTickets, q.EmptyClaims,
		q.EmptyEarnings, q.EmptyPayouts, q.EmptyPoolSums, q.EmptyNetworkSums, q.EmptyNetwork, q.EmptyOperators, q.EmptyHistory,
		q.DeleteSpends, q.DeleteMempoolLooked,
	} {
		if err := table(ctx); err != nil {
			return err
		}
	}
	return nil
}
