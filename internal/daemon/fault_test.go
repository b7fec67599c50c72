package daemon_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// badLine sits between daemon and node and corrupts some of the answers.
type badLine struct {
	proxy  *httputil.ReverseProxy
	random *rand.Rand
	turn   chan struct{} // guards random
	spoilt atomic.Int64
	good   atomic.Bool // no more corruption
}

func newBadLine(t *testing.T, target string) (*badLine, string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := &badLine{proxy: httputil.NewSingleHostReverseProxy(u), random: rand.New(rand.NewPCG(seed, 0)), turn: make(chan struct{}, 1)}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, server.URL
}

func (l *badLine) draw() int {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	return l.random.IntN(100)
}

func (l *badLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := l.draw()
	if l.good.Load() || kind >= 8 {
		l.proxy.ServeHTTP(w, r)
		return
	}
	l.spoilt.Add(1)
	answer := httptest.NewRecorder()
	l.proxy.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	switch kind {
	case 0: // cut off
		w.Header().Set("Content-Length", "100000")
		w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case 1: // empty
		panic(http.ErrAbortHandler)
	case 2: // garbage
		w.Write(bytes.Repeat([]byte{0xff, '{', '"'}, 50))
	case 3: // a proxy's page
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html>502 Bad Gateway</html>")
	case 4: // another block, or another number
		w.Header().Set("Content-Type", "application/json")
		w.Write(bytes.Map(func(r rune) rune { // change every digit
			if r >= '0' && r < '9' {
				return r + 1
			}
			return r
		}, body))
	case 5: // warming up
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, `{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":1}`)
	case 6: // short, valid JSON
		io.WriteString(w, `{"result":null,"error":null,"id":1}`)
	case 7: // cut inside a block, but complete as HTTP
		w.Write(body[:len(body)*2/3])
	}
}

// Whatever the connection to the node does to answers, the ledger ends up right.
func TestBadLine(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	state, _ := replayed(t, blocks)
	n := newNode(t)
	n.submit(blocks[:100])
	line, address := newBadLine(t, n.server.URL)
	line.good.Store(true) // until the first check has passed, because a wrong node is refused permanently
	cfg := n.settings(t.TempDir(), "")
	cfg.Node = address
	d := start(t, cfg)
	d.synced(n)
	line.good.Store(false)
	for from := 100; from < len(blocks); from += 40 {
		n.submit(blocks[from:min(from+40, len(blocks))])
		for line.spoilt.Load() < int64(from/20) {
			select {
			case err := <-d.done:
				t.Fatalf("the daemon gave up: %v", err)
			case <-time.After(time.Millisecond):
			}
		}
	}
	line.good.Store(true)
	d.synced(n)
	d.Ledger().View(func(s *pool.State) {
		if !bytes.Equal(s.Encode(), state.Encode()) {
			t.Error("the state is not the replay's")
		}
	})
	d.end()
	t.Logf("%d answers were spoilt", line.spoilt.Load())
}

func TestNodeRestarts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	n := newNode(t)
	d := start(t, n.settings(t.TempDir(), ""))
	address := strings.TrimPrefix(n.server.URL, "http://")
	for from := 0; from < len(blocks); from += 105 {
		n.stop()
		n.start(address) // with another password in its cookie
		n.submit(blocks[from:min(from+105, len(blocks))])
		d.synced(n)
	}
	d.end()
}

// One daemon writes; another stands by and takes over when the first is killed.
func TestStandBy(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.submit(life(t)[:150])
			database := fresh(t)
			first := spawn(t, n.settings(t.TempDir(), database))
			defer first.kill()
			if !first.saw("synced") {
				t.Fatal("the first daemon ended")
			}
			second := start(t, n.settings(t.TempDir(), database))
			if _, err := store.Open(context.Background(), database, regtest(t)); err == nil || !strings.Contains(err.Error(), "another process") {
				t.Errorf("the database is open to a second writer: %v", err)
			}
			if second.Ledger() != nil {
				t.Error("the second daemon has the books open")
			}
			first.kill()
			second.synced(n)
			second.end()
		})
	}
}

func TestPostgresGoesAway(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	server := pgtest.NewServer(t)
	database := server.Database(t)
	n := newNode(t)
	cfg := n.settings(t.TempDir(), database)
	cfg.Metrics = freeAddress(t)
	d := start(t, cfg)
	fed := 0
	for i := range 6 {
		n.submit(blocks[fed:min((i+1)*70, len(blocks))])
		fed = (i + 1) * 70
		switch i % 3 {
		case 0:
			d.synced(n)
			server.DisconnectAll(t)
		case 1:
			server.DisconnectAll(t)
		case 2:
			server.Stop(t)
			n.submit(blocks[fed : fed+1]) // it must wait
			d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "the database")
			server.Start(t)
		}
	}
	d.synced(n)
	d.end()
	if diff := n.unlikeUndisturbed(t, database, pgtest.Open(t)); diff != "" {
		t.Errorf("the tables differ: %s", diff)
	}
}

