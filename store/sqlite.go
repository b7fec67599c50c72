package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pastelnetwork/smartpool/store/db"
)

// applicationID marks an SQLite file as ours: "SPol".
const applicationID = 0x53506f6c

// sqliteURL names a file for the driver. Journal and sync make a commit last through a loss of power.
func sqliteURL(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-65536)",
		"trusted_schema(OFF)",
	}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func openSQLite(ctx context.Context, path string, s *Store) error {
	if path == "" {
		return errors.New("no database: give the path of an SQLite file or a postgres:// URL")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("path of the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if !locked {
		return fmt.Errorf("%s: %w", path, ErrLocked)
	}
	s.onClose(lock.Unlock)
	pool, err := sql.Open("sqlite", sqliteURL(path))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.onClose(pool.Close)
	if err := claimSQLite(ctx, pool); err != nil {
		return fmt.Errorf("open %s: %w", path, explainSQLite(err))
	}
	backup := func(version int64) error {
		_, err := pool.ExecContext(ctx, "VACUUM INTO $1", fmt.Sprintf("%s.version-%d", path, version))
		return err
	}
	if err := migrate(ctx, pool, sqliteMigrations, backup); err != nil {
		return fmt.Errorf("open %s: %w", path, explainSQLite(err))
	}
	if s.conn, err = pool.Conn(ctx); err != nil {
		return fmt.Errorf("open %s: %w", path, explainSQLite(err))
	}
	s.onClose(s.conn.Close)
	prepared, err := db.Prepare(ctx, s.conn)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, explainSQLite(err))
	}
	s.onClose(prepared.Close)
	s.q = prepared
	s.begin = func(ctx context.Context, conn *sql.Conn) (transaction, error) {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		return &sqliteTx{tx, prepared.WithTx(tx)}, nil
	}
	return nil
}

type sqliteTx struct {
	*sql.Tx
	q *db.Queries
}

func (t *sqliteTx) queries() *db.Queries { return t.q }

var errForeign = errors.New("it is another program's database: give another path")

// claimSQLite refuses a file that is not ours and marks a new one.
func claimSQLite(ctx context.Context, pool *sql.DB) error {
	var id, tables int64
	if err := pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case id == applicationID:
		return nil
	case id != 0 || tables != 0:
		return errForeign
	}
	_, err := pool.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}

// explainSQLite says what to do about errors that a user can mend.
func explainSQLite(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full: make room and start again, nothing is lost: %w", err)
	case sqlite3.SQLITE_NOTADB:
		return errForeign
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged: restore a copy or start with an empty one: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("the file or its folder cannot be written: check owner and permissions: %w", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another program holds the file: close it and start again: %w", err)
	}
	return err
}
