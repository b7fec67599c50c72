//go:build unix

package daemon_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// dev returns the settings of a development daemon whose folder somebody else has made.
func dev(t *testing.T) daemon.Config {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	return daemon.Config{Data: data, ShadowFrom: -1, Dev: true, DevRPC: "127.0.0.1:0", API: "127.0.0.1:0", APIStreams: 10, Poll: 10 * time.Millisecond}
}

// Every file of a daemon is private, whoever made its folder and whatever an earlier release left, and cookies end with it.
func TestSecretFilesOfTheDaemonArePrivate(t *testing.T) {
	t.Parallel()
	cfg := dev(t)
	for range 2 { // the second time, files of an earlier release that others can read
		d := start(t, cfg)
		d.api()
		d.answers(d.api()+"/api/v1/status", 200, `"ready":true`)
		seen := map[string]bool{}
		err := filepath.WalkDir(cfg.Data, func(path string, e fs.DirEntry, err error) error {
			if err != nil || path == cfg.Data {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			if info.Mode().Perm()&0o077 != 0 || strings.Contains(e.Name(), "tmp-") {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			seen[e.Name()] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"api.token", "regtest.db", "regtest.db-wal", "regtest.db-shm", ".cookie", "wallet.json"} {
			if !seen[name] {
				t.Errorf("there is no %s among %v", name, seen)
			}
		}
		d.end()
		if _, err := os.Stat(filepath.Join(cfg.Data, "devnode", ".cookie")); !os.IsNotExist(err) {
			t.Errorf("the cookie outlives the daemon: %v", err)
		}
		if err := os.Chmod(filepath.Join(cfg.Data, "regtest.db"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A token that others know, or that is none, is refused with what to do, and nothing makes the daemon wait.
func TestSecretFilesOfTheDaemonAreChecked(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("a", 32) + "\n"
	file := func(mode os.FileMode, text string) func(string) error {
		return func(path string) error {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				return err
			}
			return os.Chmod(path, mode)
		}
	}
	pipe := func(path string) error { return syscall.Mkfifo(path, 0o600) }
	for name, c := range map[string]struct {
		name string
		make func(path string) error
		want string
	}{
		"a readable token":    {"api.token", file(0o666, token), "chmod 600"},
		"a group's token":     {"api.token", file(0o640, token), "chmod 600"},
		"a short token":       {"api.token", file(0o600, "abc\n"), "delete it"},
		"two lines":           {"api.token", file(0o600, token+token), "delete it"},
		"a garbled token":     {"api.token", file(0o600, strings.Repeat("\x00", 64)), "delete it"},
		"a long token":        {"api.token", file(0o600, strings.Repeat("a", 2000)), "delete it"},
		"a pipe":              {"api.token", pipe, "named pipe"},
		"a folder":            {"api.token", func(path string) error { return os.Mkdir(path, 0o700) }, "folder"},
		"a loop":              {"api.token", func(path string) error { return os.Symlink(path, path) }, "symbolic links"},
		"a device":            {"api.token", func(path string) error { return os.Symlink("/dev/zero", path) }, "device"},
		"a link to nothing":   {"api.token", func(path string) error { return os.Symlink(path+"-none", path) }, "cannot be opened"},
		"the database a pipe": {"regtest.db", pipe, "not a regular file"},
		"the folder is open":  {".", func(path string) error { return os.Chmod(path, 0o777) }, "chmod 700"},
		"a group's folder":    {".", func(path string) error { return os.Chmod(path, 0o770) }, "chmod 700"},
		"the wallet readable": {"devnode/wallet.json", func(path string) error {
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			return file(0o644, "{}")(path)
		}, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := dev(t)
			if err := c.make(filepath.Join(cfg.Data, c.name)); err != nil {
				t.Fatal(err)
			}
			d := start(t, cfg)
			select {
			case err := <-d.done:
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "aaaa") {
					t.Errorf("got %v, want %q", err, c.want)
				}
			case <-time.After(patience):
				t.Error("the daemon goes on")
			}
		})
	}
}

// An empty token, which a full disk may leave, is replaced. A good one stays.
func TestSecretFilesOfTheDaemonAreRenewed(t *testing.T) {
	t.Parallel()
	cfg := dev(t)
	path := filepath.Join(cfg.Data, "api.token")
	if err := os.WriteFile(path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var last string
	for i := range 2 {
		d := start(t, cfg)
		d.api()
		text, err := os.ReadFile(path)
		if err != nil || len(strings.TrimSpace(string(text))) != 64 || i > 0 && string(text) != last {
			t.Errorf("start %d: %d bytes, %v", i, len(text), err)
		}
		last = string(text)
		d.end()
	}
}

// The cookie of a node is used only if nobody else can read or change it.
func TestSecretFilesOfTheNode(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(cookie string) error{
		"named pipe":     func(cookie string) error { return syscall.Mkfifo(cookie, 0o600) },
		"symbolic links": func(cookie string) error { return os.Symlink(cookie, cookie) },
		"a folder":       func(cookie string) error { return os.Mkdir(cookie, 0o700) },
		"chmod 600":      func(cookie string) error { return os.WriteFile(cookie, []byte("__cookie__:TopSecret"), 0o644) },
		"user:password":  func(cookie string) error { return os.WriteFile(cookie, []byte("TopSecret"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			cfg := n.settings(t.TempDir(), "")
			cfg.NodeCookie = filepath.Join(t.TempDir(), ".cookie")
			if err := make(cfg.NodeCookie); err != nil {
				t.Fatal(err)
			}
			d := start(t, cfg)
			select {
			case err := <-d.done:
				if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "TopSecret") {
					t.Errorf("got %v", err)
				}
			case <-time.After(patience):
				t.Error("the daemon goes on")
			}
		})
	}
}
