package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pastelnetwork/smartpool/store"
)

// Rebuild empties the ledger in the database of the settings, so that the next daemon rebuilds it from the chain. It keeps the
// subscriptions to alerts. No daemon may write meanwhile.
func Rebuild(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	if cfg.ReadOnly {
		return errors.New("read-only: rebuilding writes to the database; omit --read-only")
	}
	if err := cfg.Check(); err != nil {
		return err
	}
	net, err := cfg.network()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.database(), net)
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w: stop the daemon first", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Rebuild(ctx); err != nil {
		return err
	}
	log.Info("the ledger is empty: start the daemon, and it rebuilds the ledger from the chain; the subscriptions to alerts are kept",
		"database", cfg.databaseForLog())
	return nil
}
