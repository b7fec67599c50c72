package daemon_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// freeAddress returns a loopback address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(t testing.TB, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// answers waits until a URL returns a status and a text.
func (r *running) answers(url string, status int, text string) {
	r.t.Helper()
	for {
		got, body := get(r.t, url)
		if got == status && strings.Contains(body, text) {
			return
		}
		select {
		case err := <-r.done:
			r.t.Fatalf("the daemon ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestMetricsAndHealth(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:200])
	cfg := n.settings(t.TempDir(), "")
	cfg.Metrics = freeAddress(t)
	d := start(t, cfg)
	d.synced(n)
	url := "http://" + cfg.Metrics
	d.answers(url+"/healthz", 200, "alive")
	d.answers(url+"/readyz", 200, "ready")
	for _, line := range []string{
		"smartpool_height 199", "smartpool_node_height 199", "smartpool_synced 1", `smartpool_pools{status="active"} 1`,
		"smartpool_blocks_applied_total 200", "smartpool_blocks_reverted_total 0", `smartpool_events_total{type="pool.created"} 1`,
	} {
		d.answers(url+"/metrics", 200, "\n"+line+"\n")
	}
	n.stop()
	d.answers(url+"/readyz", 503, "node's tip")
	n.start(strings.TrimPrefix(n.server.URL, "http://"))
	d.answers(url+"/readyz", 200, "ready")
	d.end()
}
