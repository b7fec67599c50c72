package store

import (
	"context"
	"database/sql/driver"
)

// preparing is a connector whose connections keep their statements prepared. For database/sql a statement belongs to one use of a connection, and
// SQLite parses a statement for as long as it takes to read a few rows. PostgreSQL's driver keeps them itself.
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{sqliteConn: c.(sqliteConn), kept: map[string]*keptStatement{}}, nil
}

// sqliteConn is what database/sql uses of the driver's connections; a wrapper must not hide any of it.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn is a connection that keeps its statements. database/sql uses it from one goroutine at a time.
type preparedConn struct {
	sqliteConn
	kept map[string]*keptStatement // by their text
}

// maxStatements bounds the statements of a connection, a few kilobytes each. The read model has fewer.
const maxStatements = 200

type keptStatement struct {
	driver.Stmt
	busy bool // its rows are still being read
}

// statement returns a kept statement; nil if it is busy.
func (c *preparedConn) statement(ctx context.Context, query string) (*keptStatement, error) {
	if st := c.kept[query]; st != nil {
		if st.busy {
			return nil, nil
		}
		return st, nil
	}
	if len(c.kept) >= maxStatements {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	st := &keptStatement{Stmt: prepared}
	c.kept[query] = st
	return st, nil
}

// forget closes the statements that are not busy.
func (c *preparedConn) forget() (err error) {
	for query, st := range c.kept {
		if st.busy {
			continue
		}
		delete(c.kept, query)
		if closed := st.Close(); err == nil {
			err = closed
		}
	}
	return err
}

// Close implements driver.Conn. No rows are open then.
func (c *preparedConn) Close() error {
	err := c.forget()
	if closed := c.sqliteConn.Close(); err == nil {
		err = closed
	}
	return err
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := st.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	st.busy = true
	return &keptRows{rows, st}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return st.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// keptRows frees its statement when it is closed.
type keptRows struct {
	driver.Rows
	of *keptStatement
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
