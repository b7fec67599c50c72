package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// writerLock is the key of the advisory lock held by a database's writer. The lock also includes the schema's number, so that several
// ledgers can share a database in separate schemas.
const writerLock = 0x53506f6c

// postgresWriter is a writer's PostgreSQL database.
type postgresWriter struct {
	session
	cfg  *pgx.ConnConfig
	pool *sql.DB
	name string // of its sessions; no other writer's have it
	texts
	held *pgx.Conn // behind a pooler: has an open transaction, whose lock is the writer's
}

// errOwnLock says that the server has not yet ended a session that this writer lost.
var errOwnLock = errors.New("the writer's lost session still holds the lock")

func openPostgres(ctx context.Context, writer, database string, s *Store) error {
	cfg, err := postgresConfig(database)
	if err != nil {
		return err
	}
	s.reads, s.place = postgresReads, postgresPlace(cfg)
	opening := s.place.opening()
	w := &postgresWriter{cfg: cfg, texts: make(texts), name: "smartpool writer " + writer}
	if w.session, err = meet(ctx, cfg, true); err != nil {
		return opening.name(ctx, err)
	}
	pool := stdlib.OpenDB(*w.named())
	w.pool = pool
	pool.SetMaxIdleConns(-1) // a dead idle connection would be noticed only when needed
	s.onClose(pool.Close)
	s.engine = w
	if s.conn, s.q, err = s.engine.connect(ctx); err != nil {
		return opening.name(ctx, err)
	}
	if err := claimPostgres(ctx, s.conn); err != nil {
		return opening.name(ctx, err)
	}
	none := func(int64) error { return nil } // server backups are the owner's task, and DDL runs in the migration's transaction
	return opening.name(ctx, migrate(ctx, pool, postgresMigrations, none))
}

// named returns the settings of sessions with this writer's name.
func (w *postgresWriter) named() *pgx.ConnConfig {
	cfg := w.cfg.Copy()
	cfg.RuntimeParams["application_name"] = w.name
	return cfg
}

// connect implements writing. The lock belongs to the connection or, behind a pooler, to the transaction on a connection of its own: a
// pooler would give a session and its locks to others. A lost connection holds the lock until the server notices, which can take hours, so
// connect ends that session.
func (w *postgresWriter) connect(ctx context.Context) (*sql.Conn, *db.Queries, error) {
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	if w.pooled {
		err = w.lockBehindPooler(ctx)
	} else if _, err = conn.ExecContext(ctx, noticeLoss); err == nil {
		err = w.lock("pg_try_advisory_lock", func(query string, args ...any) scanner { return conn.QueryRowContext(ctx, query, args...) })
	}
	if err != nil {
		return nil, nil, errors.Join(err, w.leave(conn, nil))
	}
	return conn, db.New(conn), nil
}

// noticeLoss has the server look after a minute whether a silent writer's machine is still there, instead of after hours: until then it holds
// the lock.
const noticeLoss = `SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
	set_config('tcp_keepalives_count', '3', false)`

// lockBehindPooler takes the lock in a transaction that stays open: it keeps its session to itself, and the lock ends with it.
func (w *postgresWriter) lockBehindPooler(ctx context.Context) (err error) {
	if w.held, err = pgx.ConnectConfig(ctx, w.named()); err != nil {
		return err
	}
	const begin = `BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;
		SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`
	if _, err := w.held.Exec(ctx, begin); err != nil {
		return err
	}
	return w.lock("pg_try_advisory_xact_lock", func(query string, args ...any) scanner { return w.held.QueryRow(ctx, query, args...) })
}

// scanner is a row of either interface of the driver.
type scanner interface{ Scan(to ...any) error }

// lock takes the writer's lock with a function of the server.
func (w *postgresWriter) lock(try string, ask func(query string, args ...any) scanner) error {
	var schema sql.NullString
	var own int
	var locked bool
	if err := ask(`SELECT count(pg_terminate_backend(a.pid)) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1 AND a.application_name = $2 AND a.pid <> pg_backend_pid()`,
		int64(writerLock), w.name).Scan(&own); err != nil {
		return err
	}
	err := ask(`SELECT current_schema(), `+try+`($1,
		coalesce((SELECT oid::bigint::bit(32)::integer FROM pg_namespace WHERE nspname = current_schema()), 0))`,
		int32(writerLock)).Scan(&schema, &locked)
	switch {
	case err != nil:
		return err
	case !schema.Valid:
		return errNoSchema
	case !locked && own > 0:
		return errOwnLock
	case !locked:
		return ErrLocked
	}
	return nil
}

// keep implements writing. It also keeps a pooler or a router from ending a connection for its silence.
func (w *postgresWriter) keep(ctx context.Context) error {
	if w.held == nil {
		return nil
	}
	return w.held.Ping(ctx)
}

// another implements writing.
func (w *postgresWriter) another() (*sql.DB, error) { return pooled(w.cfg), nil }

// last implements writing.
func (w *postgresWriter) last(ctx context.Context) (pool.Tip, error) {
	return lastBlock(ctx, db.New(w.pool))
}

