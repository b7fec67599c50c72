package store

import (
	"database/sql"
	"slices"
	"strconv"
	"strings"
)

// mostRows limits the rows of a table that wait to be written, and those of blocks that are written together.
const mostRows = 4096

// bulk is rows of a table that wait to be written: a statement for each of them would cost most of the time.
type bulk struct {
	table   string
	columns []string
	tail    string // of the statement, behind the rows
	args    []any  // of all rows
}

func newBulk(table, columns string) bulk { return bulk{table: table, columns: strings.Fields(columns)} }

func (b *bulk) rows() int { return len(b.args) / len(b.columns) }

// put adds a row, and writes the rows if there are many.
func (w *writer) put(b *bulk, row ...any) error {
	if b.args = append(b.args, row...); b.rows() < mostRows {
		return nil
	}
	return w.write(b)
}

// bulkSizes are the numbers of rows of a statement. There are few, so that few statements have to be prepared.
var bulkSizes = []int{256, 32, 4, 1}

// write writes the rows that wait.
func (w *writer) write(b *bulk) error {
	head := "INSERT INTO " + b.table + " (" + strings.Join(b.columns, ", ") + ") VALUES "
	rest := b.args
	b.args = nil
	for _, size := range bulkSizes {
		for n := size * len(b.columns); len(rest) >= n; rest = rest[n:] {
			if _, err := w.tx.ExecContext(w.ctx, w.tx.text(statement{head, size, len(b.columns), b.tail}), rest[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// listSizes are the numbers of keys of a statement on SQLite.
var listSizes = []int{512, 64, 8, 1}

// longestList limits the keys of a statement on PostgreSQL, which takes them as one array.
const longestList = 1 << 16

// listed has statements run that end in a list of keys, which head stops before.
func listed[K int32 | int64 | string | []byte](on transaction, head string, keys []K, run func(statement string, args []any) error) error {
	if on.arrays() {
		for some := range slices.Chunk(keys, longestList) {
			if err := run(head+" = ANY($1)", []any{some}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, size := range listSizes {
		for ; len(keys) >= size; keys = keys[size:] {
			args := make([]any, size)
			for i := range args {
				args[i] = keys[i]
			}
			if err := run(on.text(statement{head + " IN ", 1, size, ""}), args); err != nil {
				return err
			}
		}
	}
	return nil
}

// among reads the rows of a query for a list of keys.
func among[K int32 | int64 | string](w *writer, head string, keys []K, scan func(*sql.Rows) error) error {
	return listed(w.tx, head, keys, func(query string, args []any) error {
		rows, err := w.tx.QueryContext(w.ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// amend executes a statement for a list of keys, and returns how many rows it changed.
func amend(w *writer, head string, keys []int64) (rows int64, err error) {
	return rows, listed(w.tx, head, keys, func(query string, args []any) error {
		result, err := w.tx.ExecContext(w.ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		rows += n
		return err
	})
}

// statement is one with placeholders for rows.
type statement struct {
	head    string
	rows    int
	columns int
	tail    string
}

// texts keeps the texts of statements, of which there are few.
type texts map[statement]string

// of returns a statement's text, with numbered placeholders or plain ones.
func (t texts) of(s statement, numbered bool) string {
	known, found := t[s]
	if !found {
		known = s.head + places(s.rows, s.columns, numbered) + s.tail
		t[s] = known
	}
	return known
}

func places(rows, columns int, numbered bool) string {
	var text strings.Builder
	for n := range rows * columns {
		switch {
		case n == 0:
			text.WriteByte('(')
		case n%columns == 0:
			text.WriteString("), (")
		default:
			text.WriteByte(',')
		}
		if numbered {
			text.WriteString("$" + strconv.Itoa(n+1))
		} else {
			text.WriteByte('?')
		}
	}
	text.WriteByte(')')
	return text.String()
}
