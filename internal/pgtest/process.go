package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// account returns the user to run the server as: nil for the current one, or Debian's user postgres for root, whom PostgreSQL refuses.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New("PostgreSQL refuses to run as root and there is no user postgres: run apt-get install postgresql")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// process is a program that ends when this process does.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it ends
	err  error         // set once done is closed
}

// start runs a program in a folder, and writes its output to a file there.
func start(who *syscall.Credential, folder, log, program string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Dir = folder
	p.cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = attributes(who)
	started := make(chan error)
	go func() {
		// For the kernel, the parent is the thread that forked, so that thread must stay.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run runs a program until it ends.
func run(who *syscall.Credential, folder, log, program string, args ...string) error {
	p, err := start(who, folder, log, program, args...)
	if err != nil {
		return err
	}
	<-p.done
	if p.err != nil {
		return withLog(p.err, log)
	}
	return nil
}

// quit ends PostgreSQL the way a crash would.
func (p *process) quit() error {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return nil
}

// withLog adds the end of a program's output to its error.
func withLog(err error, log string) error {
	const end = 2000
	text, unread := os.ReadFile(log)
	if unread != nil {
		return errors.Join(err, unread)
	}
	return fmt.Errorf("%w:\n%s", err, text[max(0, len(text)-end):])
}
