package daemon_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver
	_ "modernc.org/sqlite"             // database/sql driver

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// childEnv makes the test binary run as a daemon, with the settings in this variable, which tests can kill.
const childEnv = "SMARTPOOLD_TEST_SETTINGS"

// children are what the test binary is when an environment variable is set, instead of tests.
var children = map[string]func(ctx context.Context, setting string) error{childEnv: runDaemon}

func TestMain(m *testing.M) {
	for name, run := range children {
		setting := os.Getenv(name)
		if setting == "" {
			continue
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := run(ctx, setting)
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	http.DefaultClient.Timeout = patience // limits how long alerts wait for receivers
	os.Exit(m.Run())
}

func runDaemon(ctx context.Context, settings string) error {
	var cfg daemon.Config
	if err := json.Unmarshal([]byte(settings), &cfg); err != nil {
		return err
	}
	d, err := daemon.New(cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	if file := os.Getenv(clockEnv); file != "" {
		d.SetClock(func() time.Time { return stepped(time.Now(), readStep(file)) })
	}
	return d.Run(ctx)
}

func regtest(t testing.TB) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// life returns the blocks of the chain recorded from a real node.
func life(t testing.TB) [][]byte { return chaintest.Blocks(t, "life") }

// node is a development node without rules, so that tests can feed it the recorded chain.
type node struct {
	*devnode.Node
	t      testing.TB
	dir    string
	server *devnode.Server
}

func newNode(t testing.TB) *node {
	t.Helper()
	n := &node{t: t, dir: t.TempDir()}
	n.start("127.0.0.1:0")
	t.Cleanup(n.stop)
	return n
}

func (n *node) start(address string) {
	n.t.Helper()
	var err error
	if n.Node, err = devnode.Open(context.Background(), devnode.Config{Dir: n.dir, Network: regtest(n.t).Network}); err != nil {
		n.t.Fatal(err)
	}
	if n.server, err = n.Serve(address, n.dir); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	n.server.Close(ctx)
	if err := n.Close(); err != nil {
		n.t.Error(err)
	}
}

func (n *node) submit(blocks [][]byte) {
	n.t.Helper()
	for _, raw := range blocks {
		if err := n.SubmitBlock(context.Background(), raw); err != nil && !errors.Is(err, devnode.ErrDuplicate) {
			n.t.Fatal(err)
		}
	}
}

// patience is how long tests wait before they fail; it does not measure speed.
const patience = 5 * time.Minute

// settings returns those of a daemon that follows the node.
func (n *node) settings(data, database string) daemon.Config {
	return daemon.Config{
		Data: data, Network: "regtest", Database: database, ShadowFrom: -1,
		Node: n.server.URL, NodeCookie: n.server.CookieFile, Poll: 10 * time.Millisecond, TipAge: anyAge,
	}
}

// anyAge is an age that the last block of a recorded chain does not reach.
const anyAge = 100 * 365 * 24 * time.Hour

// running is a daemon in this process.
type running struct {
	*daemon.Daemon
	t    testing.TB
	stop context.CancelFunc
	done chan error
}

// journal is a daemon's log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) has(text string) bool { return strings.Contains(j.String(), text) }

// holds waits until a daemon's log contains a text.
func (j *journal) holds(d *running, text string) {
	d.t.Helper()
	for !j.has(text) {
		select {
		case err := <-d.done:
			d.t.Fatalf("the daemon ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func start(t testing.TB, cfg daemon.Config) *running {
	t.Helper()
	return startLogging(t, cfg, io.Discard)
}

func startLogging(t testing.TB, cfg daemon.Config, logs io.Writer) *running {
	t.Helper()
	d, err := daemon.New(cfg, slog.New(slog.NewTextHandler(logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{d, t, stop, make(chan error, 1)}
	go func() { r.done <- d.Run(ctx) }()
	return r
}

// tipped is a node whose tip can be compared.
type tipped interface {
	Tip() (pastel.Height, pastel.BlockHash)
}

// synced waits until the daemon is at the node's tip.
func (r *running) synced(n tipped) {
	r.t.Helper()
	for {
		height, hash := n.Tip()
		if l := r.Ledger(); l != nil {
			moved := l.Moved()
			if tip := l.Last(); tip.Height == height && tip.Hash == hash {
				return
			}
			select {
			case <-moved:
			case <-time.After(10 * time.Millisecond):
			case err := <-r.done:
				r.t.Fatalf("the daemon ended: %v", err)
			}
			continue
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case err := <-r.done:
			r.t.Fatalf("the daemon ended: %v", err)
		}
	}
}

// end stops the daemon, which must not return an error.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("the daemon ended with %v", err)
	}
}

// child is a daemon in its own process.
type child struct {
	cmd  *exec.Cmd
	logs *bufio.Scanner
}

func spawn(t testing.TB, cfg daemon.Config) *child {
	t.Helper()
	return begin(t, exec.Command(os.Args[0]), cfg)
}

// begin starts a command that becomes a daemon, with more in its environment.
func begin(t testing.TB, cmd *exec.Cmd, cfg daemon.Config, env ...string) *child {
	t.Helper()
	settings, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(append(os.Environ(), childEnv+"="+string(settings)), env...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{cmd, bufio.NewScanner(pipe)}
}

// saw waits for a log line with a text; it returns false if the daemon ends first.
func (c *child) saw(text string) bool {
	for c.logs.Scan() {
		if strings.Contains(c.logs.Text(), text) {
			return true
		}
	}
	return false
}

// kill is kill -9.
func (c *child) kill() {
	c.cmd.Process.Kill()
	for c.logs.Scan() {
	}
	c.cmd.Wait()
}

// databases are the engines, each with a function that returns an empty database.
var databases = map[string]func(t testing.TB) string{
	"SQLite":     func(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") },
	"PostgreSQL": pgtest.Open,
}

// openSQL opens a daemon's database directly.
func openSQL(t testing.TB, database string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if store.IsPostgres(database) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// unlikeUndisturbed returns how a database differs from one that a daemon filled from the same node in one go; "" if it does not.
func (n *node) unlikeUndisturbed(t *testing.T, database, empty string) string {
	t.Helper()
	d := start(t, n.settings(t.TempDir(), empty))
	d.synced(n)
	d.end()
	if got, want := dump(t, database), dump(t, empty); got != want {
		return firstDifference(got, want)
	}
	return ""
}

// dump returns all rows of a database's tables of history and sums, in the order of their columns, and the state that its records load to: which
// splits a pledge's record includes depends on the steps in which the blocks came.
func dump(t testing.TB, database string) string {
	t.Helper()
	db := openSQL(t, database)
	defer db.Close()
	var out strings.Builder
	reader, err := store.OpenReader(t.Context(), database, regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	state, err := reader.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "state %x\n", state.Encode())
	for _, table := range []string{
		"blocks", "events", "pools", "pledges", "pledge_tickets", "names", "claims", "earnings", "payouts", "pool_sums", "network_sums", "network", "operators",
	} {
		rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1, 2, 3")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(targets...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%s", table)
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					v = hex.EncodeToString(b)
				}
				fmt.Fprintf(&out, " %s=%v", columns[i], v)
			}
			out.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// replayed returns the state and the updates that blocks give without node, daemon and database.
func replayed(t testing.TB, blocks [][]byte) (*pool.State, []*pool.Update) {
	t.Helper()
	net := regtest(t)
	state, err := pool.New(net, false)
	if err != nil {
		t.Fatal(err)
	}
	var updates []*pool.Update
	for h, raw := range blocks {
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			t.Fatal(err)
		}
		u, err := state.Apply(pool.Prepare(&net, pastel.Height(h), b))
		if err != nil {
			t.Fatal(err)
		}
		updates = append(updates, u)
	}
	return state, updates
}

// firstDifference shows where two dumps diverge.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			at := 0
			for at < min(len(x[i]), len(y[i])) && x[i][at] == y[i][at] {
				at++
			}
			from := max(0, at-100)
			return fmt.Sprintf("line %d, %.60s, from byte %d:\n%.400s\n%.400s", i, x[i], from, x[i][min(from, len(x[i])):], y[i][min(from, len(y[i])):])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
