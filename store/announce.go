package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
)

// channel is the expression for the name of the channel on which a ledger's writer announces blocks. It includes the schema's number, as
// the writer's lock does, because a channel belongs to the whole database.
const channel = `'smartpool_blocks_' || (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

// announce implements transaction. PostgreSQL delivers the announcement when the step is committed, and only then.
func (p *pipeline) announce(ctx context.Context, tip pool.Tip) error {
	_, err := p.ExecContext(ctx, "SELECT pg_notify("+channel+", $1)", fmt.Sprintf("%d %s", tip.Height, tip.Hash))
	return err
}

// announce implements transaction. SQLite has no means for it, and readers on the same machine poll at no cost.
func (*sqliteTx) announce(context.Context, pool.Tip) error { return nil }

// ErrNotAnnounced says that a reader cannot hear of blocks through its database and must poll: SQLite announces nothing, a pooler gives the
// listening session to others, and a standby server delivers nothing.
var ErrNotAnnounced = errors.New("the database announces no blocks")

// Pauses between attempts to listen: the first, and the longest.
var (
	firstListenPause = 250 * time.Millisecond
	longListenPause  = 30 * time.Second
)

// listenPatience is how long a listening connection is silent before it is tried. Nobody else would notice a lost one.
var listenPatience = 30 * time.Second

// answerPatience is how long a listening connection may take to open, or to answer. Until it fails, the reader polls and does not know why.
var answerPatience = 20 * time.Second

// Listen calls heard with the last block whenever the writer has stored a step, and when it begins to listen, also after a lost connection.
// It calls lost with the error when it cannot listen, and tries again at growing intervals. Listen takes a connection of its own, which
// needs no right but SELECT, and runs until the context ends or it finds that nothing is announced (ErrNotAnnounced). What is announced only
// wakes it: heard gets what the database then holds.
func (r *Reader) Listen(ctx context.Context, heard func(pool.Tip), lost func(error)) error {
	if r.listens == nil {
		return fmt.Errorf("%w: it is SQLite, or a pooler stands before it", ErrNotAnnounced)
	}
	for pause := firstListenPause; ; pause = min(2*pause, longListenPause) {
		began := time.Now()
		err := r.hear(ctx, heard)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNotAnnounced):
			return err
		case time.Since(began) > longListenPause: // it worked for a while
			pause = firstListenPause
		}
		lost(r.place.name(ctx, err))
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// hear listens on one connection.
func (r *Reader) hear(ctx context.Context, heard func(pool.Tip)) error {
	database := stdlib.OpenDB(*r.listens)
	defer database.Close()
	conn, err := startListening(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		answering, cancel := context.WithTimeout(ctx, answerPatience)
		tip, err := lastBlock(answering, db.New(conn))
		cancel()
		if err != nil {
			return err
		}
		heard(tip)
		err = conn.Raw(func(driver any) error { return announced(ctx, driver.(*stdlib.Conn).Conn()) })
		if err != nil {
			return err
		}
	}
}

// startListening returns a connection that listens.
func startListening(ctx context.Context, database *sql.DB) (_ *sql.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	conn, err := database.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	var name string
	var standby bool
	if err := conn.QueryRowContext(ctx, "SELECT "+channel+", pg_is_in_recovery()").Scan(&name, &standby); err != nil {
		return nil, err
	}
	if standby {
		return nil, fmt.Errorf("%w: it is a standby server", ErrNotAnnounced)
	}
	_, err = conn.ExecContext(ctx, "LISTEN "+pgx.Identifier{name}.Sanitize())
	return conn, err
}

// announced waits for the next announcement. It tries the connection whenever it has been silent for long.
func announced(ctx context.Context, c *pgx.Conn) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, listenPatience)
		_, err := c.WaitForNotification(waiting)
		silent := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil || !silent:
			return err
		case c.IsClosed():
			return err
		}
		trying, cancel := context.WithTimeout(ctx, idlePatience)
		err = c.Ping(trying)
		cancel()
		if err != nil {
			return err
		}
	}
}
