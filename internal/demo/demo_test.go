package demo_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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
}

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
