package main

import (
	"context"
	"database/sql"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers
	_ "modernc.org/sqlite"

	"github.com/pastelnetwork/smartpool/store"
)

// size returns the bytes that the database takes, without pages of an SQLite file that wait to be used again.
func (db *database) size(ctx context.Context) (bytes int64, err error) {
	driver, name := "sqlite", readOnly(db.url)
	query := `SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`
	if store.IsPostgres(db.url) {
		driver, name, query = "pgx", db.url, "SELECT pg_database_size(current_database())"
	}
	if db.sizes == nil {
		if db.sizes, err = sql.Open(driver, name); err != nil {
			return 0, err
		}
	}
	err = db.sizes.QueryRowContext(ctx, query).Scan(&bytes)
	return bytes, err
}

// readOnly names an SQLite file to its driver, to be read.
func readOnly(file string) string { return "file:" + (&url.URL{Path: file}).EscapedPath() + "?mode=ro" }
