package store_test

import "syscall"

// setUnprivileged takes root's right to write every file from the current thread.
func setUnprivileged() error { return syscall.Setfsuid(65534) }
