package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// copy fills an empty PostgreSQL database with the rows of the SQLite database in another folder: the same blocks give the same rows, and
// copying takes a small part of the time.
func (db *database) copy(ctx context.Context, from, folder string, progress io.Writer) error {
	if err := db.mustBeEmpty(); err != nil {
		return err
	}
	fmt.Fprintf(progress, "copying the database in %s\n", from)
	began := time.Now()
	db.disconnect()
	if err := copyRows(ctx, filepath.Join(from, sqliteFile), db.url); err != nil {
		return err
	}
	blocks, err := os.ReadFile(filepath.Join(from, blocksFile))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, blocksFile), blocks, 0o600); err != nil {
		return err
	}
	about, err := os.ReadFile(filepath.Join(from, aboutFile))
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := db.load(ctx); err != nil {
		return err
	}
	if err := db.reopen(ctx, about, folder); err != nil {
		return err
	}
	db.facts.Growth, db.facts.Made = nil, took // the growth is the other engine's
	return db.facts.write(folder)
}

// copyRows copies every row of the ledger, in one transaction.
func copyRows(ctx context.Context, file, url string) error {
	from, err := sql.Open("sqlite", readOnly(file))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer to.Close(ctx)
	return pgx.BeginFunc(ctx, to, func(tx pgx.Tx) error {
		// The new database has its own version and writer.
		tables, err := from.QueryContext(ctx, `SELECT t.name, group_concat(c.name) FROM pragma_table_list t, pragma_table_info(t.name) c
			WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT IN ('smartpool_version', 'writer')
			GROUP BY t.name`)
		if err != nil {
			return err
		}
		defer tables.Close()
		for tables.Next() {
			var table, columns string
			if err := tables.Scan(&table, &columns); err != nil {
				return err
			}
			if err := copyTable(ctx, from, tx, table, columns); err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
		if err := tables.Err(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "ANALYZE") // as the server does some time after tables have grown
		return err
	})
}

// copyTable replaces a table's rows.
func copyTable(ctx context.Context, from *sql.DB, to pgx.Tx, table, columns string) error {
	if _, err := to.Exec(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	list, err := from.QueryContext(ctx, "SELECT "+columns+" FROM "+table)
	if err != nil {
		return err
	}
	defer list.Close()
	names := strings.Split(columns, ",")
	row, places := make([]any, len(names)), make([]any, len(names))
	for i := range row {
		places[i] = &row[i]
	}
	_, err = to.CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromFunc(func() ([]any, error) {
		if !list.Next() {
			return nil, list.Err()
		}
		err := list.Scan(places...)
		for i := range row {
			if b, is := row[i].([]byte); is && b == nil { // an empty blob, but pgx takes it for NULL
				row[i] = []byte{}
			}
		}
		return row, err
	}))
	return err
}
