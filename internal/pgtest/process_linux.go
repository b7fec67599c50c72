package pgtest

import "syscall"

// attributes has the kernel end the program when we die: SIGQUIT ends PostgreSQL at once together with its children.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
}
