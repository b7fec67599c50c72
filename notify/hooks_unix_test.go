//go:build unix

package notify_test

import (
	"bytes"
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
	program = filepath.Join(t.TempDir(), "hook")
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
	body := `{"id":"ID","kind":"payout.paid","pool":"atlas","height":7,"text":"two\nlines; $(touch /tmp/x)"}`
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
	for _, want := range []string{`"kind":"payout.paid"`, "\nSMARTPOOL_ALERT_POOL=atlas\n", "\nSMARTPOOL_ALERT_HEIGHT=7\n", "\nSMARTPOOL_ALERT_ID=ID\n", "\nSMARTPOOL_ALERT_WITHDRAWN=false\n", "$(touch /tmp/x)", "\n/\n"} {
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
	began := time.Now()
	_, err := ran(t, script(t, "sleep 1000 & echo $! > "+pid+"; wait"), 300*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "was killed") || time.Since(began) > 30*time.Second {
		t.Errorf("hangs: %v", err)
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
		link: "can replace", filepath.Join(inner, "hook"): "can replace",
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
		cases[theirs] = "which belongs to another user"
	}
	for program, want := range cases {
		if err := notify.CheckHook(program); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", program, err, want)
		}
	}
}
