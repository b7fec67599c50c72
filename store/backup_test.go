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

// A backup that somebody made up, with a right sum, gets no statement run by its names, and brings nothing into a database that would act there.
func TestHostileBackupsAreRefused(t *testing.T) {
	t.Parallel()
	good := backedUp(t, filled(t, filepath.Join(t.TempDir(), "ledger.db")))
	mark := filepath.Join(t.TempDir(), "mark.db")
	run := `blocks; PRAGMA query_only = OFF; ATTACH DATABASE '` + mark + `' AS mark; CREATE TABLE mark.x (height); SELECT height FROM blocks`
	quoted := `"` + strings.ReplaceAll(run, `"`, `""`) + `"`
	for name, statement := range map[string]string{
		"a table's name":            "CREATE TABLE " + quoted + " (height INTEGER)",
		"a column's name":           `CREATE TABLE more ("height FROM ` + strings.TrimPrefix(quoted, `"`) + ` INTEGER)`,
		"a trigger":                 "CREATE TRIGGER spoil AFTER INSERT ON blocks BEGIN DELETE FROM subscriptions; END",
		"a trigger on the versions": "CREATE TRIGGER spoil AFTER INSERT ON smartpool_version BEGIN DELETE FROM blocks; END",
		"a view":                    "CREATE VIEW more AS SELECT * FROM blocks",
		"an index":                  "CREATE UNIQUE INDEX more ON blocks (height) WHERE height > 250",
		"another table":             "CREATE TABLE more (x INTEGER)",
		"another column":            "ALTER TABLE blocks ADD COLUMN more INTEGER GENERATED ALWAYS AS (length(zeroblob(1000000000)))",
		"a table less":              "DROP TABLE subscriptions",
	} {
		text, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"DROP TABLE backup", statement} {
			if _, err := db.Exec(s); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := store.Seal(t.Context(), file); err != nil { // as the refusal itself may be what fails, its sum may stay wrong
			if err := forged(file); err != nil {
				t.Fatal(err)
			}
		}
		os.Remove(mark)
		empty := filepath.Join(t.TempDir(), "ledger.db")
		if _, err := store.Restore(t.Context(), file, empty, regtest(t), false, ""); err == nil || !strings.Contains(err.Error(), "tables are not") {
			t.Errorf("%s: %v", name, err)
		}
		for _, path := range []string{mark, empty} {
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s appeared", name, filepath.Base(path))
			}
		}
	}
}

// forged gives a file any sum.
func forged(file string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE TABLE IF NOT EXISTS backup (sha256 BLOB NOT NULL); INSERT INTO backup VALUES (zeroblob(32))")
	return errors.Join(err, db.Close())
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
	half, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "b.db.part"), half[:len(half)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, filepath.Join(folder, "b.db"), silent); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// What is in the place of a backup in the making, and is none, stays as it is: a link to another file, a pipe, or somebody's file.
func TestBackupsWriteIntoNothingElse(t *testing.T) {
	t.Parallel()
	database, folder := filled(t, filepath.Join(t.TempDir(), "ledger.db")), t.TempDir()
	precious := filepath.Join(folder, "precious")
	to, part := filepath.Join(folder, "b.db"), filepath.Join(folder, "b.db.part")
	for name, put := range map[string]func() error{
		"a link":          func() error { return os.Symlink(precious, part) },
		"a dangling link": func() error { return os.Symlink(precious+".none", part) },
		"a folder":        func() error { return os.Mkdir(part, 0o700) },
		"another file":    func() error { return os.WriteFile(part, []byte("half of a film that somebody loads"), 0o600) },
		"a short file":    func() error { return os.WriteFile(part, []byte("half"), 0o600) },
	} {
		if err := errors.Join(os.WriteFile(precious, []byte("precious"), 0o600), put()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.BackUp(t.Context(), database, regtest(t), false, to, silent); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(precious); err != nil || string(text) != "precious" {
			t.Errorf("%s: what it leads to is now %d bytes, %v", name, len(text), err)
		}
		if _, err := os.Lstat(precious + ".none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file appeared elsewhere", name)
		}
		if err := os.Remove(part); err != nil {
			t.Errorf("%s: it is gone: %v", name, err)
		}
	}
}

// A backup that was killed once it had its name, and was then renamed, survives the next one.
func TestBackupsSpareTheOneBefore(t *testing.T) {
	t.Parallel()
	database, folder := filled(t, filepath.Join(t.TempDir(), "ledger.db")), t.TempDir()
	monday, to := filepath.Join(folder, "monday.db"), filepath.Join(folder, "b.db")
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, monday, silent); err != nil {
		t.Fatal(err)
	}
	want := sum(t, monday)
	if err := os.Link(monday, to+".part"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.BackUp(t.Context(), database, regtest(t), false, to, silent); err != nil {
		t.Fatal(err)
	}
	if got := sum(t, monday); got != want {
		t.Error("the earlier backup changed")
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}

// What a restore that was killed left, a journal above all, does not get into the next one, of another backup.
func TestRestoreAfterOneThatWasKilled(t *testing.T) {
	t.Parallel()
	file, folder := backedUp(t, filled(t, filepath.Join(t.TempDir(), "ledger.db"))), t.TempDir()
	next := filepath.Join(folder, "ledger.db.restoring")
	other := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", "file:"+other+"?_pragma=journal_mode(DELETE)&_pragma=cache_size(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE x (y); INSERT INTO x VALUES (zeroblob(300000)); BEGIN; UPDATE x SET y = randomblob(300000)"); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{other: next, other + "-journal": next + "-journal"} { // as a killed process leaves them
		text, err := os.ReadFile(from)
		if err != nil || len(text) < 4096 {
			t.Fatalf("%s: %d bytes, %v", from, len(text), err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	database := filepath.Join(folder, "ledger.db")
	if _, err := store.Restore(t.Context(), file, database, regtest(t), false, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := sum(t, backedUp(t, database)), sum(t, file); got != want {
		t.Error("the rows differ")
	}
}

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
