package daemon_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every message in the operating guide's table of problems is in the code that logs it.
func TestOperatingGuideQuotesMessages(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	guide, err := os.ReadFile(filepath.Join(root, "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(guide), "## What can go wrong\n")
	if !found {
		t.Fatal("the guide has no section on what can go wrong")
	}
	messages := regexp.MustCompile("(?m)^\\| `(?:\\.\\.\\. )?([^`]+)` \\|").FindAllStringSubmatch(section, -1)
	if len(messages) < 10 {
		t.Fatalf("the table has %d messages: it was not read", len(messages))
	}
	messages = append(messages, regexp.MustCompile("logs `([^`]+)`").FindAllStringSubmatch(section, -1)...)
	code := sources(t, root, "api", "chain", "chain/pasteld", "internal/daemon", "notify", "store")
	for _, m := range messages {
		if !strings.Contains(code, m[1]) {
			t.Errorf("nothing logs %q", m[1])
		}
	}
}

// sources returns the code of packages without their tests.
func sources(t *testing.T, root string, packages ...string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range packages {
		files, err := filepath.Glob(filepath.Join(root, name, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", name, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
