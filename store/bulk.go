package store

import (
	"context"
	"strconv"
	"strings"
)

// bulk is a statement for many rows: one for each of them would cost most of the time.
type bulk struct {
	head    string // up to the rows
	columns int
	tail    string // behind the rows
	args    []any  // of all rows
}

func (b *bulk) add(row ...any) { b.args = append(b.args, row...) }

// bulkSizes are the numbers of rows of a statement. There are few, so that few statements have to be prepared.
var bulkSizes = []int{256, 32, 4, 1}

// run executes the statement for all rows, and forgets them.
func (b *bulk) run(ctx context.Context, on transaction) error {
	args := b.args
	b.args = nil
	for _, size := range bulkSizes {
		for n := size * b.columns; len(args) >= n && n > 0; args = args[n:] {
			if _, err := on.ExecContext(ctx, on.text(statement{b.head, size, b.columns, b.tail}), args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
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
