package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// small mounts a disk of so many bytes, which takes root.
func small(t *testing.T, size string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := syscall.Mount("smartpool", folder, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		t.Skipf("mounting a small disk takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// On a full disk, a backup leaves no file, and a restore leaves the database as it was.
func TestBackupAndRestoreOnAFullDisk(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		database, folder := filled(t, url), small(t, "100k")
		_, err := store.BackUp(t.Context(), database, regtest(t), false, filepath.Join(folder, "backup.db"), silent)
		if err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("backup: %v", err)
		}
		file := backedUp(t, database)
		if _, err := store.Restore(t.Context(), file, filepath.Join(folder, "ledger.db"), regtest(t), false, ""); err == nil {
			t.Error("a restore without room succeeded")
		}
		files, err := os.ReadDir(folder)
		if err != nil || len(files) > 1 || len(files) == 1 && files[0].Name() != "ledger.db.lock" {
			t.Errorf("%v, %v", files, err)
		}
		if got, want := sum(t, backedUp(t, database)), sum(t, file); got != want {
			t.Error("the database changed")
		}
	})
}

// What root restores belongs to the owner of the folder, which a service can then open.
func TestRestoreByRootKeepsTheOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	file, folder := backedUp(t, filled(t, sqliteFile(t))), t.TempDir()
	if err := os.Chown(folder, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), file, filepath.Join(folder, "ledger.db"), regtest(t), false, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.db", "ledger.db.lock"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 12345 || owner.Gid != 12345 {
			t.Errorf("%s belongs to %d:%d", name, owner.Uid, owner.Gid)
		}
	}
}

// Root restores into the folder of a service, which may have been broken into: links there lead root's writing nowhere.
func TestRestoreByRootFollowsNoLinks(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	file, folder, outside := backedUp(t, filled(t, sqliteFile(t))), t.TempDir(), t.TempDir()
	if err := os.Chown(folder, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, name := range []string{"ledger.db.restoring", "ledger.db.restoring-journal", "ledger.db.lock"} {
		target := filepath.Join(outside, name)
		targets = append(targets, target)
		if err := errors.Join(os.WriteFile(target, []byte("root's"), 0o600), os.Symlink(target, filepath.Join(folder, name))); err != nil {
			t.Fatal(err)
		}
	}
	_, failed := store.Restore(t.Context(), file, filepath.Join(folder, "ledger.db"), regtest(t), false, "")
	for _, target := range targets {
		text, err := os.ReadFile(target)
		if err != nil || string(text) != "root's" {
			t.Errorf("%s has %d bytes now, %v", filepath.Base(target), len(text), err)
			continue
		}
		info, err := os.Stat(target)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %d and has mode %v", filepath.Base(target), owner.Uid, info.Mode())
		}
	}
	if failed != nil {
		t.Errorf("it was not restored: %v", failed)
	}
}
