package store_test

import "syscall"

// filesAsNobody takes root's right to write every file from this thread.
func filesAsNobody() error { return syscall.Setfsuid(65534) }
