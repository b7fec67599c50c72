package store

import "context"

// Exec runs a statement on the writer's connection.
func (s *Store) Exec(ctx context.Context, statement string) error {
	return s.use(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, statement)
		return err
	})
}
