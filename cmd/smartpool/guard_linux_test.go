package main

import (
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// At a terminal, guard says at once what it watches, and a line that is replaced shows that it is alive; a terminal that cannot be drawn on gets
// none. Neither gets an escape sequence.
func TestGuardShowsThatItIsAlive(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	for _, term := range []string{"xterm", "dumb"} {
		s := newScreen(t)
		c := s.command(x.located([]string{"guard", alice, "--every", "1s"}))
		c.Env = append(c.Env, "TERM="+term)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill() })
		s.await("Watching 1 pledge at block ")
		if term == "xterm" {
			s.await("1 pledge: all well")
		} else {
			s.await("until Ctrl-C, locks their coins")
		}
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%s: %v:\n%s", term, err, s.text())
		}
		if text := s.text(); strings.ContainsRune(text, 0x1b) || term == "dumb" && strings.Contains(text, "all well") ||
			!regexp.MustCompile(`300 PSL in pool\s+atlas`).MatchString(text) {
			t.Errorf("%s:\n%q", term, text)
		}
	}
}

// A transaction and a loss show at a terminal while guard runs, and its exit code says so when it ends.
func TestGuardEndsWithWhatItSaw(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	s := newScreen(t)
	c := s.run(x.located([]string{"guard", alice, "--every", "1s", "--no-lock"}))
	s.await("all well")
	x.spends(520)
	s.await("WARNING: transaction")
	s.await("NOT all well, see above")
	x.mine(1)
	s.await("LOST: your pledge of 300 PSL")
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil || c.ProcessState.ExitCode() != exitNo {
		t.Errorf("it ends with %v:\n%s", err, s.text())
	}
}
