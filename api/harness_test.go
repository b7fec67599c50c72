package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// patience is how long a test waits before it fails. It does not measure speed.
const patience = 5 * time.Minute

// site is an API on a ledger that the test advances.
type site struct {
	*httptest.Server
	ledger *chain.Ledger
	blocks []*pool.Prepared
	alerts *notify.Service
}

// start serves the recorded chain "life" up to a height. The database is an SQLite file unless a URL is given.
func start(t testing.TB, height pastel.Height, url string, change func(*api.Config)) *site {
	t.Helper()
	return startOn(t, "life", height, url, change)
}

// startOn is start on any recorded chain.
func startOn(t testing.TB, chainName string, height pastel.Height, url string, change func(*api.Config)) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if url == "" {
		url = filepath.Join(t.TempDir(), "ledger.db")
	}
	x := &site{blocks: ledgertest.Recorded(t, chainName)}
	var r *store.Reader
	var s *store.Store
	x.ledger, r, s = ledgertest.Open(t, x.blocks, height, url)
	feed := api.NewFeed(r, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Run(ctx, x.ledger.Moved)
	}()
	alerts, err := s.OpenAlerts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { alerts.Close() })
	x.alerts = notify.New(notify.Config{Alerts: alerts, Ledger: x.ledger, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Members: notify.Members{Most: 10, URL: "https://pools.example.org"}})
	cfg := api.Config{
		Books: books.New(r), Feed: feed, Simulator: x.ledger, Version: "test", Condition: func() string { return "" }, Token: token, Streams: 5000,
		Alerts: func() *notify.Service { return x.alerts }, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	x.Server = httptest.NewUnstartedServer(nil)
	x.Config = api.HTTP(api.New(cfg).Handler(), cfg.Log)
	x.Start()
	t.Cleanup(func() {
		cancel()
		x.CloseClientConnections()
		x.Close()
		<-done
	})
	return x
}

const token = "0123456789abcdef0123456789abcdef"

// move removes blocks above base and applies the recorded ones up to height.
func (x *site) move(t testing.TB, base, height pastel.Height) {
	t.Helper()
	if _, err := x.ledger.Step(context.Background(), base, x.blocks[base+1:height+1]); err != nil {
		t.Fatal(err)
	}
}

// get requests a path with the token and returns status and body.
func (x *site) get(t testing.TB, path string, header ...string) (int, []byte) {
	t.Helper()
	return x.ask(t, http.MethodGet, path, token, "", header...)
}

// ask sends a request, with a token unless it is empty.
func (x *site) ask(t testing.TB, method, path, token, body string, header ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, x.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := x.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// read requests a path, which must succeed.
func read[T any](t testing.TB, x *site, path string) (out T) {
	t.Helper()
	status, body := x.get(t, path)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%s: %v: %s", path, err, body)
	}
	return out
}

// seen waits until the feed notices a block; until then, requests without a token get cached answers.
func (x *site) seen(t testing.TB, height pastel.Height) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var s wire.Statistics
		if status, body := x.ask(t, http.MethodGet, "/api/v1/statistics", "", ""); status == http.StatusOK && json.Unmarshal(body, &s) == nil && s.Tip.Height == height {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the API does not reach block %d", height)
		}
	}
}
