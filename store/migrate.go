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

// versionTable is where goose notes which migrations ran.
const versionTable = "smartpool_version"

// migrations are one engine's, in order; a released one is never edited.
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

// oldRules is the last version of tables that held a ledger of the rules before their third review: nothing can be made of it.
const oldRules = 3

// schemaVersion is the version of the tables that this program knows: the last migration's.
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

var errOldRules = errors.New("its ledger follows rules that no longer hold: give the daemon a new, empty database and it follows the chain again")

// migrate brings the tables up to date. backup is called before existing tables are changed, with the version they are of.
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
		return fmt.Errorf("its tables are of version %d, this program knows up to %d: install a newer program", have, want)
	case have > 0 && have <= oldRules:
		return errOldRules
	case have == want:
		return nil
	case have > 0:
		if err := backup(have); err != nil {
			return fmt.Errorf("back it up before upgrading its tables: %w", err)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("make its tables: %w", err)
	}
	return nil
}
