//go:build release

package main

import (
	"regexp"
	"strings"
	"testing"
)

// typed types into a shell that runs on a terminal, and waits for what it must show. It is a script for zsh, whose module zpty is a terminal.
const typed = `zmodload zsh/zpty
zpty shell "$1"
zpty -w shell "$2"
zpty -r shell seen '*ready*' || exit 1
zpty -n -w shell "$3"
zpty -r shell seen "*$4*" || exit 1
print -r -- "$seen"
zpty -d shell`

// interactive are the shells and what makes each ready: it completes, and says so without having been told the word.
var interactive = map[string][2]string{
	"bash": {"bash --norc -i", "source /usr/share/bash-completion/bash_completion; PS1='$ '; printf 're%s\\n' ady"},
	"zsh":  {"zsh -f -i", "PS1='$ '; autoload -Uz compinit; compinit -u -D; printf 're%s\\n' ady"},
	"fish": {"fish -i", "function fish_prompt; echo '$ '; end; printf 're%s\\n' ady"},
}

// checkShells types half of a command, a subcommand and a flag into each shell, with Tab after each, and sees what runs; then it opens the
// manual. What shells keep of a user goes elsewhere.
func (m *machine) checkShells(environment ...string) {
	m.t.Helper()
	command := func(args ...string) (string, error) {
		cmd := m.command("timeout", append([]string{"60"}, args...)...)
		cmd.Env = append(cmd.Env, "HOME=/tmp", "TERM=dumb", "MANWIDTH=60", "MANPAGER=cat")
		cmd.Env = append(cmd.Env, environment...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for shell, start := range interactive {
		for line, want := range map[string]string{
			"smartpool supern\tlau\t--masternode-c\tx --help\r": "Start an active pool",
			"smartpool pools --sort me\t--help\r":               "Compare pools",
			"smartpoold rebu\t--log-le\twar\t--help\r":          "Empty the ledger",
		} {
			if out, err := command("zsh", "-f", "-c", typed, "zsh", start[0], start[1], line, want); err != nil {
				m.t.Errorf("%s does not complete %q: %v: %s", shell, line, err, out)
			}
		}
	}
	for page, want := range map[string]string{"smartpool": `(?s)SMARTPOOL\(1\).*smartpool v0\.1\.0`, "smartpoold": `(?s)SMARTPOOLD\(8\).*--node-zmq`} {
		out, err := command("man", page)
		if text := overstruck.ReplaceAllString(out, ""); err != nil || !regexp.MustCompile(want).MatchString(text) {
			m.t.Errorf("man %s: %v: %s", page, err, text)
		}
	}
}

// overstruck are characters that a reader of manuals prints under others, to make them bold.
var overstruck = regexp.MustCompile(".\b")

// Readers of manuals find nothing to complain about, and lines of 60 characters hold every page.
func TestManualPagesAreClean(t *testing.T) {
	folder := unpacked(t)
	for _, f := range sharedFiles(at) {
		page := folder + "/share/" + f.at
		if f.args[0] != "manual" {
			continue
		}
		if out := output(t, "mandoc", "-T", "lint", page); out != "" {
			t.Errorf("%s: %s", f.at, out)
		}
		for line := range strings.Lines(output(t, "mandoc", "-T", "ascii", "-O", "width=60", page)) {
			line = overstruck.ReplaceAllString(strings.TrimRight(line, "\n"), "")
			if len(line) > 60 && len(strings.Fields(line)) > 1 {
				t.Errorf("%s: longer than 60 characters: %s", f.at, line)
			}
		}
	}
}
