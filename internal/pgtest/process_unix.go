//go:build unix && !linux

package pgtest

import "syscall"

// attributes is empty: only Linux ends the server for us if this process is killed.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who}
}
