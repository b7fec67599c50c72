package store

import (
	"context"
	"database/sql"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// silence is how long a PostgreSQL server may say nothing while something waits for it: a router or a proxy between may have forgotten the
// connection without a word, and nobody else would ever notice. No statement of ours takes so long without an answer.
var silence = 2 * time.Minute

// endInSilence makes a driver's connections end when their server is silent for too long. What waits then fails and is tried again.
func endInSilence(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &impatientConn{Conn: conn}, nil
	}
}

// impatientConn is a connection whose reads and writes fail after a silence, or at an earlier deadline that the driver has set.
type impatientConn struct {
	net.Conn
	mu          sync.Mutex // held while deadlines are set, but not while anything waits for them
	read, write time.Time  // the driver's deadlines; zero for none
}

// soonest returns the driver's deadline or the end of a silence that begins now.
func soonest(deadline time.Time) time.Time {
	if end := time.Now().Add(silence); deadline.IsZero() || end.Before(deadline) {
		return end
	}
	return deadline
}

// Read implements net.Conn.
func (c *impatientConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	err := c.Conn.SetReadDeadline(soonest(c.read))
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *impatientConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	err := c.Conn.SetWriteDeadline(soonest(c.write))
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// SetDeadline implements net.Conn.
func (c *impatientConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.write = t, t
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *impatientConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = t
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *impatientConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = t
	return c.Conn.SetWriteDeadline(t)
}

var (
	idleTrust    = time.Second      // after which an idle connection is tried before it is used
	idlePatience = 10 * time.Second // for its answer, which costs the server nothing
)

// pooled returns connections of which the idle ones are tried before they are used: all of them may have been forgotten at once.
func pooled(cfg *pgx.ConnConfig) *sql.DB {
	return stdlib.OpenDB(*cfg, stdlib.OptionShouldPing(func(ctx context.Context, p stdlib.ShouldPingParams) bool {
		if p.IdleDuration <= idleTrust {
			return false
		}
		ctx, cancel := context.WithTimeout(ctx, idlePatience)
		defer cancel()
		return p.Conn.Ping(ctx) != nil // then it is closed, and the driver, which pings again, takes another
	}))
}
