package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// leaves returns every command, and its name, such as «pool create».
func leaves() (list []*kong.Node, names []string) {
	parser := kong.Must(new(cli), kong.Name("smartpool"))
	for _, leaf := range parser.Model.Leaves(true) {
		name := leaf.Name
		for up := leaf.Parent; up != nil && up.Type == kong.CommandNode; up = up.Parent {
			name = up.Name + " " + name
		}
		list, names = append(list, leaf), append(names, name)
	}
	return list, names
}

// docs/commands.md lists every command with its arguments and help.
func TestCommandsAreListed(t *testing.T) {
	const page = "../../docs/commands.md"
	var codes []string
	for _, e := range exits {
		codes = append(codes, fmt.Sprint(e.Code, " ", e.When))
	}
	var b strings.Builder
	b.WriteString(`# Commands

What ` + "`smartpool`" + ` can do. ` + "`smartpool COMMAND --help`" + ` explains a command's flags; the [guides](README.md) show the commands at work. The command line
itself is the source of this page.

A command exits with ` + strings.Join(codes, ";\n") + `.

On a terminal, ` + "`pool create`, `join` and `supernode launch`" + ` ask for what no flag says, and check each answer at once. Where the node knows the choices, they
list them, to choose by number; Enter takes what stands in brackets; ` + "`?`" + ` explains a question. A PastelID can be made and registered on the way. What you answered
is kept until the command is done: if it ends earlier, the same command offers to continue ([what this machine remembers](trust.md#what-this-machine-remembers)).

Where a terminal is too narrow for a table, each row becomes a record, and sentences break between words; what is to be pasted, an amount and an id stay
whole. With ` + "`NO_COLOR`, with `TERM=dumb`" + ` and without a terminal, nothing prints an escape sequence. Something is wrong? ` + "`smartpool doctor`" + ` looks for it.

| command | what it does |
|---|---|
`)
	list, names := leaves()
	for i, leaf := range list {
		if leaf.Help == "" {
			t.Errorf("«smartpool %s» has no help: give it a help tag", names[i])
		}
		usage := "smartpool " + names[i]
		for _, arg := range leaf.Positional {
			usage += " " + arg.Summary()
			if arg.Help == "" {
				t.Errorf("«smartpool %s»: argument %s has no help", names[i], arg.Summary())
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", usage, leaf.Help)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(string(text), line) {
			t.Errorf("docs/commands.md lacks a line; run go test ./cmd/smartpool -run Commands -update:\n%s", line)
		}
	}
	if len(text) != b.Len() && !t.Failed() {
		t.Error("docs/commands.md has lines that the command line does not: run go test ./cmd/smartpool -run Commands -update")
	}
}

// hook is the address of a receiver that takes every alert.
func hook(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	return server.URL
}

// offline runs the commands that build, sign and read tickets and PastelIDs, in the order in which a user needs them.
func offline(x *dev, secret string, speaks func(line ...string) []json.RawMessage) {
	x.t.Helper()
	in := func(name string) string { return filepath.Join(x.dir, name) }
	text := func(doc json.RawMessage, field string) string {
		var fields map[string]any
		if err := json.Unmarshal(doc, &fields); err != nil {
			x.t.Fatal(err)
		}
		if ticket, ok := fields["ticket"].(map[string]any); ok {
			fields = ticket
		}
		value, ok := fields[field].(string)
		if !ok {
			x.t.Fatalf("no text %q in %s", field, doc)
		}
		return value
	}
	key := in("offline.key")
	id := text(speaks("id", "new", key, "--passphrase-file", secret)[0], "pastelid")
	speaks("id", "show", key, "--passphrase-file", secret)
	signature := text(speaks("id", "sign", key, "--message", "hello", "--passphrase-file", secret, "--yes")[0], "signature")
	speaks("id", "verify", id, signature, "--message", "hello")
	containers, err := filepath.Glob("../../testdata/vectors/*.container")
	if err != nil || len(containers) != 1 {
		x.t.Fatal(containers, err)
	}
	speaks("id", "import", containers[0], in("imported.key"), "--container-passphrase-file", x.file("recorded", "passphrase-for-captures"), "--passphrase-file", secret)
	x.whileMining(func() { speaks("id", "register", key, "--passphrase-file", secret, "--yes") })

	_, address := x.newAddress()
	built := in("init.json")
	speaks("ticket", "init", "--label", "offline", "--period", "20", "--required", "1000", "--fee", "5", "--supernode", id, "--operator", id,
		"--company", "Atlas", "--fee-address", address)
	speaks("ticket", "part", "--pool", "offline."+strings.Repeat("0", 40), "--pastelid", id, "--coins", "500", "--output", strings.Repeat("ab", 32)+":3", "--reward", address)
	ticket := speaks("ticket", "activate", "--pool", "offline."+strings.Repeat("0", 40))[0]
	if err := os.WriteFile(built, ticket, 0o600); err != nil {
		x.t.Fatal(err)
	}
	signed := speaks("ticket", "sign", built, "--key", key, "--passphrase-file", secret, "--yes")[0]
	if err := os.WriteFile(in("signed.json"), signed, 0o600); err != nil {
		x.t.Fatal(err)
	}
	speaks("ticket", "add", built, "--field", "operator", "--signature", text(signed, "operator_signature"))
	speaks("ticket", "decode", in("signed.json"))
	speaks("ticket", "verify", in("signed.json"))
	speaks("ticket", "encode", in("signed.json"))
}

// toldToPeople are the commands that tell a story, and those that another test runs with --json.
var toldToPeople = map[string]string{"demo": "a story, on the screen while it is played", "replay": "TestReplayJSON"}

// everyCommand fails unless the lines include each command.
func everyCommand(t *testing.T, lines [][]string) {
	t.Helper()
	_, names := leaves()
	for _, name := range names {
		runs := func(line []string) bool { return strings.HasPrefix(strings.Join(line, " ")+" ", name+" ") }
		if toldToPeople[name] == "" && !slices.ContainsFunc(lines, runs) {
			t.Errorf("no test runs «smartpool %s» with --json: add it to TestEveryCommandSpeaksJSON", name)
		}
	}
}

// What the daemon does not have, a daemon that does not respond and a command line that is wrong differ in the exit code; a wrong flag names the
// help of its command.
func TestExitCodesTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"status":404,"detail":"no pool has this id"}`)
	}))
	t.Cleanup(empty.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	const id = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"
	for _, x := range []struct {
		line string
		code int
		says string
	}{
		{"pool status " + id + " --api " + empty.URL, exitAbsent, "no pool has this id"},
		{"pool status " + id + " --api " + gone.URL, exitUnknown, "no response from the daemon"},
		{"pool status " + id + " --colour", exitUsage, "see smartpool pool status --help"},
		{"pool --colour", exitUsage, "see smartpool pool --help"},
		{"--colour", exitUsage, "see smartpool --help"},
	} {
		var out strings.Builder
		if code := run(strings.Fields(x.line), strings.NewReader(""), &out, &out); code != x.code || !strings.Contains(out.String(), x.says) {
			t.Errorf("%s: exit code %d, want %d, and %q in\n%s", x.line, code, x.code, x.says, out.String())
		}
	}
	for err, code := range map[error]int{
		fmt.Errorf("ask: %w", context.Canceled): exitInterrupted, terminal.ErrInterrupted: exitInterrupted, errors.New("no"): exitNo,
		&journey.UnknownError{Err: client.ErrNotFound}: exitUnknown, chain.ErrAway: exitUnknown,
	} {
		if got := exitCode(err); got != code {
			t.Errorf("%v: exit code %d, want %d", err, got, code)
		}
	}
}

// Every command that finds a mistake in how it was called, on the command line or later, names its own help.
func TestMistakesNameTheHelpOfTheirCommand(t *testing.T) {
	t.Parallel()
	_, names := leaves()
	for _, name := range names {
		var out strings.Builder
		if code := run(append(strings.Fields(name), "--colour"), strings.NewReader(""), &out, &out); code != exitUsage || !strings.Contains(out.String(), "see smartpool "+name+" --help") {
			t.Errorf("smartpool %s --colour: exit code %d:\n%s", name, code, out.String())
		}
	}
	x := startDev(t)
	x.mine(1)
	key, secret := filepath.Join(x.dir, "a.key"), x.file("secret", passphrase)
	if code, out := x.call("id", "new", key, "--passphrase-file", secret); code != exitOK {
		t.Fatal(out)
	}
	pool := "atlas." + strings.Repeat("0", 40)
	for name, line := range map[string]string{ // mistakes that only the command itself can find
		"alerts list": "--token-file " + filepath.Join(x.dir, "none"), "alerts test": "A --token-file " + filepath.Join(x.dir, "none"),
		"alerts remove": "A --token-file " + filepath.Join(x.dir, "none"), "alerts add": "http://127.0.0.1 --token-file " + filepath.Join(x.dir, "none"),
		"id sign": key + " --message hello", "id register": key + " --passphrase-file " + secret + " --address nowhere --yes",
		"pool create": "--dry-run", "ticket sign": filepath.Join(x.dir, "none"),
		"ticket part": "--pool " + pool, "my": "--api ftp://127.0.0.1",
	} {
		args := append(strings.Fields(name), strings.Fields(line)...)
		if name != "my" {
			args = x.located(args)
		}
		var out strings.Builder
		code := run(args, strings.NewReader(""), &out, &out)
		if code == exitUsage && strings.Count(out.String(), "see smartpool "+name+" --help") != 1 {
			t.Errorf("%v: exit code %d:\n%s", args, code, out.String())
		}
		if code != exitUsage {
			t.Errorf("%v: exit code %d, want %d:\n%s", args, code, exitUsage, out.String())
		}
	}
}

// A misspelled command suggests the near one, and the name of a part of another command that one.
func TestMisspelledCommandsSuggestTheNearOne(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"jion atlas": `did you mean "join"? (see smartpool --help)`, "pool statsu atlas": `did you mean "status"? (see smartpool pool --help)`,
		"docter": `did you mean "doctor"? (see smartpool --help)`, "status atlas": `did you mean "smartpool pool status"? (see smartpool --help)`,
		"launch atlas": `did you mean "smartpool supernode launch"?`, "guard --onse": `did you mean "--once"? (see smartpool guard --help)`,
	} {
		var out strings.Builder
		if code := run(strings.Fields(line), strings.NewReader(""), &out, &out); code != exitUsage || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit code %d, want %s in\n%s", line, code, want, out.String())
		}
	}
}

// Exit codes are an interface: scripts depend on them, and docs/commands.md states them.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	codes := [...]int{exitOK, exitNo, exitUsage, exitUnknown, exitAbsent, exitInterrupted}
	if codes != [...]int{0, 1, 2, 3, 4, 130} {
		t.Errorf("the exit codes are %v", codes)
	}
}
