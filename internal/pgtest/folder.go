package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const prefix = "smartpool-pgtest-"

// root makes the folder of this process's clusters. It stays when the process ends, since nothing runs then that could remove
// it: the next process does.
var root = sync.OnceValues(func() (string, error) {
	removeDead()
	path := filepath.Join(os.TempDir(), prefix+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(path); err != nil { // of a process before us that had the same number
		return "", err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", err
	}
	// The server's user passes through.
	return path, os.Chmod(path, 0o711)
})

// removeDead removes what processes left that are no more. What cannot be removed, another user's, stays.
func removeDead() {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return // the pattern is malformed where the path has brackets
	}
	for _, path := range found {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), prefix))
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(path)
		}
	}
}

// newFolder makes a folder that belongs to the server's user.
func newFolder(who *syscall.Credential) (string, error) {
	parent, err := root()
	if err != nil {
		return "", fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	path, err := os.MkdirTemp(parent, "")
	if err != nil || who == nil {
		return path, err
	}
	return path, os.Chown(path, int(who.Uid), int(who.Gid))
}
