package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// query is a SELECT with optional conditions. Its text consists of constants only; what callers provide are arguments. sqlc, which
// generates the other queries, cannot express this so that the engines' planners use indexes.
type query struct {
	text  strings.Builder
	args  []any
	where bool
}

func selecting(text string) *query {
	q := &query{}
	q.text.WriteString(text)
	return q
}

// and adds a condition; each ? stands for the next argument.
func (q *query) and(condition string, args ...any) {
	q.text.WriteString(map[bool]string{false: " WHERE ", true: " AND "}[q.where])
	q.where = true
	for _, a := range args {
		before, rest, _ := strings.Cut(condition, "?")
		q.args = append(q.args, a)
		q.text.WriteString(before + "$" + strconv.Itoa(len(q.args)))
		condition = rest
	}
	q.text.WriteString(condition)
}

// equal adds a condition unless the value is zero.
func equal[T comparable](q *query, column string, value T) {
	var zero T
	if value != zero {
		q.and(column+" = ?", value)
	}
}

// in requires one of these values, if any are given.
func in[T any](q *query, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	q.and(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

// Page selects part of a list.
type Page struct {
	After []any // key of the last row seen, integers and strings; nil to start at the beginning
	Limit int   // maximum number of rows
	Desc  bool  // reverse order
}

// page orders by a unique key, and continues after the last row seen.
func (q *query) page(p Page, key ...string) {
	q.after(p, key)
	q.order(p, key)
}

// grouped is page for rows that are sums over all rows with the same key.
func (q *query) grouped(p Page, key ...string) {
	q.after(p, key)
	q.text.WriteString(" GROUP BY " + strings.Join(key, ", "))
	q.order(p, key)
}

func (q *query) after(p Page, key []string) {
	if len(p.After) == len(key) {
		beyond := map[bool]string{false: " > ", true: " < "}[p.Desc]
		q.and("("+strings.Join(key, ", ")+")"+beyond+"(?"+strings.Repeat(", ?", len(key)-1)+")", p.After...)
	}
}

func (q *query) order(p Page, key []string) {
	direction := map[bool]string{true: " DESC"}[p.Desc]
	q.text.WriteString(" ORDER BY " + strings.Join(key, direction+", ") + direction + " LIMIT " + strconv.Itoa(p.Limit))
}

// ErrUnreadable says that a row does not hold what this program writes, and what to do.
var ErrUnreadable = errors.New(Damaged)

// all runs a query and scans each row.
func all[T any](s *Snapshot, q *query, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := s.conn.QueryContext(s.ctx, q.text.String(), q.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		x, err := scan(rows)
		if err != nil && s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%w; %w", err, ErrUnreadable)
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// height reads an optional height; -1 if missing.
func height(h sql.NullInt64) pastel.Height {
	if !h.Valid {
		return -1
	}
	return pastel.Height(h.Int64)
}