// A block waits while another process holds the database, and the daemon reports that until the block is stored.
func TestDatabaseIsHeld(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	n := newNode(t)
	n.submit(blocks[:100])
	cfg := n.settings(t.TempDir(), filepath.Join(t.TempDir(), "ledger.db"))
	cfg.Metrics = freeAddress(t)
	ready := "http://" + cfg.Metrics + "/readyz"
	d := start(t, cfg)
	d.synced(n)
	d.answers(ready, http.StatusOK, "ready")
	ctx := context.Background()
	db := openSQL(t, cfg.Database)
	defer db.Close()
	other, err := db.Conn(ctx)
	for _, statement := range []string{"PRAGMA busy_timeout = 300000", "BEGIN IMMEDIATE"} { // the daemon's alerts write, too
		if err == nil {
			_, err = other.ExecContext(ctx, statement)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	n.submit(blocks[100:101])
	d.answers(ready, http.StatusServiceUnavailable, "the database has not stored the last block yet")
	if _, err := other.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	d.synced(n)
	d.answers(ready, http.StatusOK, "ready")
	d.end()
}

func TestCleanShutdown(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t))
	database := filepath.Join(t.TempDir(), "ledger.db")
	c := spawn(t, n.settings(t.TempDir(), database))
	if !c.saw("ledger loaded") {
		t.Fatal("the daemon ended")
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for c.logs.Scan() {
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
	s, err := store.Open(context.Background(), database, regtest(t))
	if err != nil {
		t.Fatalf("the database is not free: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if leftover, _ := filepath.Glob(database + "-wal"); len(leftover) > 0 {
		t.Error("the write-ahead log was not folded in")
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	good := func() daemon.Config {
		return daemon.Config{Data: "data", Network: "regtest", ShadowFrom: -1, Node: "http://127.0.0.1:1", Poll: time.Second}
	}
	for want, spoil := range map[string]func(*daemon.Config){
		"choose one of main":                                   func(c *daemon.Config) { c.Network = "mainnet" },
		"does not enforce the rules yet":                       func(c *daemon.Config) { c.Network = "" },
		"omit --shadow-from":                                   func(c *daemon.Config) { c.ShadowFrom = 5 },
		"fork Pools is":                                        func(c *daemon.Config) { c.Network, c.ShadowFrom = "main", 1<<30 },
		"data: empty; name a folder":                           func(c *daemon.Config) { c.Data = "" },
		"poll: 0s":                                             func(c *daemon.Config) { c.Poll = 0 },
		"metrics: \"0.0.0.0:9733\"":                            func(c *daemon.Config) { c.Metrics = "0.0.0.0:9733" },
		"node-api: \"localhost\"":                              func(c *daemon.Config) { c.NodeAPI = "localhost" },
		"dev-rpc: \"\"":                                        func(c *daemon.Config) { c.Dev, c.DevRPC = true, "x" },
		"dev: a development node":                              func(c *daemon.Config) { c.Dev, c.DevRPC, c.Network, c.ShadowFrom = true, "127.0.0.1:0", "main", 7 },
		"use either --dev or --node-api":                       func(c *daemon.Config) { c.Dev, c.DevRPC, c.NodeAPI = true, "127.0.0.1:0", "127.0.0.1:0" },
		"dev-mine: only a development node":                    func(c *daemon.Config) { c.DevMine = time.Second },
		"dev-mine: 1ns":                                        func(c *daemon.Config) { c.Dev, c.DevRPC, c.DevMine = true, "127.0.0.1:0", 1 },
		"127.0.0.1:9932\" is not a URL":                        func(c *daemon.Config) { c.Node = "127.0.0.1:9932" },
		"more than host and port":                              func(c *daemon.Config) { c.Node += "/other" },
		"only one is set":                                      func(c *daemon.Config) { c.NodeUser = "me" },
		"metrics: \"127.0.0.1\" is not an address with a port": func(c *daemon.Config) { c.Metrics = "127.0.0.1" },
		"api and node-api both use":                            func(c *daemon.Config) { c.API, c.NodeAPI = "127.0.0.1:9734", "127.0.0.1:9734" },
		"node-api and metrics both use":                        func(c *daemon.Config) { c.NodeAPI, c.Metrics = "127.0.0.1:9733", "127.0.0.1:9733" },
		"member-alerts: a read-only daemon":                    func(c *daemon.Config) { c.MemberAlerts, c.ReadOnly, c.API = 1, true, "127.0.0.1:0" },
		"member-alerts: requests come through":                 func(c *daemon.Config) { c.MemberAlerts = 1 },
		"member-url: members sign it":                          func(c *daemon.Config) { c.MemberAlerts, c.API = 1, "127.0.0.1:0" },
		"post-tickets: it is off":                              func(c *daemon.Config) { c.PostFor = "jX" },
		"post-tickets: a read-only daemon":                     func(c *daemon.Config) { c.PostTickets, c.ReadOnly, c.API = true, true, "127.0.0.1:0" },
		"post-tickets: omit it in a shadow":                    func(c *daemon.Config) { c.PostTickets, c.Network, c.ShadowFrom = true, "main", 7 },
		"post-tickets: tickets come through":                   func(c *daemon.Config) { c.PostTickets = true },
		"the daemon follows no node whose": func(c *daemon.Config) {
			c.PostTickets, c.PostBudget, c.API, c.NodeAPI = true, 20, "127.0.0.1:0", "127.0.0.1:0"
		},
		"post-wallet: its user, password": func(c *daemon.Config) {
			c.PostTickets, c.PostBudget, c.API, c.PostWalletCookie = true, 20, "127.0.0.1:0", "x"
		},
		"metrics and dev-rpc both use": func(c *daemon.Config) {
			c.Dev, c.DevRPC, c.Metrics = true, "127.0.0.1:9733", "127.0.0.1:9733"
		},
	} {
		cfg := good()
		spoil(&cfg)
		err := cfg.Check()
		if want == "dev-rpc: \"\"" {
			want = "dev-rpc: \"x\""
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v", want, err)
		}
	}
	cfg := good()
	cfg.API, cfg.NodeAPI, cfg.Metrics = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0" // any ports
	if err := cfg.Check(); err != nil {
		t.Errorf("the good settings are refused: %v", err)
	}
}

// A daemon that cannot work says so immediately, in one sentence, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:5])
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for name, c := range map[string]struct {
		spoil func(*daemon.Config)
		want  string
	}{
		"wrong network":        {func(c *daemon.Config) { c.Network, c.ShadowFrom = "testnet", 5 }, "regtest"},
		"wrong password":       {func(c *daemon.Config) { c.NodeCookie, c.NodeUser, c.NodePassword = "", "user", "guess" }, "password"},
		"no database":          {func(c *daemon.Config) { c.Database = text }, text},
		"unreachable":          {func(c *daemon.Config) { c.Database = "postgres://unprivileged@127.0.0.1:1/none?connect_timeout=1" }, "127.0.0.1"},
		"data is a file":       {func(c *daemon.Config) { c.Data = text }, "--data"},
		"metrics in use":       {func(c *daemon.Config) { c.Metrics = taken.Addr().String() }, "--metrics"},
		"no database, no node": {func(c *daemon.Config) { c.Database, c.Node = text, "http://127.0.0.1:1" }, text},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := n.settings(t.TempDir(), "")
			c.spoil(&cfg)
			d := start(t, cfg)
			select {
			case err := <-d.done:
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "guess") {
					t.Errorf("got %v", err)
				}
			case <-time.After(patience):
				t.Error("the daemon goes on")
			}
		})
	}
}

