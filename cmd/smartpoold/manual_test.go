package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func prints(t *testing.T, line ...string) string {
	t.Helper()
	var out, errOut strings.Builder
	if code := run(line, &out, &errOut); code != exitOK {
		t.Fatalf("%q: exit code %d: %s", line, code, &errOut)
	}
	return out.String()
}

// In bash, Tab completes the daemon's commands, settings and their values.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte(prints(t, "completion", "bash")), 0o600); err != nil {
		t.Fatal(err)
	}
	const ask = `set -u; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _smartpoold; [ ${#COMPREPLY[@]} = 0 ] || echo "${COMPREPLY[@]}"`
	for line, want := range map[string]string{
		"smartpoold reb": "rebuild", "smartpoold --node-z": "--node-zmq", "smartpoold --log-level ": "debug info warn error", "smartpoold --dev con": "config",
		"smartpoold --node x check --key": "", "smartpoold completion f": "fish",
	} {
		out, err := exec.Command("bash", append([]string{"--norc", "-c", ask, "bash", script}, strings.Split(line, " ")...)...).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q gives %q (%v), want %q", line, got, err, want)
		}
	}
}

// The page explains every setting with its default and its variable, and says nothing of the machine that printed it.
func TestManualIsWhole(t *testing.T) {
	plain := prints(t, "manual", "--date", "2026-01-31")
	model, err := commandLine()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range model.Flags {
		if !strings.Contains(plain, `\fB`+strings.ReplaceAll("--"+f.Name, "-", `\-`)+`\fR`) {
			t.Errorf("the page lacks --%s", f.Name)
		}
	}
	for _, want := range []string{`.TH "SMARTPOOLD" "8" "2026-01-31"`, `Default: \(ti/.smartpool.`, "Environment: SMARTPOOLD_NODE_ZMQ.", `.SS "smartpoold rebuild"`} {
		if !strings.Contains(plain, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("SMARTPOOLD_DATE", "2026-02-01")
	t.Setenv("SMARTPOOLD_API", "127.0.0.1:1")
	if again := prints(t, "manual", "--date", "2026-01-31"); again != plain {
		t.Error("the page depends on the environment")
	}
	var out strings.Builder
	if code := run([]string{"manual", "--date", "31.1.2026"}, &out, &out); code != exitUsage || !strings.Contains(out.String(), "2026-01-31") {
		t.Errorf("exit code %d: %s", code, &out)
	}
}
