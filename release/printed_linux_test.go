//go:build release

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// concrete puts this machine and the version of these tests where documents leave a choice.
var concrete = strings.NewReplacer("VERSION", "v0.1.0", "amd64", runtime.GOARCH)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// printed returns the lines of the first block below a heading of a document. A line that ends with a backslash goes on.
func printed(t *testing.T, name, heading string) []string {
	t.Helper()
	_, below, found := strings.Cut(document(t, name), "\n"+heading+"\n")
	below, _, _ = strings.Cut(below, "\n## ")
	blocks := strings.Split(below, "\n```\n")
	if !found || len(blocks) < 3 {
		t.Fatalf("%s has no block below %q", name, heading)
	}
	return strings.Split(strings.ReplaceAll(concrete.Replace(blocks[1]), "\\\n", ""), "\n")
}

// quotedIn returns a line that a document quotes in its text.
func quotedIn(t *testing.T, name, line string) string {
	t.Helper()
	if !strings.Contains(document(t, name), "`"+line+"`") {
		t.Fatalf("%s does not say `%s`", name, line)
	}
	return concrete.Replace(line)
}
