package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
)

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.PerSecond = 5 })
	refused := 0
	for range 60 {
		status, body := x.get(t, "/api/v1/statistics")
		if status == http.StatusTooManyRequests {
			refused++
			if !strings.Contains(string(body), "wait a second") {
				t.Errorf("%s", body)
			}
		}
	}
	if refused < 10 || refused == 60 {
		t.Errorf("%d of 60 requests were refused", refused)
	}
}

func TestHeadersAndSizes(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.Origins = []string{"https://pools.example.org"} })
	for origin, allowed := range map[string]string{"https://pools.example.org": "https://pools.example.org", "https://evil.example": "", "null": ""} {
		req, _ := http.NewRequest(http.MethodGet, x.URL+"/api/v1/statistics", nil)
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
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
		"no JSON":       {http.MethodPost, "/api/v1/tickets/check", "{", http.StatusBadRequest},
		"no ticket":     {http.MethodPost, "/api/v1/tickets/check", "{}", http.StatusUnprocessableEntity},
		"unknown field": {http.MethodPost, "/api/v1/tickets/check", `{"ticket":"{}","x":1}`, http.StatusUnprocessableEntity},
	} {
		req, _ := http.NewRequest(c.method, x.URL+c.path, bytes.NewReader([]byte(c.body)))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", what, res.Status, c.want)
		}
	}
}

// An answer is kept until the ledger moves, and a browser that has it is told so.
func TestAnswersAreKeptUntilTheLedgerMoves(t *testing.T) {
	t.Parallel()
	x := start(t, 100, "", nil)
	ask := func(etag string) *http.Response {
		req, _ := http.NewRequest(http.MethodGet, x.URL+"/api/v1/statistics", nil)
		req.Header.Set("If-None-Match", etag)
		res, err := http.DefaultClient.Do(req)
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
