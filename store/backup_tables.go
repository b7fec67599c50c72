package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"slices"
	"strings"
)

// copied is a table that backups hold. Both engines have the same columns, of integers, texts and bytes.
type copied struct {
	name    string
	columns []string
}

// querying is a database, a connection or a transaction.
type querying interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tablesOf returns the tables of an SQLite database that a backup holds: all but SQLite's own, the version of the tables, which follows from the
// release, the writer's role, which no copy has, and the backup's sum.
func tablesOf(ctx context.Context, q querying) (list []copied, err error) {
	rows, err := q.QueryContext(ctx, `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name NOT IN ($1, 'writer', 'backup') ORDER BY m.name, c.cid`, versionTable)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		if !plainName.MatchString(table) || !plainName.MatchString(column) { // they become parts of statements
			return nil, errOtherTables
		}
		if n := len(list); n == 0 || list[n-1].name != table {
			list = append(list, copied{name: table})
		}
		last := &list[len(list)-1]
		last.columns = append(last.columns, column)
	}
	return list, rows.Err()
}

// plainName is the form of our tables' and columns' names.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

var errOtherTables = errors.New("its tables are not those that smartpoold makes: use another backup")

// checkTables refuses a file whose tables are not this release's to the letter. Whoever made it could have had triggers, views or computed columns
// act in the database that it becomes.
func checkTables(ctx context.Context, db *sql.DB) (err error) {
	ours, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.Close()) }()
	ours.SetMaxOpenConns(1) // each connection has a memory of its own
	if err := migrate(ctx, ours, sqliteMigrations, nil); err != nil {
		return err
	}
	want, err := schema(ctx, ours)
	if err != nil {
		return err
	}
	have, err := schema(ctx, db)
	if err != nil {
		return err
	}
	if !slices.Equal(have, want) {
		return errOtherTables
	}
	return nil
}

// schema returns the statements that made all that is in an SQLite database, but SQLite's own tables and those that every release may make in its
// own way.
func schema(ctx context.Context, db *sql.DB) (list []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema
		WHERE NOT (type = 'table' AND name IN ($1, 'backup', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')) ORDER BY 1`, versionTable)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var made string
		if err := rows.Scan(&made); err != nil {
			return nil, err
		}
		list = append(list, made)
	}
	return list, rows.Err()
}

// each passes the rows of a table to f, which must not keep them.
func (t *copied) each(ctx context.Context, q querying, f func(row []any) error) error {
	rows, err := q.QueryContext(ctx, "SELECT "+strings.Join(t.columns, ", ")+" FROM "+t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, x := range row {
			if b, is := x.([]byte); is && b == nil { // SQLite's driver says so of no bytes; a NULL is no []byte
				row[i] = []byte{}
			}
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// copy replaces the rows of a table in an SQLite database by those of another database.
func (t *copied) copy(ctx context.Context, from querying, to *sql.Tx) error {
	if _, err := to.ExecContext(ctx, "DELETE FROM "+t.name); err != nil { //nolint:gosec // our own tables
		return err
	}
	insert, err := to.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(t.columns)-1)+")") //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer insert.Close()
	return t.each(ctx, from, func(row []any) error {
		_, err := insert.ExecContext(ctx, row...)
		return err
	})
}

// sumOf returns the SHA-256 of all rows of a backup.
func sumOf(ctx context.Context, db *sql.DB) ([]byte, error) {
	tables, err := tablesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, t := range tables {
		fmt.Fprintf(sum, "%s(%s)\n", t.name, strings.Join(t.columns, ","))
		if err := t.each(ctx, db, func(row []any) error { return add(sum, row) }); err != nil {
			return nil, err
		}
	}
	return sum.Sum(nil), nil
}

// add adds a row to a sum, in a form that no two rows share.
func add(sum hash.Hash, row []any) error {
	var b []byte
	for _, x := range row {
		switch x := x.(type) {
		case nil:
			b = append(b, 'n')
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(x))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(x))), x...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(x))), x...)
		default:
			return fmt.Errorf("a column of type %T", x)
		}
	}
	sum.Write(b)
	return nil
}
