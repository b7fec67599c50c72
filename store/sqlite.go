package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
	"modernc.org/sqlite" // the driver
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// applicationID marks an SQLite file as ours: "SPol".
const applicationID = 0x53506f6c

// durable makes commits survive a power failure.
var durable = []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-65536)"}

// sqliteURL returns the driver's name for a file, with pragmas.
func sqliteURL(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(5000)", "trusted_schema(OFF)"}, pragmas...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// sqliteWriter is a writer's SQLite database.
type sqliteWriter struct {
	path     string
	pool     *sql.DB
	texts    texts
	prepared map[string]*sql.Stmt // on the writer's connection, by their texts
}

func openSQLite(ctx context.Context, _, path string, s *Store) error {
	path, err := sqlitePath(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create the database's folder: %w", err)
	}
	opening := place{what: "open SQLite file " + path, file: true}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	switch {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return fmt.Errorf("lock the database: %w; its file system has no locks: put the file on a local disk, or use PostgreSQL", err)
	case err != nil:
		return fmt.Errorf("lock the database: %w", err)
	case !locked:
		return opening.name(ctx, ErrLocked)
	}
	s.onClose(lock.Unlock)
	if err := create(path); err != nil {
		return err
	}
	if err := claimSQLite(ctx, path); err != nil {
		return opening.name(ctx, err)
	}
	pool, err := sql.Open("sqlite", sqliteURL(path, durable...))
	if err != nil {
		return opening.name(ctx, err)
	}
	s.onClose(pool.Close)
	backup := func(version int64) error { return backUp(ctx, pool, fmt.Sprintf("%s.version-%d", path, version)) }
	if err := migrate(ctx, pool, sqliteMigrations, backup); err != nil {
		return opening.name(ctx, err)
	}
	s.engine, s.reads, s.place = &sqliteWriter{path: path, pool: pool, texts: make(texts)}, sqliteReads, sqlitePlace(path)
	s.conn, s.q, err = s.engine.connect(ctx)
	return opening.name(ctx, err)
}

// mostCopies is how many copies of a file are made before upgrades from one version: a daemon that is started again and again must not fill
// the disk with them.
const mostCopies = 3

// backUp copies a database to a file. It takes the next free name if there is a copy already, which may be of an upgrade that broke off.
func backUp(ctx context.Context, pool *sql.DB, to string) error {
	free, err := freeName(to)
	if err != nil {
		return err
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := pool.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return err
	}
	if err := os.Chmod(part, private); err != nil {
		return err
	}
	// SQLite flushes no copy: after a power failure, there might be the upgrade without it.
	if err := flush(part); err != nil {
		return err
	}
	return os.Rename(part, free)
}

// freeName returns the name of the next copy.
func freeName(first string) (string, error) {
	name := first
	for n := 2; n <= mostCopies+1; n++ {
		_, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s.%d", first, n)
	}
	return "", fmt.Errorf("there are %d copies already, from %s on, because earlier upgrades broke off: find out why, and remove all but one", mostCopies, first)
}

// private is the mode of a database's files: they hold the addresses of alerts' receivers, which are secrets.
const private = 0o600

// create creates a database's file, privately, if it is missing.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, private)
	switch {
	case err == nil:
		return f.Close()
	case errors.Is(err, fs.ErrExist):
		return KeepPrivate(path)
	}
	return fmt.Errorf("create the database: %w", err)
}

// KeepPrivate takes an SQLite database's files from other users, who could read those that earlier releases made. SQLite gives the files
// that it adds the mode of the database. It does nothing for a PostgreSQL database, or one that does not exist yet.
func KeepPrivate(database string) error {
	if IsPostgres(database) {
		return nil
	}
	for _, name := range []string{database, database + "-wal", database + "-shm"} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fmt.Errorf("open SQLite file: %w", err)
		case !info.Mode().IsRegular(): // SQLite would wait for a pipe
			return fmt.Errorf("%s is not a regular file: move it away", name)
		case info.Mode().Perm()&0o077 != 0:
			if err := os.Chmod(name, private); err != nil && writable(name) {
				return fmt.Errorf("%s can be read or changed by other users of this machine: %w; run: chmod 600 %s", name, err, name)
			}
		}
	}
	return nil
}

// sqlitePath returns the one name of a file by which every process locks it, also if there is none yet, together with fs.ErrNotExist. It
// refuses what cannot be a database: SQLite would wait for a pipe, and keep a log for each of a file's names, which corrupts it.
func sqlitePath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path of the database: %w", err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, link := os.Lstat(path); link == nil {
			return "", fmt.Errorf("%s is a symbolic link to a file that does not exist: remove it, or name the file itself", path)
		}
		return path, err
	}
	if err != nil {
		return "", fmt.Errorf("path of the database: %w", err)
	}
	switch {
	case info.IsDir():
		return "", fmt.Errorf("%s is a folder: name a file in it", path)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file: choose another path", path)
	case names(info) > 1:
		return "", fmt.Errorf("%s has %d names (hard links), and SQLite would damage it: remove the others, or copy the file", path, names(info))
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("path of the database: %w", err)
	}
	return path, nil
}

