//go:build unix

package notify

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// ownedHook reports whether a program or a folder belongs to root or to this user.
func ownedHook(info fs.FileInfo) bool {
	x, known := info.Sys().(*syscall.Stat_t)
	return known && (x.Uid == 0 || int(x.Uid) == os.Geteuid())
}

// alone gives a command a process group, which ends as a whole when its time is up.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// reap kills what a command that ended left running in its group.
func reap(cmd *exec.Cmd) {
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // as a rule, nothing is left
	}
}
