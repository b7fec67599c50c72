package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

var errMissing = errors.New("PostgreSQL is not installed: run apt-get install postgresql, or name the folder of initdb and " +
	"postgres in SMARTPOOL_POSTGRES_BIN, or set SMARTPOOL_WITHOUT_POSTGRES=1 to skip these tests")

// need returns the folder of PostgreSQL's binaries. Without them it fails or skips the test.
func need(t testing.TB) string {
	t.Helper()
	if os.Getenv("SMARTPOOL_WITHOUT_POSTGRES") == "1" {
		t.Skip("SMARTPOOL_WITHOUT_POSTGRES is set")
	}
	folder, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// binaries searches the folder named in the environment, then the folders where Debian installs each version, then PATH.
func binaries() (string, error) {
	if folder := os.Getenv("SMARTPOOL_POSTGRES_BIN"); folder != "" {
		return folder, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errMissing
	}
	return filepath.Dir(initdb), nil
}

// version returns the 15 in /usr/lib/postgresql/15/bin/initdb; 0 if the path names none.
func version(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return n
}
