//go:build release

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// earlierRelease is made from the last tagged commit before this one, else from the first that could make a release.
var earlierRelease = sync.OnceValues(func() (string, error) {
	const script = `set -e
cd ..
commit=$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null || git log --diff-filter=A --format=%H -- release/main.go | tail -n 1)
[ -n "$commit" ] || { echo 'the history of the repository is needed, to upgrade from an earlier commit' >&2; exit 1; }
mkdir "$1"
git archive "$commit" | tar -x -C "$1"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
cd "$1"
go run ./release v0.0.1 --platform "$2" --out out`
	folder := filepath.Join(scratch, "earlier")
	cmd := exec.Command("sh", "-c", script, "sh", folder, machines)
	cmd.Stderr = os.Stderr
	return filepath.Join(folder, "out", "v0.0.1"), cmd.Run()
})

// earlier returns the release v0.0.1, made by an earlier commit.
func earlier(t *testing.T) string {
	t.Helper()
	folder, err := earlierRelease()
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadDir(folder)
	if err != nil || !strings.Contains(now[len(now)-1].Name(), "v0.0.1") {
		t.Fatalf("%v: %v", err, now)
	}
	return folder
}