// If a node goes away while followed, the log, /readyz and public answers report it as unreachable. The daemon follows it again once it is
// back.
func TestNodeIsAwayWhileFollowing(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:20])
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams, cfg.Metrics = "127.0.0.1:0", 10, freeAddress(t)
	logs := new(journal)
	d := startLogging(t, cfg, logs)
	t.Cleanup(d.end)
	d.synced(n)
	api, ready := d.api(), "http://"+cfg.Metrics+"/readyz"
	d.answers(ready, http.StatusOK, "ready")
	n.stop()
	d.answers(ready, http.StatusServiceUnavailable, "node unreachable: ")
	d.answers(api+"/api/v1/status", http.StatusOK, `"trouble":"node unreachable"`)
	logs.holds(d, "node unreachable; retrying")
	if logs.has("invalid response from the node") {
		t.Errorf("a node that is away is taken for a wrong one:\n%s", logs)
	}
	n.start(strings.TrimPrefix(n.server.URL, "http://"))
	d.answers(ready, http.StatusOK, "ready")
	logs.holds(d, "following the node again")
}

// A node that gives invalid responses while followed is not reported as unreachable.
func TestNonsenseIsNotAway(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:20])
	var nonsense atomic.Bool
	to, err := url.Parse(n.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if nonsense.Load() {
			io.WriteString(w, "<html>a page</html>")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(line.Close)
	cfg := n.settings(t.TempDir(), "")
	cfg.Node, cfg.Metrics = line.URL, freeAddress(t)
	logs := new(journal)
	d := startLogging(t, cfg, logs)
	t.Cleanup(d.end)
	d.synced(n)
	nonsense.Store(true)
	d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "invalid response from the node; see")
	logs.holds(d, "invalid response from the node; retrying")
	if logs.has("unreachable") {
		t.Errorf("a wrong node is taken for one that is away:\n%s", logs)
	}
}

// The daemon waits for an unreachable node, and stops waiting on request.
func TestNodeAway(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	cfg := n.settings(t.TempDir(), "")
	cfg.Node, cfg.Metrics = "http://"+freeAddress(t), freeAddress(t)
	d := start(t, cfg)
	for {
		status, body := get(t, "http://"+cfg.Metrics+"/readyz")
		if status == http.StatusServiceUnavailable && strings.Contains(body, "node unreachable") {
			break
		}
		select {
		case err := <-d.done:
			t.Fatalf("the daemon ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	d.end()
}