// idle implements writing.
func (w *postgresWriter) idle(conn *sql.Conn) (idle bool) {
	const noTransaction = 'I'
	err := conn.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn()
		idle = !c.IsClosed() && c.PgConn().TxStatus() == noTransaction
		return nil
	})
	return err == nil && idle
}

// scan implements writing. It reads the server's bytes directly: database/sql would copy each of millions of records twice.
func (w *postgresWriter) scan(ctx context.Context, conn *sql.Conn, kind pool.RecordKind, f func(key, value []byte) error) error {
	return conn.Raw(func(driver any) error {
		rows, err := driver.(*stdlib.Conn).Conn().Query(ctx, recordsOfKind, pgx.QueryResultFormats{pgx.BinaryFormatCode}, int16(kind))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			row := rows.RawValues()
			if err := f(row[0], row[1]); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// leave implements writing. It releases the lock before it ends the session, so that the next writer need not wait until the server notices
// the end. A lost connection has lost the lock, too.
func (w *postgresWriter) leave(conn *sql.Conn, _ *db.Queries) error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !w.pooled && w.idle(conn) {
		conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()") //nolint:errcheck // see above
	}
	if w.held != nil {
		w.held.Exec(ctx, rollback) //nolint:errcheck // likewise
		w.held.Close(ctx)
		w.held = nil
	}
	if err := conn.Close(); !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

// claimPostgres refuses a schema with tables of another program.
func claimPostgres(ctx context.Context, conn *sql.Conn) error {
	var ours, tables int64
	err := conn.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE tablename = $1), count(*) FROM pg_tables
		WHERE schemaname = current_schema()`, versionTable).Scan(&ours, &tables)
	if err != nil {
		return err
	}
	if ours == 0 && tables > 0 {
		return errors.New("it contains another program's tables: use an empty database or schema")
	}
	return nil
}

// pipeline sends many statements at a time; one by one, each would cost a round trip. It is a db.DBTX.
type pipeline struct {
	*sql.Tx
	texts
	ctx   context.Context
	conn  *sql.Conn
	batch pgx.Batch
	args  int     // of the batch's statements
	rows  []int64 // affected by the statements sent so far
	err   error   // the first error; it stays, because the transaction is then void
}

// Limits of a batch: its statements, and their arguments, which it holds in memory.
const (
	pipelineDepth = 4096
	pipelineArgs  = 1 << 16
)

// begin implements writing.
func (w *postgresWriter) begin(ctx context.Context, conn *sql.Conn, _ *db.Queries) (transaction, error) {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	return &pipeline{Tx: tx, texts: w.texts, ctx: ctx, conn: conn}, nil
}

func (p *pipeline) queries() *db.Queries { return db.New(p) }

func (p *pipeline) failed() error { return p.err }

// text implements transaction.
func (p *pipeline) text(s statement) string { return p.of(s, true) }

func (p *pipeline) arrays() bool { return true }

// queued is a statement in a pipeline.
type queued struct {
	ctx context.Context
	p   *pipeline
	n   int
}

func (q queued) LastInsertId() (int64, error) {
	return 0, errors.New("PostgreSQL has no last insert id")
}

// RowsAffected first sends what is queued.
func (q queued) RowsAffected() (int64, error) {
	if q.n >= len(q.p.rows) {
		if err := q.p.flush(q.ctx); err != nil {
			return 0, err
		}
	}
	return q.p.rows[q.n], nil
}

// ExecContext queues a statement. Errors surface in a later call, at the latest in Commit.
func (p *pipeline) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p.batch.Queue(query, args...)
	p.args += len(args)
	n := len(p.rows) + p.batch.Len() - 1
	if p.batch.Len() >= pipelineDepth || p.args >= pipelineArgs {
		if err := p.flush(ctx); err != nil {
			return nil, err
		}
	}
	return queued{ctx, p, n}, p.err
}

// QueryRowContext sees the effects of all queued statements.
func (p *pipeline) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p.flush(ctx) // if it fails, the transaction is void, and the query says so
	return p.Tx.QueryRowContext(ctx, query, args...)
}

// QueryContext sees the effects of all queued statements.
func (p *pipeline) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.Tx.QueryContext(ctx, query, args...)
}

func (p *pipeline) flush(ctx context.Context) error {
	if p.err != nil || p.batch.Len() == 0 {
		return p.err
	}
	p.err = p.conn.Raw(func(driver any) error {
		results := driver.(*stdlib.Conn).Conn().SendBatch(ctx, &p.batch)
		for range p.batch.Len() {
			tag, err := results.Exec()
			if err != nil {
				return errors.Join(err, results.Close())
			}
			p.rows = append(p.rows, tag.RowsAffected())
		}
		return results.Close()
	})
	p.batch, p.args = pgx.Batch{}, 0
	return p.err
}

// Commit sends what is queued and commits.
func (p *pipeline) Commit() error {
	if err := p.flush(p.ctx); err != nil {
		p.Rollback() //nolint:errcheck // if it fails, the connection has failed, and the transaction ends with it
		return err
	}
	return p.Tx.Commit()
}
