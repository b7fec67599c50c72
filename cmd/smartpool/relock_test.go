package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pool"
)

// restartable is a development node that a test can restart, because no daemon owns it.
type restartable struct {
	*dev
	node   *devnode.Node
	server *devnode.Server
	rules  *chain.Ledger
}

// startRestartable starts a daemon that follows a separate development node.
func startRestartable(t *testing.T) *restartable {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	x := &restartable{dev: &dev{t: t, dir: t.TempDir()}}
	if x.rules, err = chain.OpenLedger(context.Background(), net, false, &chain.Memory{}); err != nil {
		t.Fatal(err)
	}
	x.start("127.0.0.1:0")
	t.Cleanup(x.stop)
	x.at = startDaemon(t, daemon.Config{
		Data: t.TempDir(), Network: net.Name, Node: x.server.URL, NodeCookie: x.server.CookieFile, API: "127.0.0.1:0", APIStreams: 10,
		Poll: 10 * time.Millisecond, ShadowFrom: -1,
	})
	x.at.DevRPC, x.at.DevCookie = x.server.URL, x.server.CookieFile
	return x
}

func (x *restartable) start(address string) {
	x.t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err == nil {
		x.node, err = devnode.Open(context.Background(), devnode.Config{Dir: x.dir, Network: net.Network, Rules: x.rules})
	}
	if err == nil {
		x.server, err = x.node.Serve(address, x.dir)
	}
	if err == nil { // connections of before are of no use
		x.dev.node, err = pasteld.Dial(context.Background(), pasteld.Config{URL: x.server.URL, CookieFile: x.server.CookieFile, Network: net.Network})
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *restartable) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := x.server.Close(ctx); err != nil {
		x.t.Error(err)
	}
	if err := x.node.Close(); err != nil {
		x.t.Error(err)
	}
}

// restart has the wallet forget its locks, at the same address.
func (x *restartable) restart() {
	x.stop()
	x.start(strings.TrimPrefix(x.server.URL, "http://"))
}

// safeBuffer is written by a command while a test reads it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// A wallet that restarts unlocks pledged coins. guard locks them again before it asks the daemon anything, because the daemon may be down.
func TestGuardLocksFirstAfterRestart(t *testing.T) {
	t.Parallel()
	x := startRestartable(t)
	secret, _ := x.atlas()
	alice := x.person(1250)
	x.mine(1)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
	ctx := t.Context()
	pledged, err := x.dev.node.LockedUnspent(ctx)
	if err != nil || len(pledged) != 1 {
		t.Fatalf("locked are %v (%v), want the pledged output", pledged, err)
	}

	var away atomic.Bool
	var looks atomic.Int64
	api := between(t, x.at.API, func(w http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/mempool") {
			looks.Add(1)
		}
		if away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return away.Load()
	})
	var mu sync.Mutex
	var calls []string // of the wallet
	wallet := between(t, x.server.URL, func(_ http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		var call struct{ Method string }
		_ = json.Unmarshal([]byte(body), &call)
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, call.Method)
		return false
	})
	out := new(safeBuffer)
	c, e := guardCmd{Every: 5 * time.Millisecond}, &terminal.Terminal{Out: out, Err: out}
	c.API, c.ID, c.URL, c.Cookie = api, []string{alice}, wallet, x.server.CookieFile
	r, err := c.dial(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	guarding, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.Run(guarding, e, r) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	locked := func() bool {
		list, err := x.dev.node.LockedUnspent(ctx)
		return err == nil && slices.Equal(list, pledged)
	}
	eventually(t, "guard has looked", func() bool { return looks.Load() > 1 })
	for round, gone := range []bool{false, true} {
		away.Store(gone)
		x.restart()
		eventually(t, "the pledged output is locked again", locked)
		eventually(t, "guard tells it", func() bool { return strings.Count(out.String(), "again: the wallet had unlocked it") == round+1 })
	}
	away.Store(false)
	mu.Lock()
	defer mu.Unlock()
	relocks := 0
	for i, method := range calls {
		if method != "lockunspent" {
			continue
		}
		relocks++
		if calls[i-1] != "listlockunspent" {
			t.Errorf("before it locks, guard asks the wallet for %s", calls[i-1])
		}
	}
	if relocks != 2 {
		t.Errorf("guard locks %d times, want once a restart:\n%s", relocks, out)
	}
}

// Before a command pays, it says what it had to lock.
func TestPayingTellsWhatItLocks(t *testing.T) {
	t.Parallel()
	x := startRestartable(t)
	secret, _ := x.atlas()
	alice := x.person(1250)
	x.mine(1)
	const says = "Locked 1 pledged output that the wallet could have spent"
	if out := x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes"); strings.Contains(out, says) {
		t.Errorf("join locks what it pledges itself:\n%s", out)
	}
	key, _ := x.keyFile("key")
	other, _ := x.keyFile("other")
	x.restart()
	x.settle()
	if out := x.does("id", "register", key, "--passphrase-file", secret, "--yes"); !strings.Contains(out, says) {
		t.Errorf("after a restart id register does not say what it locks:\n%s", out)
	}
	if out := x.does("id", "register", other, "--passphrase-file", secret, "--yes"); strings.Contains(out, says) {
		t.Errorf("it reports the same lock twice:\n%s", out)
	}
}
