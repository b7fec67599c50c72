// Package documents tests what the documents say of the code and of each other, as far as no package of the code can.
package documents

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declaredTests returns the names of all tests.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(src, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// Every promise of SECURITY.md names a test, and every test it names exists.
func TestPromisesNameTheirTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := declaredTests(t)
	_, promises, found := strings.Cut(string(text), "## What is promised")
	promises, _, ends := strings.Cut(promises, "## What is not promised")
	if !found || !ends {
		t.Fatal("SECURITY.md has no list of promises")
	}
	named := regexp.MustCompile("`(Test\\w+)`")
	for _, promise := range regexp.MustCompile(`(?m)^- .*(?:\n  .*)*`).FindAllString(promises, -1) {
		names := named.FindAllStringSubmatch(promise, -1)
		if len(names) == 0 {
			t.Errorf("no test holds: %s", promise)
		}
		for _, m := range names {
			if !tests[m[1]] {
				t.Errorf("there is no %s, which holds: %s", m[1], promise)
			}
		}
	}
}
