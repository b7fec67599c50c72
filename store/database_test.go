package store_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

func TestDatabaseNamesAreCheckedAndNeverRepeated(t *testing.T) {
	const secret = "TopSecret1"
	for name, words := range map[string]string{
		"Postgres://sp:TopSecret1@h/db":             "lower case",
		"POSTGRESQL://sp:TopSecret1@h/db":           "lower case",
		"host=h password=TopSecret1 dbname=x":       "postgres://user:password@host:port/name",
		"dbname = x  PASSWORD = TopSecret1":         "postgres://user:password@host:port/name",
		"password=TopSecret1":                       "postgres://user:password@host:port/name",
		"Server=h;Password=TopSecret1":              "postgres://user:password@host:port/name",
		"Data Source=h;User ID=u;Pwd=TopSecret1":    "postgres://user:password@host:port/name",
		"mysql://u:TopSecret1@h/d":                  "neither a path nor a postgres:// URL",
		"sqlite:///abs/TopSecret1.db":               "path alone",
		"sqlite:TopSecret1.db":                      "path alone",
		"sqlite3:TopSecret1.db":                     "path alone",
		"file:TopSecret1.db?mode=ro":                "path alone",
		"file:///TopSecret1.db":                     "path alone",
		"jdbc:postgresql://u:TopSecret1@h/db":       "neither",
		"postgres:TopSecret1@h/db":                  "neither",
		"postgres:/u:TopSecret1@h/db":               "neither",
		"'postgres://u:TopSecret1@h/db'":            "neither",
		"DATABASE_URL=postgres://u:TopSecret1@h/db": "neither",
		"postgres//u:TopSecret1@h/db":               "without its scheme",
		"//u:TopSecret1@h/db":                       "without its scheme",
		"u:TopSecret1@h/db":                         "without its scheme",
		"u1_2:TopSecret1@h/db":                      "without its scheme",
		"TopSecret1.db?_pragma=journal_mode(OFF)":   "no parameters",
		":memory:":                                                           "name a file",
		"~/TopSecret1.db":                                                    "whole path",
		"TopSecret1/":                                                        "name a file in it",
		"TopSecret1\n.db":                                                    "control character",
		"postgres://u:TopSecret1/x@h/db":                                     "%2F",
		"postgres://u:12/TopSecret1@h/db":                                    "%2F",
		"postgres://u:12?TopSecret1@h/db":                                    "%3F",
		"postgres://u:12#TopSecret1@h/db":                                    "%23",
		"postgres://u:12#TopSecret1":                                         "%23",
		"postgres://u:12@TopSecret1@h/db":                                    "%40",
		"postgres://u:12@TopSecret1@h":                                       "%40",
		"postgres://u:TopSecret1%@h/db":                                      "malformed",
		"postgres://u:TopSecret1@h:port/db":                                  "malformed",
		"postgres://u@h/db?password=TopSecret1&sslmode=odd":                  "malformed",
		"postgres://u:TopSecret1@h/db?target_session_attrs=odd":              "malformed",
		"postgres://u:TopSecret1@h/db?connect_timeout=odd":                   "malformed",
		"postgres://u:TopSecret1@h/db?sslrootcert=/none&sslmode=verify-full": "cannot be read: open /none",
		"postgres://u@h/db?TopSecret1=x":                                     "unknown parameter",
		"postgres://u:TopSecret1@h/db?service=absent":                        "malformed",
		"postgres://u:TopSecret1@h/db?tcp_keepalives=1":                      "unknown parameter",
	} {
		t.Run(strings.ReplaceAll(name, "/", "|"), func(t *testing.T) {
			folder := t.TempDir()
			t.Chdir(folder)
			_, reads := store.OpenReader(context.Background(), name, regtest(t), false)
			for _, err := range []error{store.Check(name), refused(t, name, regtest(t)), reads} {
				if isSentence(t, err, words); err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the secret is told: %v", err)
				}
			}
			if made, _ := os.ReadDir(folder); len(made) > 0 {
				t.Errorf("%s was created", made[0].Name())
			}
		})
	}
	for _, name := range []string{
		"ledger.db", "/var/lib/my pools/ledger.db", "./a:b.db", "/data/2026-11-28T10:00.db", `C:\pools\ledger.db`, "C:/pools/ledger.db", "./user=1.db",
		"postgres://u:p%40%2F%3F%23%25@h:5432/db?sslmode=require", "postgresql://u@h1:1,h2:2/db?target_session_attrs=read-write",
		"postgres://u@h/db?TimeZone=Europe/Berlin",
		"postgres:///db?host=/var/run/postgresql&user=u&password=p", "postgres://u@h/db?search_path=pools",
	} {
		if err := store.Check(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withParameters adds parameters to a URL.
func withParameters(t testing.TB, database string, more string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery += "&" + more
	return u.String()
}

// What would change the bytes that the server takes or returns, or how transactions behave, is refused by name, wherever it is set.
func TestDatabaseSettingsThatChangeBytesAreRefused(t *testing.T) {
	good := pgtest.Open(t)
	for _, setting := range []string{
		"default_query_exec_mode=exec", "default_query_exec_mode=simple_protocol", "default_query_exec_mode=cache_describe",
		"default_query_exec_mode=describe_exec", "default_query_exec_mode=cache_statement", "statement_cache_capacity=0", "description_cache_capacity=0",
		"options=-c%20bytea_output%3Descape", "client_encoding=LATIN1", "standard_conforming_strings=off", "bytea_output=escape",
		"default_transaction_read_only=on", "default_transaction_isolation=serializable", "statement_timeout=1",
		"idle_in_transaction_session_timeout=1", "synchronous_commit=off",
	} {
		name, _, _ := strings.Cut(setting, "=")
		isSentence(t, refused(t, withParameters(t, good, setting), regtest(t)), "sets "+name, "remove it")
		isSentence(t, store.Check(withParameters(t, good, setting)), "sets "+name, "remove it")
	}
	t.Setenv("PGOPTIONS", "-c default_transaction_read_only=on")
	isSentence(t, store.Check(good), "sets options", "remove it")
	t.Setenv("PGOPTIONS", "")
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte("[mine]\ndefault_query_exec_mode=exec\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSERVICEFILE", file)
	isSentence(t, store.Check(withParameters(t, good, "service=mine")), "sets default_query_exec_mode", "remove it")
}

// What a server's administrator may set for a user or database either changes nothing or is refused in words.
func TestDatabaseSettingsOfTheServer(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "life")[:30]
	want := undisturbed(t, blocks)
	server := pgtest.NewServer(t)
	for setting, words := range map[string][]string{
		"synchronous_commit = off":                      {"synchronous_commit is off", "switch it on"},
		"default_transaction_read_only = on":            {"default_transaction_read_only is on", "switch it off"},
		"standard_conforming_strings = off":             nil,
		"search_path = absent":                          {"search_path"},
		"bytea_output = escape":                         nil,
		"TimeZone = 'Asia/Kathmandu'":                   nil,
		"DateStyle = 'SQL, DMY'":                        nil,
		"default_transaction_isolation = serializable":  nil,
		"default_transaction_deferrable = on":           nil,
		"extra_float_digits = 0":                        nil,
		"client_encoding = LATIN1":                      nil,
		"plan_cache_mode = force_generic_plan":          nil,
		"idle_in_transaction_session_timeout = '20min'": nil,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			url := server.Database(t)
			server.Run(t, "ALTER DATABASE "+databaseOf(t, url)+" SET "+setting)
			if words != nil {
				isSentence(t, refused(t, url, regtest(t)), words...)
				return
			}
			l := open(t, url)
			for i := range blocks {
				l.step(t, blocks[i].Height-1, blocks[i:i+1])
			}
			l.close(t)
			open(t, url).close(t)
			compare(t, url, want)
		})
	}
}

