package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pastelnetwork/smartpool/pool"
)

// Restored is what a restore did.
type Restored struct {
	Tip  Block  // the last block of the backup; height -1 if it has none
	Kept string // the file that has what was in the database before; empty if there was nothing
}

// Restore replaces the content of a database by a backup's. It refuses, before it touches anything, a database that a daemon writes, and a backup
// that is damaged, of another network or of a newer release. What was in the database stays in a file: beside an SQLite file, or kept for a
// PostgreSQL database. A process that is killed meanwhile leaves the old content or the new.
func Restore(ctx context.Context, backup, database string, net pool.Params, shadow bool, kept string) (Restored, error) {
	if err := Check(database); err != nil {
		return Restored{}, err
	}
	if err := checkFile(ctx, backup); err != nil {
		return Restored{}, fmt.Errorf("%s: %w", backup, err)
	}
	if IsPostgres(database) {
		return restorePostgres(ctx, backup, database, net, shadow, kept)
	}
	return restoreSQLite(ctx, backup, database, net, shadow)
}

// prepare makes a database of this release's tables from a backup, and checks it.
func prepare(ctx context.Context, backup, file string, net pool.Params, shadow bool) (tip Block, err error) {
	if err := copyFile(backup, file); err != nil {
		return tip, err
	}
	db, err := sql.Open("sqlite", sqliteURL(file, "journal_mode(DELETE)", "synchronous(FULL)"))
	if err != nil {
		return tip, err
	}
	err = migrate(ctx, db, sqliteMigrations, func(int64) error { return nil }) // the backup is the copy
	if err == nil {
		err = checkTables(ctx, db)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "DROP TABLE backup") // the sum was of the tables as they were
	}
	if err == nil {
		err = intact(ctx, db)
	}
	if err = errors.Join(err, db.Close()); err == nil {
		err = flush(file)
	}
	if err != nil {
		return tip, fmt.Errorf("%s: %w", backup, place{what: "backup", file: true}.explain(ctx, err))
	}
	if tip, err = checkState(ctx, file, net, shadow); err != nil {
		return tip, fmt.Errorf("%s: %w", backup, err)
	}
	return tip, nil
}

