package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// prints runs a command that must succeed, and returns what it prints.
func prints(t *testing.T, line ...string) string {
	t.Helper()
	var out, errOut strings.Builder
	if code := run(line, strings.NewReader(""), &out, &errOut); code != exitOK {
		t.Fatalf("%q: exit code %d: %s", line, code, &errOut)
	}
	return out.String()
}

// bashWords parts a line as bash does for completions: at white space, and at = and :.
func bashWords(line string) []string {
	var words []string
	for _, w := range strings.Split(line, " ") {
		words = append(words, regexp.MustCompile(`[=:]+|[^=:]+|^$`).FindAllString(w, -1)...)
	}
	return words
}

// In bash, Tab completes commands, flags and values, and files where a file belongs.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a file.key", "folder/x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := filepath.Join(dir, "folder", "script")
	if err := os.WriteFile(script, []byte(prints(t, "completion", "bash")), 0o600); err != nil {
		t.Fatal(err)
	}
	const ask = `set -u; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _smartpool; [ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"`
	for line, want := range map[string]string{
		"smartpool po":                        "pools pool",
		"smartpool pool ":                     "create status activate report",
		"smartpool --json pool c":             "create",
		"smartpool pool create --fee":         "--fee --fee-address",
		"smartpool pool create x --oper":      "--operator --operator-key",
		"smartpool --ver":                     "--version",
		"smartpool pools --all --js":          "--json",
		"smartpool pools --sort ":             "opened counted members room fee",
		"smartpool pools --sort=m":            "members",
		"smartpool pools --sort=":             "opened counted members room fee",
		"smartpool history --basis s":         "settled",
		"smartpool completion ":               "bash zsh fish",
		"smartpool join --key ":               "a file.key,folder",
		"smartpool join --key a":              "a file.key",
		"smartpool demo --dir ":               "folder",
		"smartpool demo --dir=fo":             "folder",
		"smartpool id import a":               "a file.key",
		"smartpool id import x ":              "a file.key,folder",
		"smartpool id import x y ":            "", // it takes no more
		"smartpool id sign k --message ":      "",
		"smartpool pool status ":              "", // nobody is asked for pools
		"smartpool join --api http://x:1 --k": "--key",
		"smartpool join --api=http://x:1 --k": "--key",
		"smartpool join -- --k":               "",
		"smartpool nonsense ":                 "pools join",
		"smartpool pool create --label pool ": "",
	} {
		cmd := exec.Command("bash", append([]string{"--norc", "-c", ask, "bash", script}, bashWords(line)...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", line, err, out)
			continue
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		wanted := strings.FieldsFunc(want, func(r rune) bool { return r == ',' || r == ' ' && !strings.Contains(want, ".key") })
		if len(wanted) == 0 {
			wanted = []string{""}
		}
		if line == "smartpool nonsense " { // the first command is still to come
			got = got[:2]
		}
		slices.Sort(got) // as bash shows them
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%q gives %q, want %q", line, got, wanted)
		}
	}
}

// The page explains every command and every flag, and is the same whoever prints it.
func TestManualIsWhole(t *testing.T) {
	plain := prints(t, "manual", "--date", "2026-01-31")
	for _, leaf := range leafNames() {
		if !strings.Contains(plain, `.SS "smartpool `+strings.ReplaceAll(leaf, "-", `\-`)) {
			t.Errorf("the page lacks the command %s", leaf)
		}
	}
	list, _ := leaves()
	for _, leaf := range list {
		for _, group := range leaf.AllFlags(true) {
			for _, f := range group {
				if !strings.Contains(plain, `\fB`+strings.ReplaceAll("--"+f.Name, "-", `\-`)+`\fR`) {
					t.Errorf("the page lacks --%s of %s", f.Name, leaf.Name)
				}
			}
		}
	}
	for _, want := range []string{`.TH "SMARTPOOL" "1" "2026-01-31"`, "Environment: SMARTPOOL_API.", `.B "130"`} {
		if !strings.Contains(plain, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	t.Setenv("SMARTPOOL_API", "https://pools.example.org")
	t.Setenv("HOME", "/home/somebody")
	if again := prints(t, "manual", "--date", "2026-01-31"); again != plain {
		t.Error("the page depends on the environment")
	}
	var out strings.Builder
	if code := run([]string{"manual", "--date", "31.1.2026"}, strings.NewReader(""), &out, &out); code != exitUsage || !strings.Contains(out.String(), "2026-01-31") {
		t.Errorf("exit code %d: %s", code, &out)
	}
}

func leafNames() []string {
	_, names := leaves()
	return names
}
