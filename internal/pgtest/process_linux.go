package pgtest

import "syscall"

// attributes makes the kernel end the program when this process dies: SIGQUIT ends PostgreSQL and its children immediately.
func attributes(who *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
}
