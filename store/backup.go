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
	"time"

	"github.com/gofrs/flock"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// A backup is an SQLite file with the tables of a ledger's database, whatever engine that has, as of one block, and a table more, backup, with the
// SHA-256 of all rows. So one check serves all, and a backup of one engine can be restored to the other.

// BackUp writes a backup of a database, which a daemon may be writing, to a file that does not exist yet. The file appears complete, checked and
// synchronized, or not at all. It calls progress now and then with the bytes written so far.
func BackUp(ctx context.Context, database string, net pool.Params, shadow bool, to string, progress func(written int64)) (tip Block, err error) {
	if to, err = filepath.Abs(to); err != nil { // SQLite would read some relative names as URLs
		return tip, err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return tip, errors.Join(fmt.Errorf("%s exists: a backup replaces no file; choose another name", to), err)
	}
	r, err := OpenReader(ctx, database, net, shadow)
	if err != nil {
		return tip, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	part := to + ".part"
	release, err := reserve(part)
	if err != nil {
		return tip, err
	}
	defer func() {
		if err != nil {
			os.Remove(part) // the first error matters
		}
		err = errors.Join(err, release())
	}()
	stop := watch(part, progress)
	defer stop()
	if err := r.copyTo(ctx, database, part); err != nil {
		return tip, fmt.Errorf("write the backup: %w", place{what: "backup " + filepath.Base(to), file: true}.explain(ctx, err))
	}
	if err := seal(ctx, part); err != nil {
		return tip, fmt.Errorf("write the backup: %w", place{what: "backup " + filepath.Base(to), file: true}.explain(ctx, err))
	}
	if tip, err = CheckBackup(ctx, part, net, shadow); err != nil {
		return tip, fmt.Errorf("the backup that was just written is not sound, so it is removed: %w", err)
	}
	return tip, appear(part, to)
}

// reserve creates an empty, private file for a backup in the making, or empties what an earlier one that was killed left. Nobody else writes to it
// until it is released.
func reserve(part string) (release func() error, err error) {
	for {
		f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, private) // follows no link
		if err == nil {
			err = f.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("create the backup: %w", err)
		}
		if info, err := os.Lstat(part); err != nil || !info.Mode().IsRegular() {
			return nil, errors.Join(fmt.Errorf("%s is no regular file: move it away, or choose another name", part), err)
		}
		lock := flock.New(part)
		if locked, err := lock.TryLock(); err != nil || !locked {
			return nil, errors.Join(fmt.Errorf("another backup is writing %s: wait for it, or choose another name", part), err)
		}
		done, err := reclaim(part)
		if err == nil && done {
			return lock.Unlock, nil
		}
		if err = errors.Join(err, lock.Unlock()); err != nil {
			return nil, err
		}
	}
}

// reclaim empties what a backup that was killed left. It reports false if that was finished but for its second name, which it takes away.
func reclaim(part string) (done bool, err error) {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if names(info) > 1 {
		return false, os.Remove(part)
	}
	var begin [16]byte // a killed process may not have written the first page
	if n, err := io.ReadFull(f, begin[:]); err == nil && begin != [16]byte{} && string(begin[:]) != sqliteMagic || err != nil && n > 0 {
		return false, fmt.Errorf("%s is no backup in the making: move it away, or choose another name", part)
	}
	if err := without(part + "-journal"); err != nil {
		return false, err
	}
	return true, errors.Join(f.Chmod(private), f.Truncate(0))
}

// sqliteMagic begins every SQLite file.
const sqliteMagic = "SQLite format 3\x00"

// watch calls progress with a file's size once a second until stop is called.
func watch(path string, progress func(int64)) (stop func()) {
	ticker, end, done := time.NewTicker(time.Second), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				if info, err := os.Stat(path); err == nil {
					progress(info.Size())
				}
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(end)
		<-done
	}
}

