package store_test

import (
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

// database is one of the engines under test.
type database struct {
	name string
	open func(t testing.TB) (url string) // returns an empty database
}

// databases are the engines for all tests that are not about a single one.
var databases = []database{{"sqlite", sqliteFile}, {"postgres", pgtest.Open}}

func sqliteFile(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") }

// onEach runs a test on an empty database of each engine.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d.open(t))
		})
	}
}
