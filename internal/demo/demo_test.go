package demo_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/demo"
)

// The demo checks itself and returns an error if something went wrong.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	dir := filepath.Join(t.TempDir(), "demo")
	if err := demo.Run(context.Background(), demo.Config{Dir: dir, Out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"Atlas Operations opens demo.", "Emil steps in", "Alice amends her pledge", "his pledge is reduced to 250 PSL", "All that Alice offers counts",
		"the pool is active", "the pool is dissolved", "the pool is closed", "to the patoshi"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the narration does not say %q:\n%s", want, out.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "regtest.db")); err != nil {
		t.Error(err)
	}
	page, err := os.ReadFile("../../docs/walk-through.md")
	if err != nil {
		t.Fatal(err)
	}
	_, quoted, _ := strings.Cut(string(page), "cmd/smartpool demo\n")
	quoted, _, found := strings.Cut(quoted, "```")
	if !found {
		t.Fatal("docs/walk-through.md quotes no demo")
	}
	for line := range strings.Lines(quoted) { // amounts and ports differ from run to run
		if line != "...\n" && !strings.Contains(digits.ReplaceAllString(out.String(), "0"), digits.ReplaceAllString(line, "0")) {
			t.Errorf("docs/walk-through.md quotes what the demo does not say; copy it again: %s", line)
		}
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

func TestDemoRefusesUsedFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := demo.Run(context.Background(), demo.Config{Dir: dir, Out: &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("got %v", err)
	}
}
