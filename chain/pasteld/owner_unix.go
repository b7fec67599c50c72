//go:build unix

package pasteld

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// keepOwner gives a file the owner of the file it replaces, or of the folder if there is none: the node must be able to read what root
// writes.
func keepOwner(f *os.File, target string) error {
	info, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(target))
	}
	if err != nil {
		return err
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(of.Uid) == os.Geteuid() {
		return nil
	}
	if err := f.Chown(int(of.Uid), int(of.Gid)); err != nil {
		return fmt.Errorf("it belongs to another user (uid %d), who could no longer read it", of.Uid)
	}
	return nil
}
