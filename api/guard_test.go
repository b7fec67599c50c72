package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.PerSecond = 1 })
	refused, began := 0, time.Now()
	for range 60 {
		status, body := x.get(t, "/api/v1/statistics")
		if status == http.StatusTooManyRequests {
			refused++
			if !strings.Contains(string(body), "wait a second") {
				t.Errorf("%s", body)
			}
		}
	}
	if served := 60 - refused; served < 4 || served > atMost(began) {
		t.Errorf("of 60 requests %d were served, want 4 to %d", served, atMost(began))
	}
}

// atMost is how many requests of one address may have been served since began at one per second: a burst of four and one per second.
func atMost(began time.Time) int { return 5 + int(time.Since(began).Seconds()) }

func TestHeadersAndSizes(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.Origins = []string{"https://pools.example.org"} })
	for origin, allowed := range map[string]string{"https://pools.example.org": "https://pools.example.org", "https://evil.example": "", "null": ""} {
		req, _ := http.NewRequest(http.MethodGet, x.URL+"/api/v1/statistics", nil)
		req.Header.Set("Origin", origin)
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("origin %s: %q", origin, got)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"} {
			if res.Header.Get(name) == "" {
				t.Errorf("%s is missing", name)
			}
		}
	}
	for what, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"long address":  {http.MethodGet, "/api/v1/events?cursor=" + strings.Repeat("a", 5000), "", http.StatusRequestURITooLong},
		"large body":    {http.MethodPost, "/api/v1/tickets/check", `{"ticket":"` + strings.Repeat("a", 2<<20) + `"}`, http.StatusRequestEntityTooLarge},
		"wrong method":  {http.MethodDelete, "/api/v1/pools", "", http.StatusMethodNotAllowed},
		"no operation":  {http.MethodGet, "/api/v1/nothing", "", http.StatusNotFound},
		"no version":    {http.MethodPost, "/api/", "{}", http.StatusNotFound},
		"no JSON":       {http.MethodPost, "/api/v1/tickets/check", "{", http.StatusBadRequest},
		"no ticket":     {http.MethodPost, "/api/v1/tickets/check", "{}", http.StatusUnprocessableEntity},
		"unknown field": {http.MethodPost, "/api/v1/tickets/check", `{"ticket":"{}","x":1}`, http.StatusUnprocessableEntity},
	} {
		req, _ := http.NewRequest(c.method, x.URL+c.path, bytes.NewReader([]byte(c.body)))
		req.Header.Set("Content-Type", "application/json")
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.want || reason(res.StatusCode, body) == "" {
			t.Errorf("%s: %s, %s, want %d with a reason", what, res.Status, body, c.want)
		}
		if allow := res.Header.Get("Allow"); (allow == http.MethodGet) != (c.want == http.StatusMethodNotAllowed) {
			t.Errorf("%s: allowed is %q", what, allow)
		}
	}
}

// An answer is cached until the ledger moves; a browser that has it receives 304.
func TestAnswersAreKeptUntilTheLedgerMoves(t *testing.T) {
	t.Parallel()
	x := start(t, 100, "", nil)
	ask := func(etag string) *http.Response {
		req, _ := http.NewRequest(http.MethodGet, x.URL+"/api/v1/statistics", nil)
		req.Header.Set("If-None-Match", etag)
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	x.seen(t, 100)
	first := ask("")
	etag := first.Header.Get("ETag")
	if etag == "" || first.StatusCode != http.StatusOK {
		t.Fatalf("%s, ETag %q", first.Status, etag)
	}
	if again := ask(etag); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %s", again.Status)
	}
	x.move(t, 100, 101)
	x.seen(t, 101)
	if moved := ask(etag); moved.StatusCode != http.StatusOK || moved.Header.Get("ETag") == etag {
		t.Errorf("after a block: %s, ETag %s", moved.Status, moved.Header.Get("ETag"))
	}
}

