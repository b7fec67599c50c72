// Package chaintest reads the chains in testdata, for tests of any package.
package chaintest

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Blocks returns the raw blocks of a recorded chain (testdata/life, testdata/dense), from height 0 on.
func Blocks(t testing.TB, name string) [][]byte {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "..", "testdata", name, "blocks.hex"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]byte
	for _, line := range strings.Fields(string(text)) {
		raw, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, raw)
	}
	return blocks
}
