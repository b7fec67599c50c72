package daemon_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

// One daemon writes and the other stands by, takes over when the first is killed or ends, and the tables are those of one daemon: also behind
// a pooler that hands sessions around.
func TestOneWriterAndTheOthersStandBy(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (database, direct string){
		"sqlite": func(t *testing.T) (string, string) {
			file := filepath.Join(t.TempDir(), "ledger.db")
			return file, file
		},
		"pooler": func(t *testing.T) (string, string) {
			direct := pgtest.Open(t)
			return pgtest.Pooled(t, direct, "transaction"), direct
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, direct := open(t)
			takeTurns(t, database, direct)
		})
	}
}

// takeTurns has three daemons write a database one after the other.
func takeTurns(t *testing.T, database, direct string) {
	blocks := life(t)
	n := newNode(t)
	n.submit(blocks[:100])
	settings := func() daemon.Config {
		cfg := n.settings(t.TempDir(), database)
		cfg.Metrics = freeAddress(t)
		return cfg
	}
	first := spawn(t, settings())
	if !first.saw("ledger loaded") {
		t.Fatal("the first daemon ended")
	}
	standBy := func() *running {
		cfg := settings()
		d := start(t, cfg)
		d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "standing by")
		if d.Ledger() != nil {
			t.Error("a daemon that stands by has a ledger")
		}
		return d
	}
	second := standBy()
	first.kill()
	second.synced(n)
	third := standBy()
	n.submit(blocks[100:150])
	second.synced(n)
	second.end()
	third.synced(n) // the lock did not stay with the pooler
	n.submit(blocks[150:200])
	third.synced(n)
	third.end()
	empty := filepath.Join(t.TempDir(), "empty.db")
	if direct != database {
		empty = pgtest.Open(t)
	}
	if diff := n.unlikeUndisturbed(t, direct, empty); diff != "" {
		t.Errorf("the tables differ: %s", diff)
	}
}

// readerStatements returns what the operating guide has a role for readers made with, for a database.
func readerStatements(t testing.TB, database string) string {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(guide), "```sql\nCREATE ROLE smartpool_reader")
	text, _, _ := strings.Cut(rest, "```")
	if !found || text == "" {
		t.Fatal("the guide does not say how a role for readers is made")
	}
	return "CREATE ROLE smartpool_reader" + strings.ReplaceAll(text, "DATABASE smartpool ", "DATABASE "+database+" ")
}