// writable reports whether a file may be written; what may not is refused later, in other words.
func writable(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// connect implements writing. The process holds the lock, on a file beside the database.
func (f *sqliteWriter) connect(ctx context.Context) (*sql.Conn, *db.Queries, error) {
	conn, err := f.pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	prepared, err := db.Prepare(ctx, conn)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	f.prepared = make(map[string]*sql.Stmt)
	return conn, prepared, nil
}

// keep implements writing. Only the process's end frees the lock.
func (f *sqliteWriter) keep(context.Context) error { return nil }

// another implements writing.
func (f *sqliteWriter) another() (*sql.DB, error) {
	return sql.Open("sqlite", sqliteURL(f.path, "synchronous(FULL)", "cache_size(-4096)"))
}

// leave implements writing.
func (f *sqliteWriter) leave(conn *sql.Conn, q *db.Queries) error {
	errs := []error{q.Close()}
	for _, s := range f.prepared {
		errs = append(errs, s.Close())
	}
	f.prepared = nil
	return errors.Join(append(errs, conn.Close())...)
}

// idle implements writing. Outside a transaction, SQLite has nothing to roll back, and says so.
func (f *sqliteWriter) idle(conn *sql.Conn) bool {
	_, err := conn.ExecContext(context.Background(), "ROLLBACK")
	var none *sqlite.Error
	return err == nil || errors.As(err, &none) && none.Code() == sqlite3.SQLITE_ERROR
}

// last implements writing.
func (f *sqliteWriter) last(ctx context.Context) (pool.Tip, error) {
	return lastBlock(ctx, db.New(f.pool))
}

// begin implements writing.
func (f *sqliteWriter) begin(ctx context.Context, conn *sql.Conn, q *db.Queries) (transaction, error) {
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	return &sqliteTx{f, ctx, conn, q}, err
}

// scan implements writing.
func (f *sqliteWriter) scan(ctx context.Context, conn *sql.Conn, kind pool.RecordKind, g func(key, value []byte) error) error {
	rows, err := conn.QueryContext(ctx, recordsOfKind, int16(kind))
	if err != nil {
		return err
	}
	defer rows.Close()
	var key, value sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		if err := g(key, value); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqliteTx controls a transaction by hand, so that statements stay prepared on the connection. database/sql would prepare them again in
// each transaction, which took half of a large commit.
type sqliteTx struct {
	*sqliteWriter
	ctx  context.Context
	conn *sql.Conn
	q    *db.Queries
}

func (t *sqliteTx) queries() *db.Queries { return t.q }

// QueryRowContext implements asking.
func (t *sqliteTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.conn.QueryRowContext(ctx, query, args...)
}

// text implements transaction. SQLite searches the names of numbered placeholders one after the other.
func (t *sqliteTx) text(s statement) string { return t.texts.of(s, false) }

func (t *sqliteTx) arrays() bool { return false }

func (t *sqliteTx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, found := t.prepared[query]; found {
		return s, nil
	}
	s, err := t.conn.PrepareContext(ctx, query)
	if err == nil {
		t.prepared[query] = s
	}
	return s, err
}

// QueryContext implements transaction.
func (t *sqliteTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// ExecContext implements transaction.
func (t *sqliteTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (t *sqliteTx) failed() error { return nil } // each statement returns its own error

// Commit implements transaction.
func (t *sqliteTx) Commit() error {
	_, err := t.conn.ExecContext(t.ctx, "COMMIT")
	if err != nil {
		t.Rollback() //nolint:errcheck // the first error matters
	}
	return err
}

// Rollback implements transaction.
func (t *sqliteTx) Rollback() error {
	_, err := t.conn.ExecContext(context.WithoutCancel(t.ctx), "ROLLBACK")
	return err
}

var errForeign = errors.New("the file belongs to another program: choose another path")

// claimSQLite refuses a file of another program, which it leaves unchanged, and a file that it cannot write. It marks a new file.
func claimSQLite(ctx context.Context, path string) (err error) {
	plain, err := sql.Open("sqlite", sqliteURL(path)) // without a journal mode, which would stay in the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	tx, err := plain.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing depends on a read, and Commit reports the rest
	var id, tables int64
	if err := tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	ours := id == applicationID
	if !ours && (id != 0 || tables != 0) {
		return errForeign
	}
	// Only a write shows whether the file is writable.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if ours {
		return nil
	}
	return tx.Commit()
}
