package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// watched is a daemon that answers guard's questions.
type watched struct {
	*httptest.Server
	mu     sync.Mutex
	status wire.Status
	tip    wire.Tip      // of the mempool
	looked time.Duration // since the mempool was read; negative if the daemon does not say
	spends []wire.Spend
	asked  int    // for the mempool
	moves  func() // after each answer about the mempool, if set
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{tip: wire.Tip{Height: 9, Hash: "9"}}
	w.status = wire.Status{Network: "regtest", Ready: true, Tip: wire.Tip{Height: 9, Hash: "9", Time: time.Now()}, StaleAfter: 24 * 3600}
	position := wire.Position{Pool: "atlas.1"}
	position.Seq, position.Offered, position.Address = 3, 500, "tAddress"
	mux := http.NewServeMux()
	for path, what := range map[string]func() any{
		"/api/v1/status": func() any {
			s := w.status
			s.Now = time.Now()
			return s
		},
		"/api/v1/members/": func() any { return wire.Account{PastelID: "jXmine", Tip: w.tip, Positions: []wire.Position{position}} },
		"/api/v1/mempool": func() any {
			w.asked++
			list := wire.Spends{Tip: w.tip, Items: w.spends}
			if w.looked >= 0 {
				looked := time.Now().Add(-w.looked)
				list.Looked = &looked
			}
			if w.moves != nil {
				w.moves()
			}
			return list
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

// guarded dials the daemon, and sends reports and warnings to out and warned.
func (w *watched) guarded(t *testing.T, out, warned io.Writer) (*Daemon, func(Guarded)) {
	t.Helper()
	r, err := Dial(t.Context(), w.URL, terminal.New(strings.NewReader(""), out, warned, nil, false))
	if err != nil {
		t.Fatal(err)
	}
	return r, func(x Guarded) { fmt.Fprintln(out, x.Text) }
}

// A guard gives no all-clear unless it knows.
func TestGuardOnce(t *testing.T) {
	t.Parallel()
	leaves := wire.Spend{TxID: "t1", Pledge: 3, Leaves: true, Forfeited: 700_000}
	const clear, spent, unknown = 0, 1, 3
	for _, c := range []struct {
		ready  bool
		height pastel.Height
		spends []wire.Spend
		answer int
		says   string
	}{
		{true, 9, nil, clear, "no coins are about to be spent"},
		{true, 9, []wire.Spend{{TxID: "t2", Pledge: 4, Leaves: true}}, clear, "no coins are about to be spent"}, // another member's
		{true, 9, []wire.Spend{leaves}, spent, "the pledge ends; in the next block, that forfeits 7 PSL."},
		{true, 9, []wire.Spend{{TxID: "t3", Pledge: 3, Reduces: true}}, spent, "stays, but offers only what counts."},
		{true, -1, nil, unknown, "unknown whether"},
		{true, -1, []wire.Spend{leaves}, spent, "unknown whether"},
		{false, 9, nil, unknown, "not up to date"},
	} {
		w := newWatched(t)
		w.status.Ready, w.status.Trouble, w.tip.Height, w.spends = c.ready, "syncing", c.height, c.spends
		var out bytes.Buffer
		r, tell := w.guarded(t, &out, &out)
		err := r.Guard(t.Context(), &Guard{IDs: []string{"jXmine"}, Once: true, NoLock: true, Tell: tell})
		answer := clear
		var missed *UnknownError
		switch {
		case errors.As(err, &missed):
			answer = unknown
		case err != nil:
			answer = spent
		}
		if err != nil {
			fmt.Fprintln(&out, err)
		}
		if answer != c.answer || !strings.Contains(out.String(), c.says) {
			t.Errorf("%+v: %v:\n%s", c, err, &out)
		}
		if answer != clear && strings.Contains(out.String(), "no coins are about to be spent") {
			t.Errorf("%+v: an all-clear:\n%s", c, &out)
		}
	}
	w := newWatched(t)
	r, tell := w.guarded(t, io.Discard, io.Discard)
	w.Close()
	if err := r.Guard(t.Context(), &Guard{IDs: []string{"jXmine"}, Once: true, NoLock: true, Tell: tell}); err == nil {
		t.Error("an all-clear from a daemon that is down")
	}
}

// A guard believes its own clock more than a daemon that says it is ready.
func TestFreshGuard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		network    string
		age        time.Duration // of the last block
		staleAfter int64
		says       string // "" for an all-clear
	}{
		"regtest, young":              {"regtest", time.Hour, 24 * 3600, ""},
		"regtest, old":                {"regtest", 25 * time.Hour, 24 * 3600, "more than 24 hours ago"},
		"regtest, a limit of its own": {"regtest", 25 * time.Hour, 48 * 3600, "more than 24 hours ago"},
		"a development node":          {"regtest", 500 * time.Hour, 0, ""},
		"main, young":                 {"main", 80 * time.Minute, 90 * 60, ""},
		"main, old":                   {"main", 100 * time.Minute, 90 * 60, "more than 90 minutes ago"},
		"main, said to be never old":  {"main", 100 * time.Minute, 0, "more than 90 minutes ago"},
		"main, ahead":                 {"main", -3 * time.Hour, 90 * 60, "ahead of this machine's clock"},
	} {
		w := newWatched(t)
		w.status.Network, w.status.Tip.Time, w.status.StaleAfter = c.network, time.Now().Add(-c.age), c.staleAfter
		var out bytes.Buffer
		r, tell := w.guarded(t, &out, &out)
		warned := strings.Contains(out.String(), "not up to date")
		err := r.Guard(t.Context(), &Guard{IDs: []string{"jXmine"}, Once: true, NoLock: true, Tell: tell})
		var unknown *UnknownError
		if c.says == "" && (err != nil || warned) || c.says != "" && (!errors.As(err, &unknown) || !strings.Contains(err.Error(), c.says) || !warned) {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
	}
}

// An all-clear rests on a scan of the mempool that began after the guard asked.
func TestFreshGuardScans(t *testing.T) {
	t.Parallel()
	once := func(w *watched) error {
		r, tell := w.guarded(t, io.Discard, io.Discard)
		return r.Guard(t.Context(), &Guard{IDs: []string{"jXmine"}, Once: true, NoLock: true, Tell: tell})
	}
	w := newWatched(t)
	w.looked = time.Hour
	w.moves = func() { // a spend was sent before the guard asked, and the next scan sees it
		if w.asked == 2 {
			w.looked, w.spends = 0, []wire.Spend{{TxID: "t1", Pledge: 3, Leaves: true}}
		}
	}
	if err := once(w); err == nil || !strings.Contains(err.Error(), "about to be spent (1 pledge checked)") || w.asked != 3 {
		t.Errorf("asked %d times: %v", w.asked, err)
	}
	w = newWatched(t)
	w.looked = -1
	var unknown *UnknownError
	if err := once(w); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "does not say when") {
		t.Error(err)
	}
}

// A continuous guard says when it cannot tell, and when it can again; meanwhile it declares nothing over.
func TestGuardContinues(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx, stop := context.WithCancel(context.Background())
	var out, warned bytes.Buffer
	r, tell := w.guarded(t, &out, &warned)
	done := make(chan error)
	go func() {
		done <- r.Guard(ctx, &Guard{IDs: []string{"jXmine"}, NoLock: true, Every: time.Millisecond, Tell: tell})
	}()
	for _, change := range []func(){
		func() { w.spends = []wire.Spend{{TxID: "t1", Pledge: 3, Leaves: true}} },
		func() { w.tip.Height, w.spends = -1, nil },
		func() { w.tip.Height = 9 },
		func() { w.status.Ready = false },
		func() { w.status.Ready = true },
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
	if lines := strings.Split(out.String(), "\n"); len(lines) != 5 || !strings.Contains(lines[0], "Watching 1 pledge at block 9: 500 PSL in pool atlas.") ||
		!strings.Contains(lines[1], "WARNING: transaction t1") || !strings.Contains(lines[3], "Transaction t1 is no longer waiting") {
		t.Errorf("it reported\n%s", &out)
	}
	var said []string
	for line := range strings.Lines(warned.String()) {
		for _, what := range []string{"unknown whether", "not up to date", "works again"} {
			if strings.Contains(line, what) {
				said = append(said, what)
			}
		}
	}
	if got := strings.Join(said, ", "); got != "unknown whether, works again, not up to date, works again" {
		t.Errorf("it warned\n%s", &warned)
	}
}

// A new block can change what a waiting transaction does to a pledge. The guard reports each change, also from a move to a reduction.
func TestGuardReportsThatAMoveBecomesAReduction(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	var out bytes.Buffer
	r, tell := w.guarded(t, &out, &out)
	g := r.newGuard(&Guard{Tell: tell, NoLock: true, Every: time.Second})
	g.announced, g.watches[3] = true, true
	const moves, reduces, leaves = "Once it is mined, the pledge stays, backed by", "Once it is mined, the pledge stays, but offers only what counts", "Once it is mined, the pledge ends"
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
		if _, err := g.view(context.Background(), []string{"jXmine"}); err != nil {
			t.Fatal(err)
		}
		if told := out.String(); step.says == "" && told != "" || !strings.Contains(told, step.says) {
			t.Errorf("step %d: told %q, want %q", i, told, step.says)
		}
	}
}

// A guard shows a sign of life once in a while, and says when nobody looked for long, as when the machine slept.
func TestGuardShowsSignsOfLife(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	var out bytes.Buffer
	r, tell := w.guarded(t, &out, &out)
	at, looks := time.Now().Round(0), 0
	g := r.newGuard(&Guard{Tell: tell, NoLock: true, Every: 10 * time.Second, Now: func() time.Time { return at }, Look: func(x Look) {
		if x.Pledges != 1 || x.Height != 9 || !x.Well {
			t.Errorf("a look: %+v", x)
		}
		looks++
	}})
	for _, step := range []struct {
		passes time.Duration
		says   string
	}{
		{0, "Watching 1 pledge at block 9: 500 PSL in pool atlas. Looks every 10s until Ctrl-C, locks nothing, and warns of transactions that spend their coins."},
		{10 * time.Second, ""},
		{59 * time.Second, ""},
		{8 * time.Hour, "Looks again: nobody looked for 8h0m0s, as when this machine sleeps.\nStill watching 1 pledge, at block 9."},
		{50 * time.Second, ""},
	} {
		at = at.Add(step.passes)
		out.Reset()
		if _, err := g.view(t.Context(), []string{"jXmine"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(out.String()); got != step.says {
			t.Errorf("after %v: %q, want %q", step.passes, got, step.says)
		}
	}
	for range 90 { // most of an hour
		at = at.Add(40 * time.Second)
		if _, err := g.view(t.Context(), []string{"jXmine"}); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(out.String(), "Still watching"); lines != 1 || looks != 95 {
		t.Errorf("%d signs of life in an hour, %d looks:\n%s", lines, looks, &out)
	}
}

// A single check that is interrupted is no all-clear.
func TestFreshGuardInterrupted(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.looked = time.Hour // it waits for a later scan
	ctx, cancel := context.WithCancel(t.Context())
	w.moves = cancel
	r, tell := w.guarded(t, io.Discard, io.Discard)
	err := r.Guard(ctx, &Guard{IDs: []string{"jXmine"}, Once: true, NoLock: true, Tell: tell})
	var unknown *UnknownError
	if !errors.As(err, &unknown) {
		t.Errorf("interrupted: %v", err)
	}
}

// A daemon that answers about another account is not believed.
func TestLyingDaemonOfAnotherAccount(t *testing.T) {
	t.Parallel()
	r, _ := newWatched(t).guarded(t, io.Discard, io.Discard)
	if _, err := r.AccountOf(t.Context(), "jXother"); err == nil || !strings.Contains(err.Error(), "another account") {
		t.Errorf("an answer about another account: %v", err)
	}
}

// A daemon that fails in the middle of a comparison has nothing told twice, counted twice or forgotten.
func TestGuardTellsALossOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	asked := 0
	rest := w.Config.Handler
	w.Config.Handler = http.HandlerFunc(func(out http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/api/v1/pledges" {
			rest.ServeHTTP(out, q)
			return
		}
		if asked++; asked == 2 {
			http.Error(out, "no", http.StatusInternalServerError)
			return
		}
		page := wire.List[wire.Pledge]{Tip: w.tip, Items: []wire.Pledge{{Seq: 3, Pool: "atlas.1", Outcome: "pledge.left", Ended: &wire.Moment{}}, {Seq: 4, Pool: "beta.1", Outcome: "pledge.left", Ended: &wire.Moment{}}}}
		if err := json.NewEncoder(out).Encode(page); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	r, tell := w.guarded(t, &out, &out)
	g := r.newGuard(&Guard{Tell: tell, NoLock: true, Every: time.Second})
	g.seen["jXmine"] = lastSeen{Account: "jXmine", Height: 9, Pledges: []seenPledge{{Seq: 3, Pool: "atlas.1"}, {Seq: 4, Pool: "beta.1"}}}
	now := map[string]*wire.Account{"jXmine": {PastelID: "jXmine", Tip: wire.Tip{Height: 10}}}
	if err := g.compare(t.Context(), now); err == nil || out.Len() > 0 {
		t.Errorf("the daemon fails: %v; told %q", err, out.String())
	}
	for range 2 {
		if err := g.compare(t.Context(), now); err != nil {
			t.Error(err)
		}
	}
	if lost := strings.Count(out.String(), "LOST:"); lost != 2 || g.losses != 2 {
		t.Errorf("%d of 2 losses told, %d counted:\n%s", lost, g.losses, &out)
	}
}
