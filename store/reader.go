package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// Reader reads a ledger's database without ever blocking its writer. It is safe for concurrent use.
type Reader struct {
	net    pool.Params
	shadow bool
	place  place
	pool   *sql.DB
	engine engine
	// listens are the settings of a connection that hears of blocks; nil if none can.
	listens *pgx.ConnConfig
}

// engine is what the databases express in different words.
type engine struct {
	begin  string // a transaction that sees one state and writes nothing
	write  string // a transaction that sees one state and writes
	brief  string // limits how long the transaction waits for others; empty if it waits for no more than seconds anyway
	holder string // reads who holds the writer's role, and keeps others from taking it until the transaction ends
	worth  string // the value of an output, from its record, in hex digits
	claims string // the claims at places, as c
}

// SQLite's lock is taken at the start of a transaction that writes, because one that begins as a read may not become a write. No other
// transaction can then write to any table.
var (
	sqliteReads = engine{begin: "BEGIN", write: "BEGIN IMMEDIATE", holder: writerRow, worth: sqliteWorth, claims: "claims c"}

	postgresReads = engine{
		begin:  "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
		write:  "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ WRITE",
		brief:  "SET LOCAL lock_timeout = '5s'",
		holder: writerRow + " FOR SHARE",
		worth:  postgresWorth,
		// OFFSET makes the planner look up each place. It would read all claims if some address had the fees of very many pools, whoever is asked for.
		claims: "LATERAL (SELECT * FROM claims WHERE pool = places.pool AND address = places.address OFFSET 0) AS c",
	}
)

const rollback = "ROLLBACK"

// maxReaders limits the connections of a Reader. More would only compete for processors.
const maxReaders = 8

// OpenReader opens a database that a writer has created for the same network. Its errors say what to do.
func OpenReader(ctx context.Context, database string, net pool.Params, shadow bool) (*Reader, error) {
	if err := Check(database); err != nil {
		return nil, err
	}
	r := &Reader{net: net, shadow: shadow}
	var err error
	if IsPostgres(database) {
		err = r.openPostgres(ctx, database)
	} else {
		err = r.openSQLite(database)
	}
	if err != nil {
		return nil, err
	}
	r.pool.SetMaxOpenConns(maxReaders)
	r.pool.SetMaxIdleConns(maxReaders)
	err = r.View(ctx, func(s *Snapshot) error {
		if err := s.checkVersion(); err != nil {
			return err
		}
		return s.checkNetwork()
	})
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) openPostgres(ctx context.Context, database string) error {
	cfg, err := postgresConfig(database)
	if err != nil {
		return err
	}
	r.engine, r.place = postgresReads, postgresPlace(cfg)
	r.place.reads = true
	met, err := meet(ctx, cfg, false)
	if err != nil {
		return r.place.name(ctx, err)
	}
	if !met.pooled {
		r.listens = cfg
	}
	r.pool = pooled(cfg)
	return nil
}

func (r *Reader) openSQLite(path string) error {
	path, err := sqlitePath(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the database does not exist yet: start the daemon that writes it (%w)", err)
	}
	if err != nil {
		return err
	}
	connector, err := sqlite.NewConnector(sqliteURL(path, "query_only(ON)", "cache_size(-2048)"))
	if err != nil {
		return err
	}
	r.pool = sql.OpenDB(preparing{connector})
	r.engine, r.place = sqliteReads, sqlitePlace(path)
	r.place.reads = true
	return nil
}

// Kind returns the name of the database's engine, sqlite or postgresql, and the version of its tables.
func (r *Reader) Kind() (engine string, schema int64) {
	if r.place.file {
		return "sqlite", schemaVersion()
	}
	return "postgresql", schemaVersion()
}

// Close closes the connections.
func (r *Reader) Close() error { return r.pool.Close() }

// Params returns the ledger's parameters.
func (r *Reader) Params() pool.Params { return r.net }

// Shadow reports whether the ledger is a shadow run.
func (r *Reader) Shadow() bool { return r.shadow }

// View lets f read the database as of one block, unaffected by later steps of the writer. f must not keep the snapshot.
func (r *Reader) View(ctx context.Context, f func(*Snapshot) error) (err error) {
	conn, err := r.pool.Conn(ctx)
	if err != nil {
		return r.place.explain(ctx, err)
	}
	defer conn.Close() // returns it to the pool
	defer func() {     // also of a transaction that SQLite began although the context ended: whoever gets the connection next could begin none
		if _, end := conn.ExecContext(context.WithoutCancel(ctx), rollback); err == nil {
			err = r.place.explain(ctx, end)
		}
	}()
	if _, err := conn.ExecContext(ctx, r.engine.begin); err != nil {
		return r.place.explain(ctx, err)
	}
	return r.place.explain(ctx, f(&Snapshot{ctx, conn, r}))
}

// State loads the whole state, as Store.Load does, but without checking the last blocks. For the largest networks it takes seconds and
// gigabytes.
func (r *Reader) State(ctx context.Context) (state *pool.State, err error) {
	err = r.View(ctx, func(s *Snapshot) error {
		l, err := pool.NewLoader(r.net, r.shadow)
		if err != nil {
			return err
		}
		for _, kind := range pool.RecordKinds() {
			if err := s.records("WHERE kind = $1 ORDER BY key", []any{int16(kind)}, l.Add); err != nil {
				return err
			}
		}
		state, err = l.Finish()
		return err
	})
	return state, err
}

// Snapshot is a database as of one block.
type Snapshot struct {
	ctx  context.Context
	conn *sql.Conn
	r    *Reader
}

func (s *Snapshot) checkVersion() error {
	var have sql.NullInt64
	err := s.conn.QueryRowContext(s.ctx, "SELECT max(version_id) FROM "+versionTable).Scan(&have)
	if noTable(err) {
		return fmt.Errorf("the database contains no ledger yet: start the daemon that writes it (%w)", err)
	}
	if err != nil {
		return err
	}
	if have.Int64 > 0 && have.Int64 <= oldRules {
		return errOldRules
	}
	switch want := schemaVersion(); {
	case have.Int64 < want:
		return fmt.Errorf("the database's tables have version %d, but this program needs version %d: run this release for the daemon that writes them, too",
			have.Int64, want)
	case have.Int64 > want:
		return fmt.Errorf("the database's tables have version %d, but this program needs version %d: install the release of the daemon that writes them",
			have.Int64, want)
	}
	return nil
}

// checkNetwork refuses a ledger of another network or start, of which most answers would be errors and the others wrong.
func (s *Snapshot) checkNetwork() error {
	l, err := pool.NewLoader(s.r.net, s.r.shadow)
	if err != nil {
		return err
	}
	return s.records("WHERE kind = $1", []any{int16(pool.RecordTip)}, l.Add)
}

// records passes records to f, which must not keep them.
func (s *Snapshot) records(where string, args []any, f func(pool.Record) error) error {
	rows, err := s.conn.QueryContext(s.ctx, "SELECT kind, key, value FROM records "+where, args...) //nolint:gosec // a constant of this package
	if err != nil {
		return err
	}
	defer rows.Close()
	var kind uint8 // Scan refuses what is not one
	var key, value sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&kind, &key, &value); err != nil {
			return err
		}
		if err := f(pool.Record{Kind: pool.RecordKind(kind), Key: key, Value: value}); err != nil {
			return contradicts(err)
		}
	}
	return rows.Err()
}

// notFound returns chain.ErrNotFound with what was not found.
func notFound(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, chain.ErrNotFound)...)
}
