package pgtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	one, two := connect(t, pgtest.Open(t)), connect(t, pgtest.Open(t))
	for _, c := range []*pgx.Conn{one, two} {
		if _, err := c.Exec(context.Background(), "CREATE TABLE only_here (n INTEGER)"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsCommittedOutlivesACrashOfTheServer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := pgtest.NewServer(t)
	url := s.Database(t)
	c := connect(t, url)
	if _, err := c.Exec(ctx, "CREATE TABLE numbers AS SELECT 7 AS n"); err != nil {
		t.Fatal(err)
	}
	s.DisconnectAll(t)
	if _, err := c.Exec(ctx, "SELECT 1"); err == nil {
		t.Error("the session lives on")
	}
	s.Stop(t)
	s.Stop(t)
	if _, err := pgx.Connect(ctx, url); err == nil {
		t.Error("the stopped server answers")
	}
	s.Start(t)
	var n int
	if err := connect(t, url).QueryRow(ctx, "SELECT n FROM numbers").Scan(&n); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
}

const childOf = "SMARTPOOL_PGTEST_CHILD"

func TestTheServerDiesWithAKilledProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv(childOf) != "" {
		fmt.Printf("url %s\n", pgtest.Open(t))
		_, err := io.ReadAll(os.Stdin) // nothing comes: it stays until it is killed
		t.Fatal("not killed", err)
	}
	pgtest.Open(t) // fails or skips for want of PostgreSQL
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), childOf+"=1")
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	var url string
	for url == "" {
		var word string
		if _, err := fmt.Fscan(stdout, &word); err != nil {
			t.Fatal(err, output.String())
		}
		output.WriteString(word + " ")
		if strings.HasPrefix(word, "postgres://") {
			url = word
		}
	}
	connect(t, url)
	child.Process.Kill()
	child.Wait()
	const patience, pause = 5 * time.Minute, 10 * time.Millisecond
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp); time.Sleep(pause) {
		c, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return
		}
		c.Close(context.Background())
	}
	t.Error("the server lives on")
}

// TestTroubles kills, freezes and revives a server on a folder that the test chose to prepare.
func TestTroubles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	prepared := ""
	s := pgtest.NewServerIn(t, func(folder string) error {
		prepared = folder
		return nil
	})
	if _, err := os.Stat(prepared); err != nil {
		t.Error(err)
	}
	url := s.Database(t)
	lost := connect(t, url)
	// Each kill hits one session, perhaps that which made the database and is about to end. The server then ends the others.
	const patience = 5 * time.Minute
	if !s.KillSession(t) {
		t.Fatal("no session was killed")
	}
	for giveUp := time.Now().Add(patience); ; s.KillSession(t) {
		if _, err := lost.Exec(ctx, "SELECT 1"); err != nil {
			break
		}
		if time.Now().After(giveUp) {
			t.Fatal("the killed session answers")
		}
	}
	s.Revive(t)
	c := connect(t, url)
	s.Freeze(t)
	frozen, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := c.Ping(frozen); err == nil {
		t.Error("the frozen server answers")
	}
	s.Thaw(t)
	connect(t, url)
	s.Kill(t)
	s.Kill(t)
	if _, err := pgx.Connect(ctx, url); err == nil {
		t.Error("the killed server answers")
	}
	s.Revive(t)
	if err := connect(t, url).Ping(ctx); err != nil {
		t.Error(err)
	}
}

// A kept cluster holds what it held when the server starts again.
func TestKept(t *testing.T) {
	t.Parallel()
	if os.Getenv("SMARTPOOL_WITHOUT_POSTGRES") == "1" {
		t.Skip("SMARTPOOL_WITHOUT_POSTGRES is set")
	}
	folder, err := os.MkdirTemp("", "kept") // t.TempDir's parents let no other user pass
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for n := range 2 {
		s, err := pgtest.Kept(filepath.Join(folder, "cluster"))
		if err != nil {
			t.Fatal(err)
		}
		url, err := s.Named("ledger")
		if err != nil {
			t.Fatal(err)
		}
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		var rows int
		if _, err := c.Exec(ctx, "CREATE TABLE IF NOT EXISTS starts (n INTEGER)"); err != nil {
			t.Fatal(err)
		}
		if err := c.QueryRow(ctx, "SELECT count(*) FROM starts").Scan(&rows); err != nil || rows != n {
			t.Fatalf("start %d finds %d rows, %v", n, rows, err)
		}
		if _, err := c.Exec(ctx, "INSERT INTO starts VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Close(ctx), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
