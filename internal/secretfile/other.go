//go:build !unix

package secretfile

import "io/fs"

const (
	modes       = false
	nonblocking = 0
)

// Umask does nothing: this system has no modes.
func Umask() {}

func owned(string, fs.FileInfo) error { return nil }

func handedOver(string, fs.FileInfo) bool { return false }
