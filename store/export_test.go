package store

import (
	"context"
	"time"
)

func init() { silence = 10 * time.Second } // longer than any test keeps a server silent, but those about silence

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(ctx context.Context, statement string) error {
	return s.use(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	})
}