// as returns the URL of a database for another user.
func as(t testing.TB, database, user, password string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// A read-only daemon with a role made as the guide says serves everything, and takes no lock that could hold up the writer.
func TestDatabaseReadersOnlySelect(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	database := server.Database(t)
	n := newNode(t)
	blocks := life(t)
	n.submit(blocks[:150])
	writer := start(t, n.settings(t.TempDir(), database))
	t.Cleanup(writer.end)
	writer.synced(n)
	db := openSQL(t, database)
	defer db.Close()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, readerStatements(t, strings.TrimPrefix(u.Path, "/")))
	run(t, db, "CREATE TABLE of_a_later_release (n BIGINT)")
	const may = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND has_table_privilege('smartpool_reader', format('%I.%I', schemaname, tablename), $1)`
	for privilege, want := range map[string]int{"SELECT": -3, "INSERT": 0, "UPDATE": 0, "DELETE": 0, "TRUNCATE": 0} {
		var got, all int
		if err := db.QueryRow(may, privilege).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&all); err != nil {
			t.Fatal(err)
		}
		if want < 0 {
			want += all // without subscriptions, those of members, and alerts
		}
		if got != want {
			t.Errorf("%s on %d tables instead of %d", privilege, got, want)
		}
	}
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: as(t, database, "smartpool_reader", "another secret"), ShadowFrom: -1, ReadOnly: true,
		API: freeAddress(t), APIStreams: 10, Metrics: freeAddress(t), Poll: time.Second, TipAge: anyAge,
	}
	reader := start(t, cfg)
	t.Cleanup(reader.end)
	run(t, db, "DROP TABLE of_a_later_release")
	reaches(t, reader.api(), 149)
	n.submit(blocks[150:200])
	reaches(t, reader.api(), 199)
	var pool string
	if err := db.QueryRow("SELECT id FROM pools LIMIT 1").Scan(&pool); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/", "/pools", "/pools/" + pool, "/api/v1/pools", "/api/v1/pools/" + pool, "/api/v1/pools/" + pool + "/income", "/api/v1/pledges", "/api/v1/operators", "/api/v1/mempool", "/api/v1/events", "/api/v1/payouts",
		"/api/v1/statistics",
	} {
		if status, body := get(t, reader.api()+path); status != http.StatusOK {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	reader.answers("http://"+cfg.Metrics+"/readyz", http.StatusOK, "ready")
	if status, _ := get(t, "http://"+cfg.Metrics+"/metrics"); status != http.StatusOK {
		t.Errorf("metrics: %d", status)
	}
	var strong int
	const locks = `SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE a.usename = 'smartpool_reader' AND l.mode <> 'AccessShareLock' AND l.locktype <> 'virtualxid'`
	if err := db.QueryRow(locks).Scan(&strong); err != nil || strong != 0 {
		t.Errorf("readers hold %d other locks, %v", strong, err)
	}
}

func run(t testing.TB, db *sql.DB, statements string) {
	t.Helper()
	if _, err := db.Exec(statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// A role that may not even read is told what it lacks.
func TestDatabaseReadersAreToldWhatTheyLack(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	database := server.Database(t)
	n := newNode(t)
	n.submit(life(t)[:3])
	writer := start(t, n.settings(t.TempDir(), database))
	t.Cleanup(writer.end)
	writer.synced(n)
	server.Run(t, "CREATE ROLE stranger LOGIN PASSWORD 'pw'")
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: as(t, database, "stranger", "pw"), ShadowFrom: -1, ReadOnly: true,
		API: freeAddress(t), APIStreams: 10, Metrics: freeAddress(t), Poll: time.Second, TipAge: anyAge,
	}
	var logs journal
	reader := startLogging(t, cfg, &logs)
	t.Cleanup(reader.end)
	logs.holds(reader, "grant it SELECT")
	db := openSQL(t, database)
	defer db.Close()
	for version, words := range map[int]string{99: "install the release of the daemon that writes them", 5: "run this release for the daemon that writes them"} {
		run(t, db, "DELETE FROM smartpool_version WHERE version_id > 5")
		if version > 5 {
			run(t, db, fmt.Sprintf("INSERT INTO smartpool_version (version_id, is_applied) VALUES (%d, true)", version))
		}
		cfg.Database, cfg.API, cfg.Metrics = database, freeAddress(t), freeAddress(t)
		var logs journal
		other := startLogging(t, cfg, &logs)
		logs.holds(other, words)
		other.end()
	}
}

// A damaged ledger is rebuilt on demand, and the subscriptions stay.
func TestDatabaseRebuild(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	for engine, fresh := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := fresh(t)
			n := newNode(t)
			n.submit(life(t)[:120])
			cfg := n.settings(t.TempDir(), database)
			d := start(t, cfg)
			d.synced(n)
			if err := daemon.Rebuild(ctx, cfg, log); err == nil || !strings.Contains(err.Error(), "stop the daemon first") {
				t.Errorf("while a daemon writes: %v", err)
			}
			d.end()
			db := openSQL(t, database)
			defer db.Close()
			run(t, db, `INSERT INTO subscriptions (id, created, since, to_url, secret, kinds, cushion, overdue) VALUES ('mine', 0, 7, 'u', 's', '', 0, 0)`)
			run(t, db, "DELETE FROM records WHERE kind = 1")
			broken, err := daemon.New(cfg, log)
			if err != nil {
				t.Fatal(err)
			}
			if err := broken.Run(ctx); err == nil || !strings.Contains(err.Error(), "run smartpoold rebuild") {
				t.Errorf("damaged: %v", err)
			}
			reads := cfg
			reads.ReadOnly = true
			if err := daemon.Rebuild(ctx, reads, log); err == nil || !strings.Contains(err.Error(), "omit --read-only") {
				t.Errorf("read-only: %v", err)
			}
			if err := daemon.Rebuild(ctx, cfg, log); err != nil {
				t.Fatal(err)
			}
			d = start(t, cfg)
			d.synced(n)
			d.end()
			count(t, db, 1, "SELECT count(*) FROM subscriptions WHERE id = 'mine' AND since = 7")
			if diff := n.unlikeUndisturbed(t, database, fresh(t)); diff != "" {
				t.Errorf("the tables differ: %s", diff)
			}
		})
	}
}
