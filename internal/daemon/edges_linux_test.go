package daemon_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// spawnWith starts a daemon in its own process, which may have only so many files open, with more in its environment.
func spawnWith(t *testing.T, files string, cfg daemon.Config, env ...string) *child {
	t.Helper()
	return begin(t, exec.Command("/bin/sh", "-c", `ulimit -n "$1" && exec "$0"`, os.Args[0], files), cfg, env...)
}

// Someone who opens as many connections as possible keeps neither others nor the daemon itself from working.
func TestEdgesConnections(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	blocks := life(t)
	n.submit(blocks[:50])
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams = freeAddress(t), 4096
	c := spawnWith(t, "330", cfg)
	defer c.kill()
	if !c.saw("the limit of open files allows fewer event streams") || !c.saw("API and dashboard") {
		t.Fatal("the daemon does not serve")
	}
	var held []net.Conn
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	came := time.Now()
	for range 400 { // more than the process may have files
		h, err := net.Dial("tcp", cfg.API)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, h)
	}
	other := &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext, DisableKeepAlives: true,
	}}
	n.submit(blocks[50:60])
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		res, err := other.Get("http://" + cfg.API + "/api/v1/statistics")
		if err != nil {
			t.Fatal(err)
		}
		var s struct{ Tip struct{ Height int } }
		err = json.NewDecoder(res.Body).Decode(&s)
		res.Body.Close()
		if err == nil && s.Tip.Height == 59 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the daemon does not get to block 59: %s, %v", res.Status, err)
		}
	}
	// A refusal may take a moment to arrive. 15 seconds after they came, the daemon also drops those that it let in.
	refused := map[net.Conn]bool{}
	for deadline := came.Add(14 * time.Second); len(refused) < 400-74/2; {
		for _, h := range held {
			if err := h.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Read(make([]byte, 1)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				refused[h] = true
			}
		}
		if len(refused) < 400-74/2 && time.Now().After(deadline) { // on a busy machine, the first look may come after it
			t.Fatalf("%d of 400 connections were refused", len(refused))
		}
	}
}

// With too few files the daemon does not start, and says why.
func TestEdgesTooFewFiles(t *testing.T) {
	t.Parallel()
	cfg := newNode(t).settings(t.TempDir(), "")
	cfg.API = "127.0.0.1:0"
	c := spawnWith(t, "300", cfg)
	defer c.kill()
	if !c.saw("raise the limit") {
		t.Error("the daemon does not say that it may open too few files")
	}
}