func databaseOf(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

func TestDatabaseEncodings(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := server.Database(t)
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		name := strings.ToLower(encoding)
		server.Run(t, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING '"+encoding+"' LOCALE 'C'")
		isSentence(t, refused(t, elsewhere(t, url, name), regtest(t)), "its encoding is "+encoding, "ENCODING 'UTF8'")
	}
}

// elsewhere returns the URL of another database on the same server.
func elsewhere(t testing.TB, database, name string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Lists have the same order whatever the database's collation is: with most, "A" sorts behind "a", and "-" does not count.
func TestDatabaseCollationsDoNotReorderLists(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := elsewhere(t, server.Database(t), "icu")
	server.Run(t, "CREATE DATABASE icu TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
	open(t, url).close(t)
	d := raw(t, url)
	for num, id := range []string{"a-c", "ab", "B", "A", "a"} {
		exec(t, d, `INSERT INTO pools (num, id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period, opened,
			opened_tx, counted, offered) VALUES ($1, $2, 'active', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0)`, num, id)
	}
	var ids []string
	for _, row := range rows(t, d, "SELECT id FROM pools ORDER BY id") {
		ids = append(ids, row[0].(string))
	}
	if got := strings.Join(ids, " "); got != "A B a a-c ab" {
		t.Errorf("the pools are in the order %s", got)
	}
}

// A standby server serves readers, and says to a writer what it is.
func TestDatabaseOnAStandbyServer(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	url := server.Database(t)
	l := open(t, url)
	l.step(t, -1, recorded(t, "life")[:5])
	l.close(t)
	server.Stop(t)
	server.MakeStandby(t)
	server.Start(t)
	isSentence(t, refused(t, url, regtest(t)), "standby", "primary", "--read-only")
	endsAt(t, reader(t, url), 4)
}

// Two names of a file are one database, or are refused: SQLite keeps a log for each name.
func TestDatabaseFilesWithTwoNames(t *testing.T) {
	t.Parallel()
	path := sqliteFile(t)
	first := open(t, path)
	first.step(t, -1, recorded(t, "life")[:3])
	link, hard := path+".link", path+".hard"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := refused(t, link, regtest(t)); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second writer by a symbolic link: %v", err)
	}
	reader(t, link)
	first.close(t)
	second := open(t, link)
	if err := refused(t, path, regtest(t)); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second writer by the file's own name: %v", err)
	}
	second.close(t)
	if err := os.Link(path, hard); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, hard, link} {
		_, reads := store.OpenReader(context.Background(), name, regtest(t), false)
		for _, err := range []error{refused(t, name, regtest(t)), reads} {
			isSentence(t, err, "2 names (hard links)", "remove the others")
		}
	}
}

