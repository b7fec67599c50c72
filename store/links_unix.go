//go:build unix

package store

import (
	"os"
	"syscall"
)

// names returns how many names a file has.
func names(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink) //nolint:unconvert // smaller on some systems
	}
	return 1
}
