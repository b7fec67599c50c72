//go:build unix && !linux

package pgtest

import "syscall"

// attributes leaves a server behind if we are killed: only Linux ends it for us.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who}
}