// Under a base path, every link, style, script, redirect and stream of the pages leads there, whether the proxy passes the path on or not.
func TestEdgesBasePathOfPages(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:260])
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams, cfg.BasePath = "127.0.0.1:0", 10, "/pools/"
	cfg.APIProxies = "127.0.0.1"
	d := start(t, cfg)
	t.Cleanup(d.end)
	d.synced(n)
	api := d.api()
	reaches(t, api, 259)
	link := regexp.MustCompile(` (?:href|src|action|data-path|data-stream)="([^"#]*)`)
	seen, next := map[string]bool{}, []string{"/pools/", "/pools/nothing"}
	for len(next) > 0 && len(seen) < 60 {
		path := next[0]
		next = next[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		if strings.HasSuffix(path, "/stream") {
			continue
		}
		res, err := http.Get(api + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK && path != "/pools/nothing" {
			t.Errorf("%s: %s, %v", path, res.Status, err)
		}
		req, err := http.NewRequest(http.MethodGet, api+strings.TrimPrefix(path, "/pools"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-Prefix", "/pools")
		removed, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		same, err := io.ReadAll(removed.Body)
		removed.Body.Close()
		if err != nil || removed.StatusCode != res.StatusCode || string(same) != string(body) {
			t.Errorf("%s, with the path removed by the proxy: %s, %v", path, removed.Status, err)
		}
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(string(body), -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			switch {
			case to == "" || strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "?"):
			case !strings.HasPrefix(to, "/pools/"):
				t.Errorf("%s leads to %s", path, to)
			case !strings.HasSuffix(to, "/find"):
				next = append(next, to)
			}
		}
	}
	for _, want := range []string{"/pools/operators", "/pools/pools", "/pools/api/v1/stream", "/pools/api/openapi.json"} {
		if !seen[want] && !slices.Contains(next, want) {
			t.Errorf("nothing leads to %s", want)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(api + "/pools/find?q=" + strings.Repeat("a", 64))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); to != "/pools/payouts/"+strings.Repeat("a", 64) {
		t.Errorf("a search leads to %s", to)
	}
}

// Metrics answer under no foreign name, unless they are public; then they do not say where the node is.
func TestEdgesMetrics(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{false, true} {
		cfg := newNode(t).settings(t.TempDir(), "")
		cfg.Node, cfg.Metrics, cfg.MetricsPublic = "http://127.0.0.1:1", freeAddress(t), public
		if public {
			cfg.Metrics = strings.Replace(cfg.Metrics, "127.0.0.1", "0.0.0.0", 1)
		}
		d := start(t, cfg)
		url := "http://" + strings.Replace(cfg.Metrics, "0.0.0.0", "127.0.0.1", 1)
		d.answers(url+"/readyz", http.StatusServiceUnavailable, "node unreachable")
		if _, body := get(t, url+"/readyz"); strings.Contains(body, "127.0.0.1:1") == public {
			t.Errorf("public %v: %s", public, body)
		}
		for host, known := range map[string]bool{"127.0.0.1": true, "localhost:9733": true, "[::1]:1": true, "evil.example": false, "evil.example:9733": false} {
			req, err := http.NewRequest(http.MethodGet, url+"/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if (res.StatusCode == http.StatusOK) != (known || public) {
				t.Errorf("public %v, asked as %s: %s", public, host, res.Status)
			}
		}
		d.end()
	}
}

// Alerts go through the proxy that the environment names, and calls of the node never.
func TestEdgesHTTPProxiesOfAlerts(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method + " " + r.RequestURI }))
	defer proxy.Close()
	n := newNode(t)
	n.submit(life(t)[:5])
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams = freeAddress(t), 10
	c := spawnWith(t, "1024", cfg, "HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	defer c.kill()
	if !c.saw("API and dashboard") {
		t.Fatal("the daemon does not serve")
	}
	token, err := os.ReadFile(filepath.Join(cfg.Data, "api.token"))
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, body string) (status int, id string) {
		req, err := http.NewRequest(http.MethodPost, "http://"+cfg.API+"/api/v1/alerts"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var receipt struct{ ID string }
		_ = json.NewDecoder(res.Body).Decode(&receipt) // a test has no answer
		return res.StatusCode, receipt.ID
	}
	var id string
	for deadline := time.Now().Add(patience); id == ""; time.Sleep(10 * time.Millisecond) {
		if _, id = post("", `{"url":"http://receiver.example.invalid/hook"}`); time.Now().After(deadline) {
			t.Fatal("nobody can subscribe")
		}
	}
	if status, _ := post("/"+id+"/test", ""); status/100 != 2 {
		t.Errorf("the test is answered %d", status)
	}
	if got := <-asked; got != "POST http://receiver.example.invalid/hook" {
		t.Errorf("the proxy is asked %q", got)
	}
}

// A client that sends its request byte by byte, or never, does not keep its connection.
func TestEdgesSlowClients(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:5])
	cfg := n.settings(t.TempDir(), filepath.Join(t.TempDir(), "ledger.db"))
	cfg.API, cfg.APIStreams, cfg.Metrics = "127.0.0.1:0", 10, freeAddress(t)
	d := start(t, cfg)
	t.Cleanup(d.end)
	for _, at := range []string{strings.TrimPrefix(d.api(), "http://"), cfg.Metrics} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s keeps the connection", at)
		}
	}
}
