package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// docs/walk-through.md opens a pool without a daemon by commands that work as they stand there, and shows what ticket verify prints.
func TestWalkThroughOpensAPoolOffline(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/walk-through.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Open a pool without a daemon\n")
	_, typed, found := strings.Cut(section, "```\n")
	typed, _, ends := strings.Cut(typed, "```\n")
	if !found || !ends {
		t.Fatal("docs/walk-through.md types no commands there")
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(passphrase), 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"--fee-address ADDRESS": "--fee-address tPgmBh9mXmiZKJSEZpHLeomU4VcSiZX4M2v", `"Acme Nodes"`: "Acme"}
	for block := range strings.SplitSeq(strings.TrimPrefix(strings.ReplaceAll(typed, " \\\n", ""), "$ "), "\n$ ") {
		line, shown, _ := strings.Cut(block, "\n")
		for name, value := range values {
			line = strings.ReplaceAll(line, name, value)
		}
		args := strings.Fields(line)[1:]
		for i, arg := range args {
			if ext := filepath.Ext(arg); ext == ".key" || ext == ".json" {
				args[i] = filepath.Join(dir, arg)
			}
		}
		if args[0] == "id" || args[1] == "sign" {
			args = append(args, "--passphrase-file", secret)
		}
		if args[1] == "sign" {
			args = append(args, "--yes")
		}
		var out, all strings.Builder
		if code := run(args, strings.NewReader(""), &out, &all); code != exitOK {
			t.Fatalf("%s: exit code %d:\n%s", line, code, all.String())
		}
		switch args[1] {
		case "new":
			role := map[string]string{"operator.key": "--operator", "node.key": "--supernode"}[filepath.Base(args[2])]
			values[role+" PASTELID"] = role + " " + strings.TrimSpace(out.String())
		case "verify":
			if got := terminal.Trimmed(out.String()); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(shown, "\n") {
				t.Errorf("ticket verify prints\n%s\nthe page shows\n%s", got, shown)
			}
		}
	}
}
