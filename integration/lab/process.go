package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a program run by the lab, which may kill or freeze it.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string // file with its output
	done chan struct{}
}

// startProcess runs a program until it ends or is stopped. It appends the output to a file.
func startProcess(name, log, path string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{name: name, cmd: exec.Command(path, args...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing is left behind if the lab is killed
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // ended reports the result
		close(p.done)
	}()
	return p, nil
}

// ended returns an error with the last output of a program that is no longer running; nil while it runs.
func (p *process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended (%s); last output: %s", p.name, p.cmd.ProcessState, tail(p.log))
	default:
		return nil
	}
}

// tail returns the end of a file as one line.
func tail(file string) string {
	const most = 400
	f, err := os.Open(file)
	if err != nil {
		return "none"
	}
	defer f.Close()
	if s, err := f.Stat(); err == nil && s.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return "none"
		}
	}
	text, err := io.ReadAll(f)
	if err != nil || len(text) == 0 {
		return "none"
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// stopPatience is how long a program may take to shut down.
const stopPatience = 2 * time.Minute

// stop asks the program to shut down, and waits.
func (p *process) stop(ctx context.Context) error {
	if p.ended() != nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	case <-time.After(stopPatience):
	}
	p.kill()
	return fmt.Errorf("%s did not shut down, and was killed", p.name)
}

// kill kills the program.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended already
	<-p.done
}

// freeze stops the program where it is; thaw lets it continue.
func (p *process) freeze() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) thaw() error   { return p.cmd.Process.Signal(syscall.SIGCONT) }

// until asks repeatedly until a condition holds. An error of ask ends the wait. If it takes too long, the error says what ask saw last.
func until(ctx context.Context, what string, patience time.Duration, ask func() (done bool, saw string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		done, saw, err := ask()
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for %s in vain; last seen: %s", what, saw)
		case <-tick.C:
		}
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}
