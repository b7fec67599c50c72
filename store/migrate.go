package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations
var migrationFiles embed.FS

// versionTable is where goose records which migrations have run.
const versionTable = "smartpool_version"

// migrations are one engine's migrations in order. To change the tables, add one to both engines' folders, also as long as nothing is
// released: daemons that run from source keep their databases. Never edit one that is there.
type migrations struct {
	dialect goose.Dialect
	files   fs.FS
}

var (
	sqliteMigrations   = migrations{goose.DialectSQLite3, folder("migrations/sqlite")}
	postgresMigrations = migrations{goose.DialectPostgres, folder("migrations/postgres")}
)

func folder(name string) fs.FS {
	sub, err := fs.Sub(migrationFiles, name)
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// oldRules is the last table version for ledgers of the rules before their third review. Such ledgers cannot be upgraded.
const oldRules = 3

// schemaVersion returns the table version that this program uses: the last migration's.
func schemaVersion() int64 {
	names, err := fs.Glob(sqliteMigrations.files, "*.sql")
	if err != nil || len(names) == 0 {
		panic("no migrations are embedded")
	}
	version, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		panic(err) // a test opens a database
	}
	return version
}

var errOldRules = errors.New("its ledger follows rules that no longer apply: start with a new, empty database, and the daemon rebuilds the ledger from the chain")

// emptied is the first table version whose migration empties the ledger.
const emptied = 8

// noteEmptying notes how many blocks a migration is about to delete, for the one that makes the table history. Between them, the program may end.
const noteEmptying = `CREATE TABLE IF NOT EXISTS emptying (blocks INTEGER NOT NULL);
	DELETE FROM emptying; INSERT INTO emptying SELECT count(*) FROM blocks`

// migrate upgrades the tables. Before it changes existing tables, it calls backup with their version.
func migrate(ctx context.Context, pool *sql.DB, m migrations, backup func(version int64) error) error {
	versions, err := database.NewStore(m.dialect, versionTable)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider("", pool, m.files, goose.WithStore(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of its tables: %w", err)
	}
	switch {
	case have > want:
		return fmt.Errorf("its tables have version %d, but this program supports only versions up to %d: install a newer release", have, want)
	case have > 0 && have <= oldRules:
		return errOldRules
	case have == want:
		return nil
	case have > 0:
		if err := backup(have); err != nil {
			return fmt.Errorf("back it up before upgrading its tables: %w", err)
		}
	}
	if have > 0 && have < emptied {
		if _, err := pool.ExecContext(ctx, noteEmptying); err != nil {
			return fmt.Errorf("note that its ledger is emptied: %w", err)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("create its tables: %w", err)
	}
	return nil
}
