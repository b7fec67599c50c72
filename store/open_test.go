package store_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// raw opens a database beside the store, to inspect and damage it.
func raw(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if store.IsPostgres(url) {
		driver = "pgx"
	}
	d, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func exec(t testing.TB, d *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := d.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// isSentence fails the test unless err is one line that contains all the words.
func isSentence(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

// refused tries to open a database and load a network's ledger from it.
func refused(t testing.TB, database string, net pool.Params) error {
	t.Helper()
	s, err := store.Open(context.Background(), database, net)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Load(context.Background(), net, false)
	return err
}

func TestADatabaseThatIsNotOursIsRefused(t *testing.T) {
	t.Parallel()
	foreign := func(t testing.TB, url string) {
		exec(t, raw(t, url), "CREATE TABLE songs (title TEXT)")
	}
	newer := func(t testing.TB, url string) {
		open(t, url).close(t)
		exec(t, raw(t, url), "INSERT INTO smartpool_version (version_id, is_applied) VALUES (99, $1)", true)
	}
	// Versions 1 to 3 contained ledgers of the rules before their third review.
	older := func(version int) func(t testing.TB, url string) {
		return func(t testing.TB, url string) {
			open(t, url).close(t)
			exec(t, raw(t, url), "DELETE FROM smartpool_version WHERE version_id > $1", version)
			for v := 1; v <= version; v++ {
				exec(t, raw(t, url), "INSERT INTO smartpool_version (version_id, is_applied) VALUES ($1, $2)", v, true)
			}
			exec(t, raw(t, url), "DROP TABLE pledge_tickets")
		}
	}
	outdated := []string{"rules that no longer apply", "new, empty database"}
	for name, c := range map[string]struct {
		prepare func(t testing.TB, url string)
		words   []string
	}{
		"version 1": {older(1), outdated}, "version 2": {older(2), outdated}, "version 3": {older(3), outdated},
		"another program's": {foreign, []string{"another program"}},
		"newer":             {newer, []string{"version 99", "install a newer release"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				c.prepare(t, url)
				before := dump(t, url) + file(t, url)
				isSentence(t, refused(t, url, regtest(t)), c.words...)
				if dump(t, url)+file(t, url) != before {
					t.Error("it was changed")
				}
			})
		})
	}
}

// file returns the contents of an SQLite database's file; "" for PostgreSQL.
func file(t testing.TB, url string) string {
	t.Helper()
	if store.IsPostgres(url) {
		return ""
	}
	b, err := os.ReadFile(url)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sound makes a ledger in a database, and returns the parameters of another network.
func sound(t testing.TB, url string) (other pool.Params) {
	t.Helper()
	l := open(t, url)
	l.step(t, -1, recorded(t, "life")[:3])
	l.close(t)
	return params(t, "testnet")
}

// A sound ledger that is another's is neither called damaged nor advised to be emptied.
func TestDatabaseOfAnotherNetworkIsRefused(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		other := sound(t, url)
		got := refused(t, url, other)
		isSentence(t, got, `network "regtest"`, `want "testnet"`, "another network", "correct --network or --database")
		for _, wrong := range []string{"damaged", "rebuild"} {
			if strings.Contains(got.Error(), wrong) {
				t.Errorf("it says %s: %v", wrong, got)
			}
		}
	})
}

// Nobody empties a sound ledger by naming the wrong network.
func TestDatabaseOfAnotherNetworkIsNotEmptied(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		other := sound(t, url)
		s, err := store.Open(context.Background(), url, other)
		if err != nil {
			t.Fatal(err)
		}
		isSentence(t, s.Rebuild(context.Background()), "another network", "correct --network or --database")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		again := open(t, url)
		defer again.close(t)
		if h := again.Last().Height; h != 2 {
			t.Errorf("the ledger ends at block %d", h)
		}
	})
}

