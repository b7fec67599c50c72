package daemon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/store"
)

// savingEnv makes the test binary back up or restore, as this variable says.
const savingEnv = "SMARTPOOLD_TEST_SAVING"

// saving is what such a process does.
type saving struct {
	Settings daemon.Config
	File     string
	Restores bool
}

func init() {
	children[savingEnv] = func(ctx context.Context, setting string) error {
		var s saving
		if err := json.Unmarshal([]byte(setting), &s); err != nil {
			return err
		}
		if s.Restores {
			return daemon.Restore(ctx, s.Settings, s.File, slog.New(slog.NewTextHandler(os.Stderr, nil)))
		}
		return daemon.Backup(ctx, s.Settings, s.File, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
}

// killedAfter runs a process that saves and kills it after a while, unless it ends before.
func (s saving) killedAfter(t *testing.T, while time.Duration) {
	t.Helper()
	setting, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), savingEnv+"="+string(setting))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(while, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
}

// Backups are made while blocks come, and are killed at any moment: each that has its name is whole. Restores are killed at any moment: a daemon
// finds the old ledger, the new one, or a file that it refuses, and restoring again makes it good. In the end a daemon that starts on what was
// restored has the tables of one that was never disturbed.
func TestBackupsAndRestoresAreKilled(t *testing.T) {
	const kills = 12
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			n := newNode(t)
			blocks := life(t)[:300]
			n.submit(blocks[:150])
			cfg := n.settings(t.TempDir(), open(t))
			d := start(t, cfg)
			d.synced(n)
			folder := t.TempDir()
			whole := 0
			for k := range kills {
				n.submit(blocks[150+10*k : 160+10*k])
				file := filepath.Join(folder, fmt.Sprintf("%d.db", k))
				saving{cfg, file, false}.killedAfter(t, time.Duration(random.IntN(1000))*time.Millisecond)
				if _, err := os.Stat(file); err == nil {
					whole++
					if _, err := store.CheckBackup(t.Context(), file, regtest(t), false); err != nil {
						t.Errorf("backup %d: %v", k, err)
					}
				}
			}
			t.Logf("%d of %d backups were finished", whole, kills)
			last := filepath.Join(folder, "last.db")
			log := slog.New(slog.NewTextHandler(io.Discard, nil))
			if err := daemon.Backup(t.Context(), cfg, last, log); err != nil {
				t.Fatal(err)
			}
			n.submit(blocks[270:])
			d.synced(n)
			d.end()
			for range kills {
				saving{cfg, last, true}.killedAfter(t, time.Duration(random.IntN(1500))*time.Millisecond)
				r, err := store.OpenReader(t.Context(), cfg.Database, regtest(t), false)
				if err != nil {
					if !strings.Contains(err.Error(), "hard links") {
						t.Errorf("after a kill: %v", err)
					}
					continue
				}
				state, err := r.State(t.Context())
				if err != nil || state.Tip().Height < 260 {
					t.Errorf("after a kill: %v", err)
				}
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := daemon.Restore(t.Context(), cfg, last, log); err != nil {
				t.Fatal(err)
			}
			d = start(t, cfg)
			d.synced(n)
			d.end()
			if diff := n.unlikeUndisturbed(t, cfg.Database, open(t)); diff != "" {
				t.Errorf("the tables differ: %s", diff)
			}
		})
	}
}

// Windows lets nobody write, flush or rename a file as backups do, so both commands say what to do instead before they touch anything.
func TestBackupsAreRefusedOnWindows(t *testing.T) {
	for system, want := range map[string]string{"linux": "", "darwin": "", "windows": "copy its data folder"} {
		if err := daemon.BacksUp(system); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", system, err)
		}
	}
}
