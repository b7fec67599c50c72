package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
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
	q.add(condition, args...)
}

// add adds text; each ? stands for the next argument.
func (q *query) add(text string, args ...any) {
	for _, a := range args {
		before, rest, _ := strings.Cut(text, "?")
		q.args = append(q.args, a)
		q.text.WriteString(before + "$" + strconv.Itoa(len(q.args)))
		text = rest
	}
	q.text.WriteString(text)
}

// equal adds a condition unless the value is zero.
func equal[T comparable](q *query, column string, value T) {
	var zero T
	if value != zero {
		q.and(column+" = ?", value)
	}
}

// What finds a pool's number and a name's id, and the reverse; and a block's time.
const (
	isPool = " = (SELECT num FROM pools WHERE id = ?)"
	isName = " = (SELECT id FROM names WHERE text = ?)"
)

func poolOf(column string) string { return "(SELECT id FROM pools WHERE num = " + column + ")" }
func timeOf(column string) string {
	return "(SELECT time FROM blocks WHERE blocks.height = " + column + ")"
}
func nameOf(column string) string { return "(SELECT text FROM names WHERE id = " + column + ")" }

// equalPool adds a condition on a pool's number unless the id is empty.
func equalPool(q *query, column string, id ticket.PoolID) {
	if id != "" {
		q.and(column+isPool, string(id))
	}
}

// equalName adds a condition on a name's id unless the name is empty.
func equalName(q *query, column, name string) {
	if name != "" {
		q.and(column+isName, name)
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

// grouped is page for rows that are sums over groups.
func (q *query) grouped(p Page, groups string, key ...string) {
	q.after(p, key)
	q.text.WriteString(" GROUP BY " + groups)
	q.order(p, key)
}

// after excludes what comes up to the last row seen. The condition on the first column is there for the planners: they use no index for rows
// of columns of several tables. Integers are cast because a caller's may be greater than the column's can be.
func (q *query) after(p Page, key []string) {
	if len(p.After) != len(key) {
		return
	}
	beyond := map[bool]string{false: " > ", true: " < "}[p.Desc]
	marks := make([]string, len(key))
	for i, value := range p.After {
		marks[i] = "?"
		if _, isText := value.(string); !isText {
			marks[i] = "CAST(? AS BIGINT)"
		}
	}
	if len(key) > 1 {
		q.and(key[0]+strings.TrimRight(beyond, " ")+"= "+marks[0], p.After[0])
	}
	q.and("("+strings.Join(key, ", ")+")"+beyond+"("+strings.Join(marks, ", ")+")", p.After...)
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
