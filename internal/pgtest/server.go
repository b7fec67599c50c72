package pgtest

import (
	"context"
	secrets "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server for tests, with its own cluster. It is safe for concurrent use, except Stop and Start.
type Server struct {
	bin      string // folder of the binaries
	folder   string
	who      *syscall.Credential
	password string
	port     int
	settings []string // beyond the server's own
	process  *process // nil while stopped
	last     atomic.Int64
}

// fleeting are the settings of a server whose data ends with it: only a power failure would show that nothing is synced to disk.
var fleeting = []string{"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB"}

// owner is the server's superuser.
const owner = "smartpool"

var errNotReady = errors.New("PostgreSQL does not respond")

// shared is the server for all tests that do not need their own.
var shared = sync.OnceValues(func() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	return newServer(bin, onItsDisk)
})

// Open returns the URL of an empty database on a server shared by all tests of the process. The database is dropped when the test ends.
// Without PostgreSQL the test fails, or is skipped if SMARTPOOL_WITHOUT_POSTGRES=1 is set.
func Open(t testing.TB) string {
	t.Helper()
	need(t)
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := s.empty(t)
	t.Cleanup(func() {
		if err := s.exec(fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}

// NewServer starts a server that ends with the test. Without PostgreSQL it does what Open does.
func NewServer(t testing.TB) *Server {
	t.Helper()
	return NewServerIn(t, onItsDisk)
}

// onItsDisk leaves a server's folder where it is.
func onItsDisk(string) error { return nil }

// NewServerIn is NewServer with a folder that prepare may mount a disk on before the server uses it.
func NewServerIn(t testing.TB, prepare func(folder string) error) *Server {
	t.Helper()
	s, err := newServer(need(t), prepare)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop(t)
		if err := os.RemoveAll(s.folder); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newServer(bin string, prepare func(folder string) error) (*Server, error) {
	who, err := account()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(who, prepare)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder, who: who, settings: fleeting}
	if err := s.create(); err != nil {
		return nil, err
	}
	return s, s.launchAnywhere()
}

// create makes the cluster. Everyone on the machine can reach loopback, and a superuser's session is as good as a shell. Hence the password.
func (s *Server) create() error {
	s.password = secrets.Text()
	secret := filepath.Join(s.folder, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if s.who != nil {
		if err := os.Chown(secret, int(s.who.Uid), int(s.who.Gid)); err != nil {
			return err
		}
	}
	err := run(s.who, s.folder, filepath.Join(s.folder, "initdb.log"), filepath.Join(s.bin, "initdb"), "--pgdata", s.data(),
		"--username", owner, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if err != nil {
		return fmt.Errorf("create a PostgreSQL cluster: %w", err)
	}
	return nil
}

// launchAnywhere launches the server on a free port.
func (s *Server) launchAnywhere() (err error) {
	const tries = 5 // another process may take the port first
	for range tries {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "server.log") }

func (s *Server) url(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(owner, s.password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: database, RawQuery: "sslmode=disable",
	}).String()
}

// Database creates an empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.url(s.empty(t))
}

func (s *Server) empty(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.last.Add(1))
	if err := s.exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return name
}

// DisconnectAll ends all other sessions on the server.
func (s *Server) DisconnectAll(t testing.TB) {
	t.Helper()
	err := s.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
	if err != nil {
		t.Fatal(err)
	}
}

// Run runs a statement as the superuser.
func (s *Server) Run(t testing.TB, statement string) {
	t.Helper()
	if err := s.exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Stop ends the server the way a crash would: uncommitted transactions are lost, committed ones are not. Stopping twice is fine.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.quit(); err != nil {
		t.Fatal(err)
	}
	s.process = nil
}

// MakeStandby makes a stopped server a standby, without a primary to follow, from its next start on.
func (s *Server) MakeStandby(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.data(), "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Start restarts a stopped server on the same port.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

// launch returns once the server answers.
func (s *Server) launch() error {
	args := append([]string{"-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", ""}, s.settings...)
	p, err := start(s.who, s.folder, s.log(), filepath.Join(s.bin, "postgres"), args...)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	const patience, pause = 2 * time.Minute, 20 * time.Millisecond // a slow machine may need time to replay its log
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); {
		if s.exec("SELECT 1") == nil {
			s.process = p
			return nil
		}
		select {
		case <-p.done:
			return withLog(fmt.Errorf("PostgreSQL ended: %w", p.err), s.log())
		case <-time.After(pause):
		}
	}
	return errors.Join(withLog(errNotReady, s.log()), p.quit())
}

// exec runs a statement on a new connection.
func (s *Server) exec(statement string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// freePort returns an unused port of 127.0.0.1, below those that outgoing connections use, so that it stays free while the server is
// stopped.
func freePort() (int, error) {
	const lowest, count, tries = 20000, 12000, 100
	var err error
	for range tries {
		port := lowest + rand.IntN(count)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
