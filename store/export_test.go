package store

import (
	"context"
	"time"
)

// Silence is longer than any test keeps a server silent, but those about silence.
const Silence = 10 * time.Second

func init() { silence, idleTrust, idlePatience = Silence, 0, Silence/10 } //nolint:gochecknoinits // before any test runs

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(ctx context.Context, statement string) error {
	return s.use(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	})
}
