package pool

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestDecisionsAreDocumented: docs/protocol.md names the tests of its decisions, all of them and no others.
func TestDecisionsAreDocumented(t *testing.T) {
	names := func(pattern string, files ...string) (list []string) {
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
				list = append(list, string(m[1]))
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	var tests []string
	for _, dir := range []string{".", "../ticket"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, files...)
	}
	have, want := names(`(?m)^func (TestD[A-Z]\w*)\(`, tests...), names("`(TestD[A-Z]\\w*)`", filepath.Join("..", "docs", "protocol.md"))
	for _, name := range have {
		if !slices.Contains(want, name) {
			t.Errorf("docs/protocol.md does not name %s", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("docs/protocol.md names %s, which is no test", name)
		}
	}
}
