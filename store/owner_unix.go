//go:build unix

package store

import (
	"os"
	"syscall"
)

// ownAs gives root's new files to the owner of another file or folder: a service that runs as a user of its own must be able to open them.
func ownAs(like string, paths ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return nil
	}
	for _, path := range paths {
		if err := os.Lchown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}
