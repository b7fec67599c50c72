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

// keepOwner gives a file the owner of the one it is to replace, or of the folder if there is none: the node has to read what root writes.
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
		return fmt.Errorf("it belongs to another user (%d), who could not read it any more", of.Uid)
	}
	return nil
}
