package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/jedib0t/go-pretty/v6/text"
)

// resize gives the screen so many columns.
func (s *screen) resize(columns uint16) {
	s.t.Helper()
	size := [4]uint16{24, columns}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, s.slave.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		s.t.Fatal(errno)
	}
}

// shows runs a line on a screen of so many columns, with variables, and returns what it shows.
func (x *dev) shows(columns uint16, env []string, line ...string) string {
	x.t.Helper()
	s := newScreen(x.t.(*testing.T))
	s.resize(columns)
	c := s.command(x.located(line))
	c.Env = append(c.Env, env...)
	c.Stdin, c.SysProcAttr = nil, nil // nobody answers
	if err := c.Start(); err != nil {
		x.t.Fatal(err)
	}
	_ = c.Wait() // some are expected to fail: what they print counts
	const end = "\x04end of the command\x04"
	if _, err := s.slave.WriteString(end); err != nil {
		x.t.Fatal(err)
	}
	s.await(end)
	return strings.ReplaceAll(strings.TrimSuffix(s.text(), end), "\r\n", "\n")
}

// whole matches a line that is longer than a screen may be: one to be pasted, or one with a word that is too long and nothing else but its head.
var whole = regexp.MustCompile(`^\s+(→ )?(smartpool|pastel-cli|chmod)[ /]|^\s*"?\S{20,}$|^\S+( \S+){0,3}  +\S{20,}$`)

// guideLines are the commands of the guides that show something, on a site where they say much.
func (x *dev) guideLines(member, operator, supernode, secret, payout string) [][]string {
	other := x.another()
	x.caughtUp(other)
	_, address := x.newAddress()
	file := x.file("init.json", "")
	code, out := x.call("ticket", "part", "--network", "regtest", "--pool", "atlas."+strings.Repeat("0", 40), "--pastelid", member, "--coins", "500",
		"--output", strings.Repeat("ab", 32)+":3", "--reward", address, "--out", file)
	if code != exitOK {
		x.t.Fatal(out)
	}
	return [][]string{
		{"pools"}, {"pools", "--all", "--coins", "500"}, {"pool", "status", "atlas"}, {"pool", "report", "atlas"}, {"my", member}, {"my", operator}, {"leave", member}, {"history", member},
		{"guard", member, "--once"}, {"doctor", member}, {"doctor", member, "--remote"}, {"payouts", "--all"}, {"payouts", "--pool", "atlas"}, {"verify", "payout", payout},
		{"verify", "pool", "atlas"}, {"digest", other}, {"digest", "http://127.0.0.1:1"}, {"alerts", "list", "--token-file", filepath.Join(x.dir, "api.token")},
		{"ticket", "decode", file}, {"ticket", "verify", file}, {"version"}, {"my", "nobody"}, {"pool", "status", "nothing"}, {"status"}, {"guard", "--every", "1ms"},
		{"pool", "create", "--dry-run", "--label", "borea", "--company", "Borea Operations", "--fee", "5", "--factor", "1.2", "--period", "8", "--operator", operator, "--supernode", supernode},
		{"join", "atlas", "--pastelid", member, "--coins", "100", "--passphrase-file", secret},
		{"amend", "atlas", "--pastelid", member, "--coins", "310", "--reward", address, "--passphrase-file", secret},
		{"pool", "activate", "atlas", "--passphrase-file", secret},
		{"supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--cold", filepath.Join(x.dir, "launch.json")},
	}
}

// On a terminal of 60 columns, no line is longer, except lines to paste and ids that stand alone; no amount and no id is cut that a wider one
// shows whole.
func TestNarrowTerminals(t *testing.T) {
	t.Parallel()
	x, secret, operator := startAtlas(t)
	supernode := x.field("supernode", "pool", "status", "atlas")
	alice := x.person(1300)
	x.mine(1)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
	x.does("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	x.does("supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", secret, "--yes")
	x.mine(90)
	code, out := x.call("alerts", "add", hook(t), "--pool", "atlas", "--token-file", filepath.Join(x.dir, "api.token"))
	if code != exitOK {
		t.Fatal(out)
	}
	lines := x.guideLines(alice, operator, supernode, secret, x.field("0.txid", "payouts", "--all"))
	_, names := leaves()
	for _, name := range names {
		lines = append(lines, append(strings.Fields(name), "--help"))
	}
	const columns = 60
	amounts := regexp.MustCompile(`\d+\.\d{5}\b|\b[0-9a-f]{64}\b|\bt[A-Zt][1-9A-HJ-NP-Za-km-z]{33}\b`)
	for _, line := range lines {
		narrow := x.shows(columns, []string{"NO_COLOR=1"}, line...) // no progress, which covers lines
		for shown := range strings.SplitSeq(narrow, "\n") {
			if text.StringWidthWithoutEscSequences(shown) > columns && !whole.MatchString(shown) {
				t.Errorf("%v has a line of %d columns:\n%s", line, text.StringWidthWithoutEscSequences(shown), shown)
			}
		}
		if line[len(line)-1] == "--help" {
			continue
		}
		code, wide := x.call(line...)
		for _, amount := range amounts.FindAllString(wide, -1) {
			if !strings.Contains(narrow, amount) {
				t.Errorf("%v (exit code %d) cuts %s:\n%s", line, code, amount, narrow)
			}
		}
	}
}

// Where NO_COLOR, TERM=dumb or the absence of a terminal asks for plain text, nothing prints an escape sequence: neither tables nor progress.
func TestPlainTextHasNoEscapeSequences(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	blocks := "../../testdata/life/blocks.hex"
	for _, line := range [][]string{
		{"pools"}, {"my", alice}, {"pool", "status", "atlas"}, {"doctor", alice}, {"guard", alice, "--once"}, {"verify", "pool", "atlas"}, {"replay", blocks}, {"my", "--help"}, {"my", "--colour"},
		{"pool", "activate", "atlas", "--passphrase-file", secret},
	} {
		for _, env := range [][]string{{"NO_COLOR=1", "TERM=xterm"}, {"TERM=dumb"}} {
			if shown := x.shows(100, env, line...); strings.ContainsRune(shown, 0x1b) {
				t.Errorf("%v with %v:\n%q", line, env, shown)
			}
		}
		if _, out := x.call(line...); strings.ContainsRune(out, 0x1b) {
			t.Errorf("%v without a terminal:\n%q", line, out)
		}
	}
}

// A file that a command prints stays whole on a narrow terminal.
func TestNarrowTerminalsFoldNoFiles(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	for _, line := range [][]string{{"history", alice, "--csv"}, {"history", alice, "--format", "csv"}, {"completion", "bash"}, {"--json", "my", alice}, {"rpc", "getblockchaininfo"}} {
		code, want := x.call(line...)
		if got := x.shows(60, nil, line...); code != exitOK || got != want {
			t.Errorf("%v: exit code %d, on a narrow terminal\n%s\nwant\n%s", line, code, got, want)
		}
	}
}