func TestDatabaseFilesThatAreNone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pipe, nowhere, empty := filepath.Join(folder, "pipe"), filepath.Join(folder, "nowhere"), filepath.Join(folder, "empty")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink(filepath.Join(folder, "absent"), nowhere), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	isSentence(t, refused(t, pipe, regtest(t)), "no regular file", "choose another path")
	isSentence(t, refused(t, "/dev/null", regtest(t)), "no regular file", "choose another path")
	isSentence(t, refused(t, nowhere, regtest(t)), "symbolic link", "does not exist")
	open(t, empty).close(t) // as SQLite itself leaves one that was opened and never written
	if made, err := filepath.Glob(filepath.Join(folder, "absent*")); err != nil || len(made) > 0 {
		t.Errorf("%v, %v", made, err)
	}
}

// What an SQLite file's error says is not about servers, and the other way round.
func TestDatabaseAdviceFitsTheEngine(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := sqliteFile(t)
	l := open(t, path)
	c, err := l.Step(ctx, -1, recorded(t, "life")[:2])
	if err != nil {
		t.Fatal(err)
	}
	next := *c
	next.From, next.Tip.Height = c.Tip, 99
	holder, err := raw(t, path).Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	commit := l.store.Commit(short, &next)
	isSentence(t, commit, "SQLite file ledger.db", "took too long", "another program holds the file")
	for _, word := range []string{"server", "PostgreSQL", "connection"} {
		if commit != nil && strings.Contains(commit.Error(), word) {
			t.Errorf("%v says %s", commit, word)
		}
	}
	server := pgtest.NewServer(t)
	url := server.Database(t)
	one := open(t, url)
	one.step(t, -1, recorded(t, "life")[:2])
	one.close(t)
	server.Run(t, "CREATE ROLE crowded LOGIN PASSWORD 'pw' CONNECTION LIMIT 0")
	isSentence(t, refused(t, strings.Replace(url, url[:strings.Index(url, "@")], "postgres://crowded:pw", 1), regtest(t)), "no connections left")
	_, reads := store.OpenReader(ctx, elsewhere(t, url, "postgres"), regtest(t), false)
	isSentence(t, reads, "contains no ledger yet", "start the daemon that writes it")
	exec(t, raw(t, url), "UPDATE records SET value = value || value")
	isSentence(t, refused(t, url, regtest(t)), "another network", "changed by another program", "is damaged", "check --network and --database",
		"smartpoold rebuild", "keeps the subscriptions")
}

// A daemon that reads names the setting that is wrong before it serves anything: most answers would be errors, and the others wrong.
func TestDatabaseOfAnotherNetworkIsNotRead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:130])
		test := params(t, "testnet")
		test.Forks.Pools = pool.ForkAt(0)
		later := regtest(t)
		later.Forks.Pools = pool.ForkAt(7)
		for want, net := range map[string]pool.Params{"correct --network or --database": test, "correct --shadow-from or --database": later} {
			if _, err := store.OpenReader(context.Background(), url, net, false); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		r, err := store.OpenReader(context.Background(), url, regtest(t), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}
