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
	ready  bool
	tip    wire.Tip // of the mempool
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
		w.ready, w.tip.Height, w.spends = c.ready, c.height, c.spends
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
	if lines := strings.Split(out.String(), "\n"); len(lines) != 4 || !strings.Contains(lines[0], "WARNING: transaction t1") ||
		!strings.Contains(lines[2], "Transaction t1 is no longer waiting") {
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
	g := &guard{r: r, report: tell, warned: map[string]wire.Spend{}}
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
