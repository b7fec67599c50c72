// Package chaintest reads the chains in testdata, for tests in any package.
package chaintest

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Read returns the raw blocks of a recorded chain (testdata/life, testdata/dense, testdata/odd), from height 0.
func Read(name string) ([][]byte, error) {
	_, here, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "..", "testdata", name, "blocks.hex"))
	if err != nil {
		return nil, err
	}
	var blocks [][]byte
	for _, line := range strings.Fields(string(text)) {
		raw, err := hex.DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("block %d of %s: %w", len(blocks), name, err)
		}
		blocks = append(blocks, raw)
	}
	return blocks, nil
}

// Parse is Read with parsed blocks.
func Parse(name string) ([]*pastel.Block, error) {
	raw, err := Read(name)
	if err != nil {
		return nil, err
	}
	blocks := make([]*pastel.Block, len(raw))
	for h := range raw {
		if blocks[h], err = pastel.ParseBlock(raw[h]); err != nil {
			return nil, fmt.Errorf("block %d of %s: %w", h, name, err)
		}
	}
	return blocks, nil
}

// Blocks is Read for a test.
func Blocks(t testing.TB, name string) [][]byte {
	t.Helper()
	blocks, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// Parsed is Parse for a test.
func Parsed(t testing.TB, name string) []*pastel.Block {
	t.Helper()
	blocks, err := Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}
