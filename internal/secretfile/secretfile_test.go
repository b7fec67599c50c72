//go:build unix

package secretfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// Only regular, private files of a sensible length are read, and nothing makes reading wait.
func TestSecretFilesAreRegularAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Symlink(at("loop"), at("loop")), os.Symlink("/dev/zero", at("zero")), os.Symlink(at("none"), at("dangling")),
		os.Mkdir(at("folder"), 0o700), os.WriteFile(at("long"), make([]byte, 11), 0o600), os.WriteFile(at("good"), []byte("secret"), 0o600),
		os.Symlink(at("good"), at("link"))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pipe": "named pipe", "loop": "symbolic links", "zero": "device", "dangling": "no such file", "folder": "a folder", "none": "no such file", "long": "more than 10 bytes"} {
		for _, read := range []func(string, int) ([]byte, error){Read, ReadAny} {
			if text, err := read(at(name), 10); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q, %v, want %q", name, text, err, want)
			}
		}
	}
	for _, name := range []string{"good", "link"} {
		if text, err := Read(at(name), 10); err != nil || string(text) != "secret" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for _, m := range []fs.FileMode{0o604, 0o640, 0o620, 0o602, 0o666, 0o644, 0o610} {
		if err := os.Chmod(at("good"), m); err != nil {
			t.Fatal(err)
		}
		var exposed *ExposedError
		if _, err := Read(at("good"), 10); !errors.As(err, &exposed) || !strings.Contains(err.Error(), "chmod 600 "+at("good")) {
			t.Errorf("mode %04o: %v", m, err)
		}
		if text, err := ReadAny(at("good"), 10); err != nil || string(text) != "secret" {
			t.Errorf("mode %04o: %q, %v", m, text, err)
		}
	}
	if me := os.Geteuid(); me == 0 {
		if err := errors.Join(os.Chmod(at("good"), 0o600), os.Chown(at("good"), 12345, -1)); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(at("good"), 10); err != nil { // root may use everybody's files
			t.Error(err)
		}
	}
}

// What systemd hands to a service is read, though its access list shows as a right of the group, but nothing else with such a mode.
func TestSecretFilesFromSystemd(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", folder+"/")
	for _, c := range []struct {
		folder string
		mode   fs.FileMode
		read   bool
	}{{folder, 0o400, true}, {folder, 0o440, os.Geteuid() == 0}, {folder, 0o444, false}, {folder, 0o460, false}, {elsewhere, 0o440, false}} {
		path := filepath.Join(c.folder, "settings")
		if err := errors.Join(os.WriteFile(path, []byte("secret"), 0o600), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		if text, err := Read(path, 10); (err == nil) != c.read {
			t.Errorf("mode %04o in %s: %q, %v", c.mode, c.folder, text, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	theirs := filepath.Join(folder, "theirs")
	if err := errors.Join(os.WriteFile(theirs, nil, 0o600), os.Chmod(theirs, 0o440)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(theirs, 12345, -1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(theirs, 10); err == nil {
		t.Error("a file that is not root's is taken for a credential")
	}
}

// A pipe may hand a secret over, but only where a person named it.
func TestSecretFilesFromPipes(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- os.WriteFile(pipe, []byte("secret"), 0) }()
	if text, err := ReadOrReceive(pipe, 10); err != nil || string(text) != "secret" {
		t.Errorf("%q, %v", text, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A folder into which others can put files is no place for secrets; one that they can list is, because each file is private.
func TestSecretFilesFolders(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Folder(dir); err != nil || mode(t, dir) != 0o700 || mode(t, filepath.Dir(dir)) != 0o700 {
		t.Errorf("%v, mode %04o", err, mode(t, dir))
	}
	for m, ok := range map[fs.FileMode]bool{0o700: true, 0o755: true, 0o750: true, 0o777: false, 0o770: false, 0o775: false, 0o702: false} {
		if err := os.Chmod(dir, m); err != nil {
			t.Fatal(err)
		}
		var exposed *ExposedError
		if err := Folder(dir); (err == nil) != ok || err != nil && !errors.As(err, &exposed) {
			t.Errorf("mode %04o: %v", m, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(file); err == nil {
		t.Error("a file is taken for a folder")
	}
}

// Files appear whole and private, replace links instead of following them, and leave nothing behind, even after kill -9.
func TestSecretFilesAreWrittenWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, other := filepath.Join(dir, "token"), filepath.Join(dir, "other")
	left, fresh := path+temporary+"123", path+temporary+"456"
	if err := errors.Join(os.WriteFile(other, []byte("mine"), 0o644), os.Symlink(other, path), os.WriteFile(left, []byte("half"), 0o600), os.WriteFile(fresh, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * abandoned)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created over a link: %v", err)
	}
	if err := Write(path, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "secret" || mode(t, path) != 0o600 {
		t.Errorf("%q, %v, mode %04o", text, err, mode(t, path))
	}
	if text, _ := os.ReadFile(other); string(text) != "mine" {
		t.Errorf("the link's target became %q", text)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed process left is still there: %v", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("what another process is writing was removed: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var created, exists sync.Map
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := Create(path, []byte{byte(i)}); err == nil {
				created.Store(i, true)
			} else if errors.Is(err, fs.ErrExist) {
				exists.Store(i, true)
			}
		})
	}
	all.Wait()
	count := func(m *sync.Map) (n int) {
		m.Range(func(any, any) bool { n++; return true })
		return n
	}
	if count(&created) != 1 || count(&exists) != 19 {
		t.Errorf("%d of 20 created the file, %d found it", count(&created), count(&exists))
	}
}