// The ledger leaves a block and returns to it between two polls of the feed. An answer computed meanwhile is not cached: clients would see
// it until the next block.
func TestAnswersOfABlockThatWasLeft(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := filepath.Join(t.TempDir(), "ledger.db")
	var feed *api.Feed
	x := start(t, 105, url, func(cfg *api.Config) {
		r, err := store.OpenReader(ctx, url, cfg.Books.Params(), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		feed = api.NewFeed(r, cfg.Log)
		cfg.Feed = feed
	})
	look := func() {
		t.Helper()
		if err := feed.Look(ctx); err != nil {
			t.Fatal(err)
		}
	}
	height := func() pastel.Height {
		t.Helper()
		var s wire.Statistics
		if status, body := x.ask(t, http.MethodGet, "/api/v1/statistics", "", ""); status != http.StatusOK || json.Unmarshal(body, &s) != nil {
			t.Fatalf("%d %s", status, body)
		}
		return s.Tip.Height
	}
	look()
	x.move(t, 100, 103)
	if h := height(); h != 103 {
		t.Fatalf("the answer is of block %d, want 103", h)
	}
	x.move(t, 103, 105)
	look()
	if h := height(); h != 105 {
		t.Errorf("the answer is of block %d, which the ledger left", h)
	}
	x.move(t, 105, 106)
	if h := height(); h != 105 {
		t.Errorf("the answer is of block %d: answers of the feed's last block must be cached", h)
	}
}

// Behind a proxy each client has its own limit and cannot evade it by forging the header. Without a proxy the header has no effect.
func TestProxies(t *testing.T) {
	t.Parallel()
	proxied := start(t, 10, "", func(c *api.Config) {
		c.PerSecond, c.Proxies = 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	direct := start(t, 10, "", func(c *api.Config) { c.PerSecond = 1 })
	ask := func(x *site, forwarded string) bool {
		status, _ := x.get(t, "/api/v1/statistics", "X-Forwarded-For", forwarded)
		return status == http.StatusOK
	}
	count := func(x *site, forwarded func(int) string) (served, most int) {
		began := time.Now()
		for i := range 100 {
			if ask(x, forwarded(i)) {
				served++
			}
		}
		return served, atMost(began)
	}
	if n, _ := count(proxied, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }); n != 100 {
		t.Errorf("only %d of 100 clients were served", n)
	}
	if n, most := count(proxied, func(i int) string { return fmt.Sprintf("203.0.113.%d, 198.51.100.1, 10.1.1.1", i) }); n > most {
		t.Errorf("one client that forges addresses was served %d times", n)
	}
	if n, most := count(proxied, func(i int) string { return fmt.Sprintf("2001:db8::%x", i+1) }); n > most {
		t.Errorf("one IPv6 network was served %d times", n)
	}
	if n, most := count(direct, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }); n > most {
		t.Errorf("without a proxy one client was served %d times", n)
	}
}

// The cache key is the request itself, whatever headers it has. HEAD shares the answer of GET.
func TestAnswersAreKeptOnce(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", nil)
	first := map[string]string{}
	for i, header := range []string{"application/json", "text/html", strings.Repeat("a", 1000)} {
		status, body := x.get(t, "/api/v1/pools", "Accept", header)
		if status != http.StatusOK || i > 0 && string(body) != first["body"] {
			t.Errorf("Accept %.20s: %d %s", header, status, body)
		}
		first["body"] = string(body)
	}
	res, err := x.Client().Head(x.URL + "/api/v1/pools")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("ETag") == "" {
		t.Errorf("HEAD: %s %v", res.Status, res.Header)
	}
}

// Heights do not overflow.
func TestHeightsAreBounded(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", nil)
	for _, path := range []string{"blocks/4294967301", "blocks/4294967301/pools", "events?from=4294967297", "pledges?at=4294967299", "stream?from=4294967299"} {
		if status, body := x.get(t, "/api/v1/"+path); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// A daemon that stops ends the requests under way with an answer that HTTP knows and clients try again after. They used to get 499, or an
// empty body with 200 if they waited for another client's answer.
func TestRequestsOfADaemonThatStops(t *testing.T) {
	t.Parallel()
	x := start(t, 150, "", nil)
	busy, release := make(chan struct{}), make(chan struct{})
	_, r, _ := ledgertest.Open(t, x.blocks, 10, filepath.Join(t.TempDir(), "ledger.db"))
	waits := api.NewAnswers(api.NewFeed(r, slog.New(slog.DiscardHandler)), func() string { return "" }, api.DefaultCache).Keep(http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) {
			close(busy)
			<-release
		}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		waits.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/v1/pools", nil))
	}()
	<-busy
	over, stop := context.WithCancel(context.Background())
	stop()
	for what, handler := range map[string]http.Handler{"asks the database": x.Config.Handler, "waits for another's answer": waits} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(over, http.MethodGet, "/api/v1/pools", nil))
		if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "the daemon is stopping") {
			t.Errorf("a request that %s: %d %s", what, answer.Code, answer.Body)
		}
	}
	close(release)
	<-done
}

// A handler that cannot go on breaks the connection: nobody takes a part of an answer for all of it. One with a bug is answered.
func TestAnswersBreakOff(t *testing.T) {
	t.Parallel()
	s := api.New(api.Config{Books: &books.Books{}, Feed: api.NewFeed(nil, nil), Log: slog.New(slog.DiscardHandler)})
	s.Handle("/part", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(bytes.Repeat([]byte("a"), 10_000))
		panic(http.ErrAbortHandler)
	}))
	s.Handle("/bug", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }))
	x := httptest.NewServer(s.Handler())
	defer x.Close()
	res, err := x.Client().Get(x.URL + "/part")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("a part of an answer passes for all of it")
	}
	if res, err = x.Client().Get(x.URL + "/bug"); err != nil || res.StatusCode != http.StatusInternalServerError {
		t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
}