// copyTo writes the database's tables, as of one block, to an empty SQLite file.
func (r *Reader) copyTo(ctx context.Context, database, file string) (err error) {
	if !IsPostgres(database) {
		source, err := sql.Open("sqlite", sqliteURL(database))
		if err != nil {
			return err
		}
		_, err = source.ExecContext(ctx, "VACUUM INTO $1", file)
		return errors.Join(err, source.Close())
	}
	target, err := sql.Open("sqlite", sqliteURL(file, "journal_mode(OFF)", "synchronous(OFF)")) // seal makes it durable
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := target.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := migrate(ctx, target, sqliteMigrations, nil); err != nil {
		return err
	}
	return r.View(ctx, func(s *Snapshot) error {
		tx, err := target.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // nothing is left to do after Commit
		tables, err := tablesOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := t.copy(ctx, s.conn, tx); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		return tx.Commit()
	})
}

// seal adds the sum of all rows to a backup and makes it durable.
func seal(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", sqliteURL(file, "journal_mode(DELETE)", "synchronous(FULL)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sum, err := sumOf(ctx, db)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE backup (sha256 BLOB NOT NULL)"); err != nil {
		return err
	}
	if _, err = db.ExecContext(ctx, "INSERT INTO backup VALUES ($1)", sum); err != nil {
		return err
	}
	return flush(file)
}

// flush makes a file durable. Windows flushes only what is open for writing.
func flush(file string) error { return flushAs(file, os.O_RDWR) }

// flushNames makes the names in a folder durable.
func flushNames(folder string) error { return flushAs(folder, os.O_RDONLY) }

func flushAs(path string, flag int) error {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// appear gives a finished file its name, unless that has come into use, and makes the name durable.
func appear(part, to string) error {
	if err := os.Link(part, to); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists now: a backup replaces no file; choose another name", to)
	} else if err != nil { // the file system has no links
		if err := os.Rename(part, to); err != nil {
			return err
		}
		return flushNames(filepath.Dir(to))
	}
	return errors.Join(os.Remove(part), flushNames(filepath.Dir(to)))
}

// errNoBackup says that a file is something else.
var errNoBackup = errors.New("it is no backup that smartpoold backup made")

// CheckBackup reads all of a backup of this release's tables: SQLite's structure, the sum of all rows, the records of the state with their
// checksums and the rules' invariants, and that the state is the one after the last block. It returns that block; its height is -1 if there is
// none.
func CheckBackup(ctx context.Context, file string, net pool.Params, shadow bool) (tip Block, err error) {
	if err := checkFile(ctx, file); err != nil {
		return tip, err
	}
	return checkState(ctx, file, net, shadow)
}

// checkState checks the records of a file's state, and that it is the one after the last block, which it returns.
func checkState(ctx context.Context, file string, net pool.Params, shadow bool) (tip Block, err error) {
	r, err := OpenReader(ctx, file, net, shadow)
	if err != nil {
		return tip, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = r.View(ctx, func(s *Snapshot) error {
		tip, err = s.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			tip, err = Block{Height: -1}, nil
		}
		return err
	})
	if err != nil {
		return tip, err
	}
	state, err := r.State(ctx)
	if err != nil {
		return tip, err
	}
	if last := state.Tip(); last.Height != tip.Height || tip.Height >= 0 && (last.Hash != tip.Hash || last.Digest != tip.Digest) {
		return tip, fmt.Errorf("its state is at block %d (%s), but its last block is %d (%s); %s", last.Height, last.Hash, tip.Height, tip.Hash, Damaged)
	}
	return tip, nil
}

// checkFile refuses a file that is no backup, of any release, or not as it was written.
func checkFile(ctx context.Context, file string) (err error) {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return errNoBackup
	}
	damaged := func(err error) error {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("it is damaged or cannot be read: %w: use another backup", err)
	}
	db, err := sql.Open("sqlite", sqliteURL(file, "query_only(ON)"))
	if err != nil {
		return damaged(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return damaged(err)
	}
	if id != applicationID {
		return errNoBackup
	}
	if err := intact(ctx, db); err != nil {
		return damaged(err)
	}
	var want []byte
	if err := db.QueryRowContext(ctx, "SELECT sha256 FROM backup").Scan(&want); err != nil {
		if noTable(err) {
			return errNoBackup
		}
		return damaged(err)
	}
	sum, err := sumOf(ctx, db)
	if err != nil {
		return damaged(err)
	}
	if string(sum) != string(want) {
		return errors.New("it is damaged: its rows are not those that were written: use another backup")
	}
	return nil
}

// intact checks SQLite's structure.
func intact(ctx context.Context, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return errors.New(found)
	}
	return nil
}