// copyFile copies a file to a new one.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private) // follows no link
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// without removes a file; one that is not there is no error.
func without(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// besides are what SQLite keeps beside a file.
var besides = []string{"-wal", "-shm", "-journal"}

func restoreSQLite(ctx context.Context, backup, path string, net pool.Params, shadow bool) (r Restored, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return r, err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return r, fmt.Errorf("create the database's folder: %w", err)
	}
	lock := flock.New(path + ".lock")
	if locked, err := lock.TryLock(); err != nil {
		return r, fmt.Errorf("lock the database: %w", err)
	} else if !locked {
		return r, ErrLocked
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	next := path + ".restoring"
	remove := func() (err error) {
		for _, suffix := range append([]string{""}, besides...) {
			err = errors.Join(err, without(next+suffix))
		}
		return err
	}
	if err := remove(); err != nil { // what a killed one left: SQLite would put its journal's pages into the new file
		return r, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if r.Tip, err = prepare(ctx, backup, next, net, shadow); err != nil {
		return r, err
	}
	if err := ownAs(filepath.Dir(path), next, path+".lock"); err != nil {
		return r, err
	}
	if r.Kept, err = keepSQLite(path); err != nil {
		return r, fmt.Errorf("keep the database that is there: %w", err)
	}
	// The old file stays under its other names until the new one takes its place; with two names, no daemon opens it.
	for _, suffix := range besides {
		if err := without(path + suffix); err != nil {
			return r, err
		}
	}
	if err := os.Rename(next, path); err != nil {
		return r, err
	}
	return r, flushNames(filepath.Dir(path))
}

// mostKept bounds the names tried for a file that is kept.
const mostKept = 1000

// FreeFile returns the first of NAME, NAME.2, NAME.3 that no file has, nor one that SQLite would take for its own.
func FreeFile(name string) (string, error) {
	free := name
	for n := 2; n < mostKept; n++ {
		used, err := inUse(free)
		if err != nil {
			return "", err
		}
		if !used {
			return free, nil
		}
		free = fmt.Sprintf("%s.%d", name, n)
	}
	return "", fmt.Errorf("there are %d files from %s on: remove those that nobody needs", mostKept, name)
}

// inUse reports whether a database's file, or one beside it, exists.
func inUse(name string) (bool, error) {
	for _, suffix := range append([]string{""}, besides...) {
		if _, err := os.Lstat(name + suffix); !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}

// keepSQLite gives a database's files a second name each, of which it returns the first; empty if there is none.
func keepSQLite(path string) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	kept, err := FreeFile(path + ".before-restore")
	if err != nil {
		return "", err
	}
	for _, suffix := range append(slices.Clone(besides), "") { // the database's own name last: a copy that has it is complete
		if err := os.Link(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) {
				return "", fmt.Errorf("its file system has no links: move the database away yourself (%w)", err)
			}
			return "", err
		}
	}
	return kept, flushNames(filepath.Dir(path))
}

func restorePostgres(ctx context.Context, backup, database string, net pool.Params, shadow bool, kept string) (r Restored, err error) {
	folder, err := os.MkdirTemp(filepath.Dir(kept), ".restoring-*")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "backup.db")
	if r.Tip, err = prepare(ctx, backup, file, net, shadow); err != nil {
		return r, err
	}
	s, err := Open(ctx, database, net) // takes the writer's lock, and makes the tables
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if r.Kept, err = FreeFile(kept); err != nil {
		return r, err
	}
	if _, err := BackUp(ctx, database, net, shadow, r.Kept, func(int64) {}); err != nil {
		return r, fmt.Errorf("keep what is in the database: %w; or restore to an empty database", err)
	}
	source, err := sql.Open("sqlite", sqliteURL(file, "query_only(ON)"))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := s.engine.another()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	conn, err := target.Conn(ctx)
	if err != nil {
		return r, s.place.explain(ctx, err)
	}
	defer conn.Close()
	err = conn.Raw(func(driver any) error {
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error { return s.refill(ctx, source, tx) })
	})
	return r, s.place.explain(ctx, err)
}

// refill replaces all rows of a PostgreSQL database by a backup's, in one transaction of this store's role.
func (s *Store) refill(ctx context.Context, from *sql.DB, to pgx.Tx) error {
	var now role
	if err := to.QueryRow(ctx, s.reads.holder).Scan(&now.epoch, &now.holder); err != nil {
		return err
	}
	if now != s.role {
		return ErrOvertaken
	}
	tables, err := tablesOf(ctx, from)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := to.Exec(ctx, "DELETE FROM "+t.name); err != nil {
			return err
		}
		rows := &rowSource{next: make(chan []any), end: make(chan struct{})}
		go rows.read(ctx, from, &t)
		_, err := to.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, rows)
		close(rows.end)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return nil
}

// rowSource hands the rows of a table to PostgreSQL's COPY.
type rowSource struct {
	next chan []any
	end  chan struct{}
	row  []any
	err  error // set before next is closed
}

func (r *rowSource) read(ctx context.Context, from *sql.DB, t *copied) {
	defer close(r.next)
	r.err = t.each(ctx, from, func(row []any) error {
		select {
		case r.next <- append([]any(nil), row...):
			return nil
		case <-r.end:
			return context.Canceled
		}
	})
}

// Next implements pgx.CopyFromSource.
func (r *rowSource) Next() (more bool) {
	r.row, more = <-r.next
	return more
}

// Values implements pgx.CopyFromSource.
func (r *rowSource) Values() ([]any, error) { return r.row, nil }

// Err implements pgx.CopyFromSource.
func (r *rowSource) Err() error { return r.err }
