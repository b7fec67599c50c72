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

// root creates the folder for this process's clusters. Nothing can remove it when the process ends; the next process does.
var root = sync.OnceValues(func() (string, error) {
	removeDead()
	path := filepath.Join(os.TempDir(), prefix+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(path); err != nil { // of an earlier process with the same number
		return "", err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", err
	}
	// The server's user must be able to pass through.
	return path, os.Chmod(path, 0o711)
})

// removeDead removes the folders of processes that have ended. It leaves those it may not remove, which belong to other users.
func removeDead() {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return // the pattern is malformed if the path contains brackets
	}
	for _, path := range found {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), prefix))
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(path)
		}
	}
}

// newFolder creates a folder, prepares it, and gives it to the server's user.
func newFolder(who *syscall.Credential, prepare func(folder string) error) (string, error) {
	parent, err := root()
	if err != nil {
		return "", fmt.Errorf("create a folder for PostgreSQL: %w", err)
	}
	path, err := os.MkdirTemp(parent, "")
	if err == nil {
		err = prepare(path)
	}
	if err != nil || who == nil {
		return path, err
	}
	return path, os.Chown(path, int(who.Uid), int(who.Gid))
}
