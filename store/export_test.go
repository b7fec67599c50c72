package store

import (
	"context"
	"database/sql"
	"time"

	"modernc.org/sqlite"
)

// Silence is longer than any test keeps a server silent, but those about silence.
const Silence = 10 * time.Second

func init() { silence, idleTrust, idlePatience, listenPatience = Silence, 0, Silence/10, Silence/200 } //nolint:gochecknoinits // before any test runs

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(ctx context.Context, statement string) error {
	return s.use(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	})
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
