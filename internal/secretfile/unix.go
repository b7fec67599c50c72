//go:build unix

package secretfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// modes reports whether files have modes that keep other users out.
const modes = true

const nonblocking = syscall.O_NONBLOCK

// Umask keeps other users from whatever this process creates from now on, libraries included.
func Umask() { syscall.Umask(0o077) }

// owned refuses what belongs to another user, who can change it at any time. Root owns this machine, and may use everybody's files.
func owned(path string, info fs.FileInfo) error {
	of, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && me != 0 && of.Uid != 0 && int(of.Uid) != me {
		return &ExposedError{fmt.Sprintf("%s belongs to another user (uid %d, not %d), who can change it; run as that user, or change its owner", path, of.Uid, me)}
	}
	return nil
}

// handedOver reports whether a file is a credential that systemd made for this service. It belongs to root, and where the file system has
// access lists, this service's user is on its list; the mode then shows that right as the group's, though no group has it.
func handedOver(path string, info fs.FileInfo) bool {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	of, ok := info.Sys().(*syscall.Stat_t)
	return folder != "" && filepath.Dir(path) == filepath.Clean(folder) && ok && of.Uid == 0
}