func TestFilesThatAreNoDatabaseOfOursAreRefused(t *testing.T) {
	t.Parallel()
	write := func(text string) func(t testing.TB, path string) {
		return func(t testing.TB, path string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		prepare func(t testing.TB, path string)
		words   []string
	}{
		"text":       {write(strings.Repeat("Dear diary, ", 400)), []string{"another program", "choose another path"}},
		"short text": {write("Dear diary"), []string{"another program", "choose another path"}},
		"truncated": {func(t testing.TB, path string) {
			one := open(t, path)
			one.step(t, -1, recorded(t, "life"))
			one.close(t)
			if err := os.Truncate(path, 20000); err != nil {
				t.Fatal(err)
			}
		}, []string{"the file is damaged", "restore a backup", "subscriptions"}},
		"marked by another program": {func(t testing.TB, path string) {
			exec(t, raw(t, path), "PRAGMA application_id = 0x0badf00d")
		}, []string{"another program", "choose another path"}},
		"a folder": {func(t testing.TB, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"folder", "name a file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			c.prepare(t, path)
			isSentence(t, refused(t, path, regtest(t)), append(c.words, path)...)
		})
	}
	isSentence(t, refused(t, "", regtest(t)), "no database", "name an SQLite file")
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "ledger.db")
	open(t, path).close(t)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	for _, open := range []string{filepath.Dir(folder), folder} { // accessible to asUnprivileged's user
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	asUnprivileged(t, func() {
		isSentence(t, refused(t, path, regtest(t)), path, "is not writable", "check owner and permissions")
	})
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(folder, "absent.db")
	asUnprivileged(t, func() { isSentence(t, refused(t, absent, regtest(t)), absent, "permission denied") })
}

// asUnprivileged runs f without root's right to write everything.
func asUnprivileged(t testing.TB, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // permanently: the thread ends with the goroutine
		var err error
		if os.Geteuid() == 0 {
			err = setUnprivileged()
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAServerThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	server := pgtest.NewServer(t)
	good, err := url.Parse(server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(u *url.URL)) string {
		u := *good
		change(&u)
		return u.String()
	}
	exec(t, raw(t, good.String()), "CREATE ROLE guest LOGIN PASSWORD 'guest'")
	for database, words := range map[string][]string{
		with(func(u *url.URL) { u.User = url.UserPassword("smartpool", "wrong") }): {"user or password"},
		with(func(u *url.URL) { u.User = url.UserPassword("guest", "guest") }):     {"make it the owner"},
		with(func(u *url.URL) { u.Path = "/absent" }):                              {"absent", "create it"},
		with(func(u *url.URL) { u.RawQuery += "&search_path=absent" }):             {"search_path"},
		with(func(u *url.URL) { u.RawQuery = "sslmode=require" }):                  {"TLS", "correct the database's URL"},
		"postgres://%zz": {"malformed"},
	} {
		err := refused(t, database, regtest(t))
		isSentence(t, err, words...)
		var final *pgconn.PgError
		if errors.As(err, &final) && store.Temporary(err) {
			t.Errorf("%v passes without anybody's doing", err)
		}
	}
	server.Stop(t)
	err = refused(t, good.String(), regtest(t))
	isSentence(t, err, "does not answer", "start it", good.Host)
	if !store.Temporary(err) {
		t.Errorf("%v is final", err)
	}
}

// A server whose disk is full may refuse connections with a code that says nothing. That passes once there is room again.
func TestAServerWithoutRoomToConnectIsWaitedFor(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			b := pgproto3.NewBackend(conn, conn)
			if _, err := b.ReceiveStartupMessage(); err == nil {
				b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "XX000", Message: "could not write init file"})
				b.Flush()
			}
			conn.Close()
		}
	}()
	err = refused(t, "postgres://smartpool:word@"+listener.Addr().String()+"/pools?sslmode=disable", regtest(t))
	isSentence(t, err, "no session began", "see the server's log")
	if !store.Temporary(err) {
		t.Errorf("%v is final", err)
	}
}
