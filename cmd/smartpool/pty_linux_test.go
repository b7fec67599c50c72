package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// screen is a terminal: a person's input goes in, output comes out.
type screen struct {
	t     *testing.T
	hand  *os.File // the person's side
	slave *os.File // the program's side
	home  string   // folder that the program remembers things in, if not that of all tests
	mu    sync.Mutex
	shown strings.Builder
}

// newScreen makes a terminal.
func newScreen(t *testing.T) *screen {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("there are no terminals here: %v", err)
	}
	var number, unlocked uint32
	for request, at := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, hand.Fd(), request, uintptr(unsafe.Pointer(at))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, hand: hand, slave: slave}
	t.Cleanup(func() {
		_ = slave.Close()
		_ = hand.Close()
	})
	go func() {
		var b [4096]byte
		for {
			n, err := hand.Read(b[:])
			if err != nil {
				return
			}
			s.mu.Lock()
			s.shown.Write(b[:n])
			s.mu.Unlock()
		}
	}()
	return s
}

// text returns all output so far.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// patience is how long a test waits before it fails; it does not measure speed.
const patience = 5 * time.Minute

// await waits for some output.
func (s *screen) await(text string) {
	s.t.Helper()
	s.awaitAfter(0, text)
}

// awaitAfter waits for some output behind the first bytes, and returns where it ends: prompts repeat.
func (s *screen) awaitAfter(seen int, text string) (end int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if at := strings.Index(s.text()[seen:], text); at >= 0 {
			return seen + at + len(text)
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%q is not shown:\n%s", text, s.text())
		}
	}
}

func (s *screen) typing(text string) {
	s.t.Helper()
	if _, err := s.hand.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// command makes a line of the program that will run on the screen.
func (s *screen) command(line []string) *exec.Cmd {
	c := exec.Command(os.Args[0], line...)
	c.Env = append(os.Environ(), asProgram+"=1")
	if s.home != "" {
		c.Env = append(c.Env, "XDG_CONFIG_HOME="+s.home)
	}
	c.Stdin, c.Stdout, c.Stderr = s.slave, s.slave, s.slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return c
}

// run starts a line of the program on the screen, which is its terminal, so that Ctrl-C reaches it. It is killed when the test ends.
func (s *screen) run(line []string) *exec.Cmd {
	s.t.Helper()
	c := s.command(line)
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}
