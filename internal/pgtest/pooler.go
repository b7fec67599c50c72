package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoPooler = errors.New("PgBouncer is not installed: run apt-get install pgbouncer, or set SMARTPOOL_WITHOUT_POSTGRES=1 to skip these tests")

// Pooled starts a PgBouncer before the server of a database, which ends with the test, and returns the database's URL there. mode is its
// pool_mode; more are lines of its settings.
func Pooled(t testing.TB, database, mode string, more ...string) string {
	t.Helper()
	need(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	const tries = 5 // another process may take the port first
	for range tries {
		var address string
		if address, err = startPooler(t, u, mode, more); err == nil {
			u.Host = address
			return u.String()
		}
	}
	t.Fatal(err)
	return ""
}

// startPooler returns the address of a pooler that answers.
func startPooler(t testing.TB, server *url.URL, mode string, more []string) (address string, err error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program = "/usr/sbin/pgbouncer"; !exists(program) {
			return "", errNoPooler
		}
	}
	who, err := account()
	if err != nil {
		return "", err
	}
	folder, err := newFolder(who, onItsDisk)
	if err != nil {
		return "", err
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	port, err := freePort()
	if err != nil {
		return "", err
	}
	password, _ := server.User.Password()
	users, settings, log := filepath.Join(folder, "users"), filepath.Join(folder, "pgbouncer.ini"), filepath.Join(folder, "log")
	text := fmt.Sprintf("[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
		"auth_type = scram-sha-256\nauth_file = %s\npool_mode = %s\n", server.Hostname(), server.Port(), port, users, mode)
	for _, line := range more {
		text += line + "\n"
	}
	for path, content := range map[string]string{
		users: fmt.Sprintf("%q %q\n", server.User.Username(), password), settings: text,
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return "", err
		}
		if who != nil {
			if err := os.Chown(path, int(who.Uid), int(who.Gid)); err != nil {
				return "", err
			}
		}
	}
	p, err := start(who, folder, log, program, settings)
	if err != nil {
		return "", fmt.Errorf("start PgBouncer: %w", err)
	}
	t.Cleanup(func() {
		if err := p.quit(); err != nil {
			t.Error(err)
		}
	})
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return address, p.answersAt(address, log)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// answersAt waits until a process accepts connections.
func (p *process) answersAt(address, log string) error {
	const patience, pause = time.Minute, 5 * time.Millisecond
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-p.done:
			return withLog(fmt.Errorf("it ended: %w", p.err), log)
		case <-time.After(pause):
		}
	}
	return withLog(errNotReady, log)
}

// Idle waits until no session of a database does or holds anything.
func Idle(t testing.TB, database string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for n := -1; n != 0; {
		const others = `SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database
			WHERE datname = current_database())`
		if err := c.QueryRow(ctx, others).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}
