package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// TestKeptStatementsAnswerTheirOwnQuestion overlaps the rows of one statement, uses more statements than a connection keeps, and changes what a kept
// one reads, its table included.
func TestKeptStatementsAnswerTheirOwnQuestion(t *testing.T) {
	ctx := context.Background()
	db, err := store.OpenPrepared(filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	numbers := func() *sql.Rows {
		t.Helper()
		rows, err := conn.QueryContext(ctx, "SELECT * FROM t WHERE n >= $1 ORDER BY n", 1)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	next := func(rows *sql.Rows, want ...int) {
		t.Helper()
		for _, want := range want {
			var n int
			if !rows.Next() {
				t.Fatalf("no row, want %d: %v", want, rows.Err())
			}
			if err := rows.Scan(&n); err != nil || n != want {
				t.Fatalf("row %d, want %d: %v", n, want, err)
			}
		}
	}
	do("CREATE TABLE t (n INTEGER)")
	const insert = "INSERT INTO t VALUES ($1)"
	for n := range 4 {
		do(insert, n)
	}
	outer := numbers()
	next(outer, 1)
	inner := numbers()
	next(inner, 1, 2, 3)
	if inner.Next() || inner.Close() != nil {
		t.Fatal("the second reader of a statement has a row too many")
	}
	for i := range store.MaxStatements + 10 { // the outer rows' statement must stay
		var n int
		if err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT %d", i)).Scan(&n); err != nil || n != i {
			t.Fatal(n, err)
		}
	}
	next(outer, 2, 3)
	if outer.Next() || outer.Close() != nil {
		t.Fatal("the first reader of a statement has a row too many")
	}
	do(insert, 4)
	rows := numbers()
	next(rows, 1, 2, 3, 4)
	rows.Close()
	do("DROP TABLE t")
	_, err = conn.QueryContext(ctx, "SELECT * FROM t WHERE n >= $1 ORDER BY n", 1)
	if err == nil {
		t.Fatal("a dropped table is read")
	}
	do("CREATE TABLE t (n INTEGER)")
	do(insert, 7)
	rows = numbers()
	next(rows, 7)
	rows.Close()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := conn.QueryContext(ended, "SELECT * FROM t WHERE n >= $1 ORDER BY n", 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("a question that ended: %v", err)
	}
	rows = numbers()
	next(rows, 7)
	rows.Close()
}
