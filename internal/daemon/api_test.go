package daemon_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// reading is a read-only daemon.
func reading(t testing.TB, database, address, metrics string) *running {
	t.Helper()
	r := start(t, daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: database, ShadowFrom: -1, ReadOnly: true, API: address, APIStreams: 10, Poll: time.Second,
		Metrics: metrics, TipAge: anyAge,
	})
	t.Cleanup(r.end)
	return r
}

// api waits until a daemon serves from its database.
func (r *running) api() string {
	r.t.Helper()
	for r.Addresses().API == "" {
		select {
		case <-time.After(5 * time.Millisecond):
		case err := <-r.done:
			r.t.Fatalf("the daemon ended: %v", err)
		}
	}
	return r.Addresses().API
}

// reaches waits until a daemon's API is at a height and reports no trouble.
func reaches(t *testing.T, api string, height int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		status, body := get(t, api+"/api/v1/statistics")
		var s struct{ Tip struct{ Height int } }
		if status == http.StatusOK && json.Unmarshal([]byte(body), &s) == nil && s.Tip.Height == height {
			if _, now := get(t, api+"/api/v1/status"); strings.Contains(now, `"ready":true`) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not get to block %d: %d %s", api, height, status, body)
		}
	}
}

// Read-only daemons serve the same as the daemon that writes their database, including pages and streams, and follow it through a
// reorganization. They refuse what needs the writer. One that starts first says what it is waiting for.
func TestReadOnlyDaemonsServeTheSame(t *testing.T) {
	t.Parallel()
	for engine, fresh := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := fresh(t)
			address := freeAddress(t)
			first := reading(t, database, address, "")
			for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) { // until it listens
				c, err := net.Dial("tcp", address)
				if err == nil {
					c.Close()
					break
				}
				if time.Now().After(deadline) {
					t.Fatal(err)
				}
			}
			for _, path := range []string{"/", "/api/v1/pools"} {
				if status, body := get(t, "http://"+address+path); status != http.StatusServiceUnavailable || !strings.Contains(body, "no database to read yet") {
					t.Errorf("%s before there is a database: %d %s", path, status, body)
				}
			}

			n := newNode(t)
			blocks := life(t)
			n.submit(blocks[:260])
			cfg := n.settings(t.TempDir(), database)
			cfg.API, cfg.APIStreams = "127.0.0.1:0", 10
			writer := start(t, cfg)
			t.Cleanup(writer.end)
			metrics := freeAddress(t)
			second := reading(t, database, "127.0.0.1:0", metrics)
			apis := []string{writer.api(), first.api(), second.api()}
			for _, api := range apis {
				reaches(t, api, 259)
			}
			second.answers("http://"+metrics+"/metrics", http.StatusOK, "\nsmartpool_height 259\n")
			var pools struct {
				Items []struct{ ID, Operator string }
			}
			_, body := get(t, apis[0]+"/api/v1/pools")
			if err := json.Unmarshal([]byte(body), &pools); err != nil || len(pools.Items) == 0 {
				t.Fatal(err, body)
			}
			id := pools.Items[0].ID
			same := func() {
				t.Helper()
				for _, path := range []string{
					"/api/v1/pools", "/api/v1/pools/" + id, "/api/v1/pools/" + id + "/income", "/api/v1/events?limit=1000", "/api/v1/payouts", "/api/v1/pledges",
					"/api/v1/credits", "/api/v1/statistics", "/api/v1/operators", "/api/v1/blocks/200", "/api/v1/members/" + pools.Items[0].Operator,
					"/", "/pools", "/pools/" + id, "/operators", "/tickets", "/members/" + pools.Items[0].Operator,
				} {
					for _, api := range apis[1:] {
						// Estimates move on every 150 seconds, and not in all daemons' caches at once.
						for giveUp := time.Now().Add(patience / 10); ; time.Sleep(50 * time.Millisecond) {
							wantStatus, want := get(t, apis[0]+path)
							status, got := get(t, api+path)
							if status == http.StatusOK && wantStatus == status && unlike.ReplaceAllString(got, "") == unlike.ReplaceAllString(want, "") {
								break
							}
							if time.Now().After(giveUp) {
								t.Fatalf("%s: a reader answers %d, the writer %d:\n%s\n\n%s", path, status, wantStatus, got, want)
							}
						}
					}
				}
			}
			same()

			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, apis[1]+"/api/v1/stream", nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			n.submit(blocks[260:300])
			for lines := bufio.NewScanner(res.Body); ; {
				if !lines.Scan() {
					t.Fatal("the stream ended before it sent block 299")
				}
				if strings.HasPrefix(lines.Text(), `data: {"height":299,`) {
					break
				}
			}
			for _, api := range apis {
				reaches(t, api, 299)
			}
			same()

			token, err := os.ReadFile(filepath.Join(cfg.Data, "api.token"))
			if err != nil {
				t.Fatal(err)
			}
			if req, err = http.NewRequest(http.MethodGet, apis[1]+"/api/v1/alerts", nil); err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
			if res, err = http.DefaultClient.Do(req); err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("alerts of a daemon with another token: %s", res.Status)
			}
		})
	}
}

// unlike matches the parts of pages in which daemons may differ.
var unlike = regexp.MustCompile(`version [^<]*`)

// Public answers describe trouble with node or database without host and user names; those for the operator include everything.
func TestTroubleNamesNoHosts(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	cfg := n.settings(t.TempDir(), filepath.Join(t.TempDir(), "ledger.db"))
	cfg.Node, cfg.API, cfg.APIStreams, cfg.Metrics = "http://127.0.0.1:1", "127.0.0.1:0", 10, freeAddress(t)
	d := start(t, cfg)
	t.Cleanup(d.end)
	api := d.api()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, body := get(t, api+"/api/v1/status")
		if strings.Contains(body, "node unreachable") {
			if strings.Contains(body, "127.0.0.1:1") {
				t.Errorf("the status names the node: %s", body)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(body)
		}
	}
	if status, body := get(t, "http://"+cfg.Metrics+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "127.0.0.1:1") {
		t.Errorf("readyz: %d %s", status, body)
	}
}
