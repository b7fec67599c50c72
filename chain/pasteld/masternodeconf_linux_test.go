package pasteld

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe without a writer is refused immediately. So is a link to a missing file, which stays a link.
func TestConfThatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMasternodeConf(pipe); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a pipe: %v", err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("missing", link); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMasternodeConf(link); err == nil || !strings.Contains(err.Error(), "a link to missing") {
		t.Errorf("a link to nothing: %v", err)
	}
	if err := NewMasternodeConf(link).Write(); err == nil || !strings.Contains(err.Error(), "a link to missing") {
		t.Errorf("written through a link to nothing: %v", err)
	}
	if to, err := os.Readlink(link); err != nil || to != "missing" {
		t.Errorf("the link points to %q (%v)", to, err)
	}
}
