//go:build unix

package notify_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
)

// script makes a program of the shell in a folder of its own.
func script(t *testing.T, lines string) (program string) {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(folder, "hook")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// ran runs a program as a hook and returns what the log says.
func ran(t *testing.T, program string, patience time.Duration) (string, error) {
	t.Helper()
	var logs bytes.Buffer
	cfg := notify.Config{Ledger: newRig(t, filepath.Join(t.TempDir(), "ledger.db")).ledger, Hooks: []string{program}, Log: slog.New(slog.NewTextHandler(&logs, nil))}
	body := `{"id":"ID","kind":"payout.paid","pool":"atlas","height":7,"text":"two\nlines; $(touch x)"}`
	err := notify.RunHook(t.Context(), cfg, program, "ID", []byte(body), patience)
	return logs.String(), err
}

// A hook gets the message on its standard input, and what it is about in an environment that has nothing else.
func TestHookGetsTheMessage(t *testing.T) {
	t.Setenv("SMARTPOOLD_NODE_PASSWORD", "TopSecret")
	out := filepath.Join(t.TempDir(), "out")
	if _, err := ran(t, script(t, "cat > "+out+"; echo >> "+out+"; env >> "+out+"; pwd >> "+out), time.Minute); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	for _, want := range []string{`"kind":"payout.paid"`, "\nSMARTPOOL_ALERT_POOL=atlas\n", "\nSMARTPOOL_ALERT_HEIGHT=7\n", "\nSMARTPOOL_ALERT_ID=ID\n", "\nSMARTPOOL_ALERT_WITHDRAWN=false\n", "$(touch x)", "\n/\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "TopSecret") || strings.Contains(got, "HOME=") {
		t.Errorf("the environment is not clean:\n%s", got)
	}
}

// A hook that hangs is killed with all that it started; one that floods goes on while its output is cut and escaped; what it leaves behind is killed.
func TestHookIsBounded(t *testing.T) {
	t.Parallel()
	pid := filepath.Join(t.TempDir(), "pid")
	gone := func(what string) {
		t.Helper()
		text, err := os.ReadFile(pid)
		if err != nil {
			t.Fatal(err)
		}
		var child int
		for _, c := range strings.TrimSpace(string(text)) {
			child = 10*child + int(c-'0')
		}
		for deadline := time.Now().Add(patience); syscall.Kill(child, 0) == nil && running(child); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d lives", what, child)
			}
		}
	}
	hangs := script(t, "sleep 1000 & echo $! > "+pid+"; wait")
	started := func() bool {
		text, err := os.ReadFile(pid)
		return err == nil && strings.HasSuffix(string(text), "\n")
	}
	// On a busy machine, a hook may be killed before it has started anything.
	for limit := 300 * time.Millisecond; !started() && limit < patience; limit *= 2 {
		if _, err := ran(t, hangs, limit); err == nil || !strings.Contains(err.Error(), "was killed") {
			t.Errorf("hangs: %v", err)
		}
	}
	gone("hangs")
	if _, err := ran(t, script(t, "sleep 1000 & echo $! > "+pid), time.Minute); err != nil {
		t.Errorf("leaves something: %v", err)
	}
	gone("leaves something")
	logs, err := ran(t, script(t, `printf 'red \033[31m'; head -c 3000000 /dev/zero | tr '\0' x; exit 0`), time.Minute)
	if err != nil || len(logs) > 2000 || strings.Contains(logs, "\x1b") || !strings.Contains(logs, "xxx") {
		t.Errorf("floods: %v, %d bytes", err, len(logs))
	}
}

