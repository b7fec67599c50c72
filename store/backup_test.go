package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

func silent(int64) {}

// filled returns a closed database with a recorded chain and a subscription.
func filled(t testing.TB, database string) string {
	t.Helper()
	ledger, _, s := ledgertest.Open(t, ledgertest.Recorded(t, "life"), 250, database)
	alerts, err := s.OpenAlerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = alerts.Do(t.Context(), func(x *store.AlertTx) error {
		return x.AddSubscription(&store.Subscription{ID: "SUB", URL: "https://example.org/secret", Secret: "s", Kinds: []string{"pool.closed"}})
	})
	if err := errors.Join(err, alerts.Close()); err != nil {
		t.Fatal(err)
	}
	ledger.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return database
}

// backedUp writes a backup of a database to a new file.
func backedUp(t testing.TB, database string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, file, silent); err != nil {
		t.Fatal(err)
	}
	return file
}

// A backup of either engine restores to either, and what is restored is what was there: a backup of it has the same sum of all rows.
func TestBackupsRestoreToEitherEngine(t *testing.T) {
	for _, source := range databases {
		for _, target := range databases {
			t.Run(source.name+" to "+target.name, func(t *testing.T) {
				t.Parallel()
				file := backedUp(t, filled(t, source.open(t)))
				if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%v, %v", info.Mode(), err)
				}
				database := target.open(t)
				r, err := store.Restore(t.Context(), file, database, regtest(t), false, filepath.Join(t.TempDir(), "kept.db"))
				if err != nil || r.Tip.Height != 250 {
					t.Fatalf("%+v, %v", r, err)
				}
				if got, want := sum(t, backedUp(t, database)), sum(t, file); got != want {
					t.Error("the rows differ")
				}
				s, err := store.Open(t.Context(), database, regtest(t))
				if err != nil {
					t.Fatal(err)
				}
				state, err := s.Load(t.Context(), regtest(t), false)
				if err != nil || state.Tip().Height != 250 {
					t.Errorf("%v", err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// sum returns a backup's sum of all rows.
func sum(t *testing.T, file string) (sum string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT hex(sha256) FROM backup").Scan(&sum); err != nil || len(sum) != 64 {
		t.Fatalf("%q, %v", sum, err)
	}
	return sum
}

// A backup that differs from what was written in one bit, or lacks its end, is refused, and the database stays as it is, byte by byte.
func TestDamagedBackupsAreRefused(t *testing.T) {
	t.Parallel()
	database := filled(t, filepath.Join(t.TempDir(), "ledger.db"))
	file := backedUp(t, database)
	want := sum(t, file)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	restored := func(backup []byte) error {
		t.Helper()
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := os.WriteFile(file, backup, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.Restore(t.Context(), file, database, regtest(t), false, "")
		return err
	}
	cases := map[string][]byte{"empty": {}, "a text": []byte("PRAGMA"), "another program's": []byte("SQLite format 3\x00")}
	for _, part := range []int{1, 100, 4096, len(good) / 2, len(good) - 1} {
		cases["truncated"+strings.Repeat("'", len(cases))] = good[:part]
	}
	for name, backup := range cases {
		if restored(backup) == nil {
			t.Errorf("%s: restored", name)
		}
	}
	random, refused := rand.New(rand.NewPCG(1, 2)), 0
	const flips = 60
	for range flips {
		bad := append([]byte(nil), good...)
		bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
		if restored(bad) != nil {
			refused++
		} else {
			// A bit that nothing reads: most of the pages of small tables is free.
			if got := sum(t, backedUp(t, database)); got != want {
				t.Error("a damaged backup was restored")
			}
			if err := os.WriteFile(database, before, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if refused < flips/6 {
		t.Errorf("%d of %d files with a flipped bit were refused", refused, flips)
	}
	if after, err := os.ReadFile(database); err != nil || string(after) != string(before) {
		t.Errorf("the database changed, %v", err)
	}
}

// A backup of another network, one of a newer release, and a plain copy of a database are refused before anything is touched.
func TestForeignBackupsAreRefused(t *testing.T) {
	t.Parallel()
	database := filled(t, filepath.Join(t.TempDir(), "ledger.db"))
	file := backedUp(t, database)
	shadow := params(t, "main")
	shadow.Forks.Pools = pool.ForkAt(900_000)
	empty := filepath.Join(t.TempDir(), "main.db")
	if _, err := store.Restore(t.Context(), file, empty, shadow, true, ""); err == nil || !strings.Contains(err.Error(), "network") {
		t.Errorf("another network: %v", err)
	}
	if _, err := store.Restore(t.Context(), database, empty, regtest(t), false, ""); err == nil || !strings.Contains(err.Error(), "no backup") {
		t.Errorf("a plain copy: %v", err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO smartpool_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := store.Restore(t.Context(), file, empty, regtest(t), false, ""); err == nil || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("a newer release: %v", err)
	}
	if _, err := os.Stat(empty); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database appeared: %v", err)
	}
}

// Nothing is restored into a database that a daemon writes. What was in it otherwise stays in a file that restores again, with SQLite's log of what
// a killed daemon had not moved into the database.
func TestRestoreKeepsWhatWasThere(t *testing.T) {
	for _, engine := range databases {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			net := regtest(t)
			old := backedUp(t, filled(t, engine.open(t)))
			database := engine.open(t)
			ledger, _, s := ledgertest.Open(t, ledgertest.Recorded(t, "life"), 100, database)
			kept := filepath.Join(t.TempDir(), "kept.db")
			if _, err := store.Restore(t.Context(), old, database, net, false, kept); !errors.Is(err, store.ErrLocked) {
				t.Errorf("while a daemon writes: %v", err)
			}
			ledger.Close()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := store.Restore(t.Context(), old, database, net, false, kept)
			if err != nil || r.Kept == "" {
				t.Fatalf("%+v, %v", r, err)
			}
			before := r.Kept
			if !store.IsPostgres(database) {
				before = backedUp(t, r.Kept) // it is the database itself
			}
			if r, err = store.Restore(t.Context(), before, database, net, false, kept); err != nil || r.Tip.Height != 100 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// A backup replaces no file, and one that breaks off leaves none.
func TestBackupsReplaceNothing(t *testing.T) {
	t.Parallel()
	database := filled(t, filepath.Join(t.TempDir(), "ledger.db"))
	file := backedUp(t, database)
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, file, silent); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("over another: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if _, err := store.BackUp(ctx, database, regtest(t), false, filepath.Join(folder, "b.db"), silent); err == nil {
		t.Error("a backup that was cancelled succeeded")
	}
	// A backup that was killed left a part, which the next one replaces.
	if err := os.WriteFile(filepath.Join(folder, "b.db.part"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, filepath.Join(folder, "b.db"), silent); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// What a restore that was killed left behind, or files that SQLite keeps beside a copy that was removed, neither stops the next restore nor gets into
// what it makes.
func TestRestoreIgnoresRemains(t *testing.T) {
	t.Parallel()
	database := filled(t, filepath.Join(t.TempDir(), "ledger.db"))
	file := backedUp(t, database)
	want := sum(t, file)

	// A killed restore was changing another backup.
	other := filepath.Join(t.TempDir(), "other.db")
	good, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(other, good, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", other+"?_pragma=journal_mode(DELETE)&_pragma=cache_size(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE subscriptions SET secret = 'ANOTHER'"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("DELETE FROM blocks; DELETE FROM events; DELETE FROM subscriptions"); err != nil {
		t.Fatal(err)
	}
	journal, err := os.ReadFile(other + "-journal")
	if err != nil || len(journal) == 0 {
		t.Fatal(len(journal), err)
	}
	if err := os.WriteFile(database+".restoring-journal", journal, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} { // the database was not closed, now and when an earlier restore kept it
		for _, name := range []string{database, database + ".before-restore"} {
			if err := os.WriteFile(name+suffix, []byte("remains"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := store.Restore(t.Context(), file, database, regtest(t), false, "")
	if err != nil || r.Kept != database+".before-restore.2" {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := sum(t, backedUp(t, database)); got != want {
		t.Error("the rows differ")
	}
}
