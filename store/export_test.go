package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"time"

	"modernc.org/sqlite"
)

// Silence is longer than any test keeps a server silent, but those about silence.
const Silence = 10 * time.Second

// PruneAtOnce is small, so that short histories are pruned in many portions.
const PruneAtOnce = 3

func init() { //nolint:gochecknoinits // before any test runs
	silence, idleTrust, idlePatience, listenPatience, answerPatience = Silence, 0, Silence/10, Silence/200, Silence/2
	pruneAtOnce = PruneAtOnce
}

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(ctx context.Context, statement string) error {
	return s.use(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	})
}

// PutNames adds rows in a transaction that it rolls back, and returns how many of them wait and how many are in statements that wait.
func (s *Store) PutNames(ctx context.Context, n int) (waiting, queued int, err error) {
	return waiting, queued, s.use(ctx, func() error {
		tx, err := s.engine.begin(ctx, s.conn, s.q)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		w := &writer{ctx: ctx, tx: tx}
		b := newBulk("names", "id text height")
		for i := range n {
			if err := w.put(&b, 1_000_000+i, strconv.Itoa(i), 0); err != nil {
				return err
			}
		}
		waiting = b.rows()
		if p, is := tx.(*pipeline); is {
			queued = p.args / len(b.columns)
		}
		return nil
	})
}

// Record has a reader's statements passed to f before they run. Call it before the reader reads.
func (r *Reader) Record(connect driver.Connector, f func(query string, args []driver.NamedValue)) error {
	err := r.pool.Close()
	r.pool = sql.OpenDB(&recorder{connect, f})
	return err
}

// Record is that of the reader of alerts.
func (a *Alerts) Record(connect driver.Connector, f func(query string, args []driver.NamedValue)) error {
	return a.reader.Record(connect, f)
}

// recorder makes connections that pass on what they are asked.
type recorder struct {
	driver.Connector
	record func(query string, args []driver.NamedValue)
}

// Connect implements driver.Connector.
func (r *recorder) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	return &recording{c, r.record}, err
}

type recording struct {
	driver.Conn
	record func(query string, args []driver.NamedValue)
}

// QueryContext implements driver.QueryerContext.
func (c *recording) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.record(query, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// ExecContext implements driver.ExecerContext.
func (c *recording) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.record(query, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *recording) CheckNamedValue(v *driver.NamedValue) error {
	if check, ok := c.Conn.(driver.NamedValueChecker); ok {
		return check.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// MaxStatements is how many statements a reading connection keeps.
const MaxStatements = maxStatements

// OpenPrepared opens a file whose connections keep their statements.
func OpenPrepared(path string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(sqliteURL(path))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{connector}), nil
}

// Seal adds the sum of all rows to a file that is to pass for a backup.
var Seal = seal
