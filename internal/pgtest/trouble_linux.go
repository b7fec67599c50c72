package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Kill ends the server's processes with kill -9, as the kernel does when memory runs out. Killing one that has ended is fine.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	s.signal(t, syscall.SIGKILL)
	<-s.process.done
	s.process = nil
	s.awaitOrphans(t)
}

// awaitOrphans waits until no process that a killed server made uses its shared memory any more: until then, the server does not start.
func (s *Server) awaitOrphans(t testing.TB) {
	t.Helper()
	const patience, pause = time.Minute, 5 * time.Millisecond
	for giveUp := time.Now().Add(patience); ; time.Sleep(pause) {
		n, err := s.attached()
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 0:
			return
		case time.Now().After(giveUp):
			t.Fatalf("%d processes of the killed server go on", n)
		}
	}
}

// attached returns how many processes use the server's block of shared memory, which postmaster.pid names.
func (s *Server) attached() (int, error) {
	const named, id, users = 6, 1, 6 // a line, its column, and one of the kernel's table
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil // it had not got that far, or ended by itself
	}
	if err != nil {
		return 0, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) <= named {
		return 0, nil // likewise
	}
	block := strings.Fields(lines[named])
	if len(block) <= id {
		return 0, nil // likewise
	}
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > users && fields[id] == block[id] {
			return strconv.Atoi(fields[users])
		}
	}
	return 0, nil
}

// Freeze stops the server's processes; connections to it stay open and get no answer.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGCONT)
}

// KillSession ends the process of one client's session with kill -9, which makes the server end all others and recover. It reports false if
// there is none.
func (s *Server) KillSession(t testing.TB) bool {
	t.Helper()
	for _, pid := range s.sessions(t) {
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(string(command), "127.0.0.1(") { // a title such as postgres: owner database 127.0.0.1(4711) idle
			return syscall.Kill(pid, syscall.SIGKILL) == nil && reaped(pid)
		}
	}
	return false
}

// reaped waits until the server knows that a session was killed: until then it lets others in, whom it throws out when it does.
func reaped(pid int) bool {
	const patience, pause = time.Minute, time.Millisecond
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); time.Sleep(pause) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}

// Revive starts the server unless it runs and answers.
func (s *Server) Revive(t testing.TB) {
	t.Helper()
	if s.process != nil {
		const patience, pause = time.Minute, 20 * time.Millisecond // it may be recovering from a crash by itself
		for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); {
			if s.exec("SELECT 1") == nil {
				return
			}
			select {
			case <-s.process.done:
				giveUp = time.Now()
			case <-time.After(pause):
			}
		}
		s.Kill(t)
	}
	s.Start(t)
}

// signal goes to the server and to the processes it made.
func (s *Server) signal(t testing.TB, what syscall.Signal) {
	t.Helper()
	if s.process == nil {
		return
	}
	for _, pid := range append([]int{s.process.cmd.Process.Pid}, s.sessions(t)...) {
		if err := syscall.Kill(pid, what); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
}

// sessions returns the processes that the server made, for its clients and for itself.
func (s *Server) sessions(t testing.TB) (list []int) {
	t.Helper()
	if s.process == nil {
		return nil
	}
	pid := s.process.cmd.Process.Pid
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, child)
	}
	return list
}