// running reports whether a process is more than a zombie.
func running(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// Only an exit code of 0 means that a message arrived.
func TestHookFails(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]string{"exit 3": "exit status 3", "kill -9 $$": "killed"} {
		if _, err := ran(t, script(t, lines), time.Minute); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	missing := script(t, "")
	if err := os.Remove(missing); err != nil {
		t.Fatal(err)
	}
	if _, err := ran(t, missing, time.Minute); err == nil {
		t.Error("a program that is gone ran")
	}
	other := script(t, "exit 0")
	cfg := notify.Config{Ledger: newRig(t, filepath.Join(t.TempDir(), "ledger.db")).ledger, Log: slog.New(slog.DiscardHandler)}
	if err := notify.RunHook(t.Context(), cfg, other, "ID", nil, time.Minute); err == nil || !strings.Contains(err.Error(), "no such hook") {
		t.Errorf("a program that only the database names: %v", err)
	}
}

// Programs that others could change or replace, or that cannot run, are no hooks.
func TestHooksAreRefused(t *testing.T) {
	t.Parallel()
	good := script(t, "")
	if err := notify.CheckHook(good); err != nil {
		t.Error(err)
	}
	mode := func(m os.FileMode) string {
		program := script(t, "")
		if err := os.Chmod(program, m); err != nil {
			t.Fatal(err)
		}
		return program
	}
	open := script(t, "")
	if err := os.Chmod(filepath.Dir(open), 0o777); err != nil {
		t.Fatal(err)
	}
	above := script(t, "")
	inner := filepath.Join(filepath.Dir(above), "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(above, filepath.Join(inner, "hook")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(inner), 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(open, link); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		link: "symbolic link", filepath.Join(inner, "hook"): "can replace",
		"hook": "whole path", "./hook": "whole path", good + "/../hook": "whole path", good + "x": "does not exist", filepath.Dir(good): "no regular file",
		mode(0o600): "chmod u+x", mode(0o720): "chmod go-w", mode(0o702): "chmod go-w", open: "can replace",
	}
	if os.Geteuid() == 0 {
		foreign := script(t, "")
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		cases[foreign] = "another user"
		theirs := script(t, "")
		if err := os.Chown(filepath.Dir(theirs), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		cases[theirs] = "who could replace it"
	}
	for program, want := range cases {
		if err := notify.CheckHook(program); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", program, err, want)
		}
	}
}

// Whoever can change the path to a hook, above its folder or by a link, cannot have a shell run what a message quotes from strangers.
func TestHookIsNotReplacedByAShell(t *testing.T) {
	t.Parallel()
	shell, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "mark")
	body := `{"text":"$(touch ` + mark + `)"}`
	attempts := map[string]string{}
	attempt := func(name string) (above, program string) {
		good := script(t, "exit 0")
		above = filepath.Join(filepath.Dir(good), "above")
		program = filepath.Join(above, "bin", "hook")
		if err := errors.Join(os.MkdirAll(filepath.Dir(program), 0o755), os.Rename(good, program)); err != nil {
			t.Fatal(err)
		}
		attempts[name] = program
		return above, program
	}
	above, _ := attempt("a folder above is open")
	if err := os.Chmod(above, 0o777); err != nil {
		t.Fatal(err)
	}
	_, program := attempt("a link in place of the program")
	if err := errors.Join(os.Remove(program), os.Symlink(shell, program)); err != nil {
		t.Fatal(err)
	}
	_, program = attempt("a link in place of its folder")
	if err := errors.Join(os.RemoveAll(filepath.Dir(program)), os.Symlink(filepath.Dir(shell), filepath.Dir(program))); err != nil {
		t.Fatal(err)
	}
	attempts["a link in place of its folder"] = filepath.Join(filepath.Dir(program), filepath.Base(shell))
	if os.Geteuid() == 0 {
		_, program = attempt("its folder is another user's")
		if err := os.Chown(filepath.Dir(program), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		above, _ = attempt("a folder above is another user's, and sticky")
		if err := errors.Join(os.Chown(above, 12345, 12345), os.Chmod(above, os.ModeSticky|0o755)); err != nil {
			t.Fatal(err)
		}
	}
	rig := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	for name, program := range attempts {
		cfg := notify.Config{Ledger: rig.ledger, Hooks: []string{program}, Log: slog.New(slog.DiscardHandler)}
		if err := notify.RunHook(t.Context(), cfg, program, "ID", []byte(body), time.Minute); err == nil || !strings.Contains(err.Error(), "may not be run") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(mark); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a shell ran what a stranger wrote: %v", err)
	}
}
