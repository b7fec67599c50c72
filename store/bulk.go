package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
)

// bulk is a statement for many rows: one for each of them would cost most of the time.
type bulk struct {
	head    string // up to the rows
	columns int
	tail    string // behind the rows
	args    []any  // of all rows
}

func (b *bulk) add(row ...any) { b.args = append(b.args, row...) }

// executing runs statements: a connection or a transaction.
type executing interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// bulkSizes are the numbers of rows of a statement. There are few, so that few statements have to be prepared.
var bulkSizes = []int{256, 32, 4, 1}

// run executes the statement for all rows, and forgets them.
func (b *bulk) run(ctx context.Context, on executing) error {
	args := b.args
	b.args = nil
	for _, size := range bulkSizes {
		for n := size * b.columns; len(args) >= n && n > 0; args = args[n:] {
			if _, err := on.ExecContext(ctx, b.text(size), args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// bulkTexts keeps the statements' texts.
var bulkTexts sync.Map

func (b *bulk) text(rows int) string {
	type statement struct {
		head string
		rows int
	}
	known, found := bulkTexts.Load(statement{b.head, rows})
	if !found {
		known, _ = bulkTexts.LoadOrStore(statement{b.head, rows}, b.head+places(rows, b.columns)+b.tail)
	}
	return known.(string)
}

// places returns numbered placeholders for rows.
func places(rows, columns int) string {
	var text strings.Builder
	n := 0
	for range rows {
		text.WriteString(map[bool]string{true: "(", false: ", ("}[n == 0])
		for c := range columns {
			n++
			text.WriteString(map[bool]string{true: "$", false: ", $"}[c == 0] + strconv.Itoa(n))
		}
		text.WriteString(")")
	}
	return text.String()
}
