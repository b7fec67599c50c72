package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/store"
)

// backsUp says why backups are neither written nor restored on an operating system: they flush, lock and rename files that are open, which Windows
// does not allow.
func backsUp(system string) error {
	if system == "windows" {
		return errors.New("backups are not possible on Windows: stop the daemon, and copy its data folder as a whole")
	}
	return nil
}

// Backup writes a backup of the database of the settings to a new file, while a daemon may be running.
func Backup(ctx context.Context, cfg Config, file string, log *slog.Logger) error {
	if err := cmp.Or(backsUp(runtime.GOOS), cfg.Check()); err != nil {
		return err
	}
	net, err := cfg.network()
	if err != nil {
		return err
	}
	log.Info("writing a backup", "database", cfg.databaseForLog(), "file", file)
	began, told := time.Now(), time.Now()
	tip, err := store.BackUp(ctx, cfg.database(), net, cfg.shadow(), file, func(written int64) {
		if time.Since(told) >= progressEvery {
			told = time.Now()
			log.Info("writing a backup", "megabytes", written>>20)
		}
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	log.Info("the backup is written and checked; keep it private, because it holds the receivers of alerts and their secrets", "file", file,
		"height", tip.Height, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// Restore replaces the content of the database of the settings by a backup's. No daemon may write meanwhile.
func Restore(ctx context.Context, cfg Config, file string, log *slog.Logger) error {
	if cfg.ReadOnly {
		return errors.New("read-only: restoring writes to the database; omit --read-only")
	}
	if err := cmp.Or(backsUp(runtime.GOOS), cfg.Check()); err != nil {
		return err
	}
	net, err := cfg.network()
	if err != nil {
		return err
	}
	if err := secretfile.Folder(cfg.Data); err != nil {
		return fmt.Errorf("data: %w; or give another folder with --data", err)
	}
	log.Info("checking the backup, then restoring it", "file", file, "database", cfg.databaseForLog())
	r, err := store.Restore(ctx, file, cfg.database(), net, cfg.shadow(), filepath.Join(cfg.Data, "before-restore.db"))
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("restore: %w: stop the daemon first", err)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if r.Kept != "" {
		log.Info("what was in the database is kept; delete it, with the files whose names begin like its own, when you no longer need it", "file", r.Kept)
	}
	if r.Tip.Height < 0 {
		log.Info("restored; the backup has no blocks: when the daemon starts, it builds the ledger from the chain, as at the first start")
		return nil
	}
	log.Info("restored: when the daemon starts, it follows the chain from this block on; receivers may get alerts again that were sent since, "+
		"under the same ids", "height", r.Tip.Height, "date", time.Unix(r.Tip.Time, 0).UTC().Format(time.DateTime))
	return nil
}
