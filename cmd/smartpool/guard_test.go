package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// watched is a daemon that answers what guard asks.
type watched struct {
	*httptest.Server
	mu     sync.Mutex
	ready  bool
	tip    wire.Tip // that the mempool was looked at
	spends []wire.Spend
	asked  int // for the mempool
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{ready: true, tip: wire.Tip{Height: 9}}
	position := wire.Position{Pool: "atlas.1"}
	position.Seq, position.Offered, position.Address = 3, 500, "tAddress"
	mux := http.NewServeMux()
	for path, what := range map[string]func() any{
		"/api/v1/status":   func() any { return wire.Status{Network: "regtest", Ready: w.ready, Trouble: "syncing"} },
		"/api/v1/members/": func() any { return wire.Account{Positions: []wire.Position{position}} },
		"/api/v1/mempool": func() any {
			w.asked++
			return wire.List[wire.Spend]{Tip: w.tip, Items: w.spends}
		},
	} {
		mux.HandleFunc(path, func(out http.ResponseWriter, _ *http.Request) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if err := json.NewEncoder(out).Encode(what()); err != nil {
				t.Error(err)
			}
		})
	}
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w
}

// guard gives no all-clear that it does not have.
func TestGuardOnce(t *testing.T) {
	t.Parallel()
	leaves := wire.Spend{TxID: "t1", Pledge: 3, Leaves: true, Forfeited: 700_000}
	for _, c := range []struct {
		ready  bool
		height pastel.Height
		spends []wire.Spend
		code   int
		says   string
	}{
		{true, 9, nil, exitOK, "no coins are about to be spent"},
		{true, 9, []wire.Spend{{TxID: "t2", Pledge: 4, Leaves: true}}, exitOK, "no coins are about to be spent"}, // somebody else's
		{true, 9, []wire.Spend{leaves}, exitNo, "the pledge leaves; in the next block that loses 7 PSL."},
		{true, 9, []wire.Spend{{TxID: "t3", Pledge: 3, Reduces: true}}, exitNo, "stays, but offers no more than what counts."},
		{true, -1, nil, exitUnknown, "is not known"},
		{true, -1, []wire.Spend{leaves}, exitNo, "is not known"},
		{false, 9, nil, exitUnknown, "not up to date"},
	} {
		w := newWatched(t)
		w.ready, w.tip.Height, w.spends = c.ready, c.height, c.spends
		var out bytes.Buffer
		code := run([]string{"guard", "jXmine", "--once", "--no-lock", "--api", w.URL}, strings.NewReader(""), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%+v: exit code %d:\n%s", c, code, &out)
		}
		if code != exitOK && strings.Contains(out.String(), "no coins are about to be spent") {
			t.Errorf("%+v: an all-clear:\n%s", c, &out)
		}
	}
	w := newWatched(t)
	w.Close()
	var out bytes.Buffer
	if code := run([]string{"guard", "jXmine", "--once", "--no-lock", "--api", w.URL}, strings.NewReader(""), &out, &out); code == exitOK {
		t.Errorf("a daemon that is away: exit code %d:\n%s", code, &out)
	}
}

// A guard that goes on says so when it stops to know, and when it knows again; what it does not know is not over.
func TestGuardGoesOn(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx, stop := context.WithCancel(context.Background())
	var out, warned bytes.Buffer
	c, e := guardCmd{NoLock: true, Every: time.Millisecond}, &terminal.Terminal{Out: &out, Err: &warned}
	c.API, c.ID = w.URL, []string{"jXmine"}
	r, err := c.dial(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- c.Run(ctx, e, r) }()
	for _, change := range []func(){
		func() { w.spends = []wire.Spend{{TxID: "t1", Pledge: 3, Leaves: true}} },
		func() { w.tip.Height, w.spends = -1, nil },
		func() { w.tip.Height = 9 },
		func() { w.ready = false },
		func() { w.ready = true },
	} {
		w.mu.Lock()
		change()
		until := w.asked + 3
		w.mu.Unlock()
		for asked := 0; asked < until; time.Sleep(time.Millisecond) {
			w.mu.Lock()
			asked = w.asked
			w.mu.Unlock()
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if lines := strings.Split(out.String(), "\n"); len(lines) != 4 || !strings.Contains(lines[0], "MIND: transaction t1") ||
		!strings.Contains(lines[2], "Transaction t1 waits no more") {
		t.Errorf("it told\n%s", &out)
	}
	var said []string
	for line := range strings.Lines(warned.String()) {
		for _, what := range []string{"is not known", "not up to date", "works again"} {
			if strings.Contains(line, what) {
				said = append(said, what)
			}
		}
	}
	if got := strings.Join(said, ", "); got != "is not known, works again, not up to date, works again" {
		t.Errorf("it warned\n%s", &warned)
	}
}

// What a waiting transaction does to a pledge can change with the block before it: each change is told, and that a move became a reduction too.
func TestGuardTellsThatAMoveBecomesAReduction(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	var out bytes.Buffer
	c, e := guardCmd{NoLock: true}, &terminal.Terminal{Out: &out, Err: &out}
	c.API = w.URL
	r, err := c.dial(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{e: e, r: r, warned: map[string]wire.Spend{}}
	const moves, reduces, leaves = "Once it is mined the pledge stays, backed by", "Once it is mined the pledge stays, but offers no more than what counts", "Once it is mined the pledge leaves"
	for i, step := range []struct {
		spend wire.Spend
		says  string
	}{
		{wire.Spend{}, moves},
		{wire.Spend{Reduces: true}, reduces},
		{wire.Spend{Reduces: true}, ""},
		{wire.Spend{Leaves: true, Forfeited: 100_000}, leaves},
		{wire.Spend{Reduces: true}, reduces},
		{wire.Spend{}, moves},
	} {
		step.spend.TxID, step.spend.Pledge = "t1", 3
		w.mu.Lock()
		w.spends = []wire.Spend{step.spend}
		w.mu.Unlock()
		out.Reset()
		if _, err := g.look(context.Background(), []string{"jXmine"}); err != nil {
			t.Fatal(err)
		}
		if told := out.String(); step.says == "" && told != "" || !strings.Contains(told, step.says) {
			t.Errorf("step %d: told %q, want %q", i, told, step.says)
		}
	}
}

// A URL is a secret: it need not stand in the command line.
func TestAlertURLFromStandardInput(t *testing.T) {
	t.Parallel()
	var asked struct{ URL string }
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/status", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Network: "regtest", Ready: true})
	})
	mux.HandleFunc("/api/v1/alerts", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		json.NewEncoder(w).Encode(wire.Receipt{ID: "A"})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for in, want := range map[string]int{"https://example.org/t0psecret\n": exitOK, "https://example.org/t0psecret": exitOK, "\n": exitUsage} {
		var out bytes.Buffer
		asked.URL = ""
		code := run([]string{"alerts", "add", "-", "--token", "x", "--api", server.URL}, strings.NewReader(in), &out, &out)
		if code != want || code == exitOK && asked.URL != "https://example.org/t0psecret" || strings.Contains(out.String(), "t0psecret") {
			t.Errorf("%q: exit code %d, URL %q:\n%s", in, code, asked.URL, &out)
		}
	}
}
