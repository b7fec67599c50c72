package daemon_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// scrape returns what Prometheus gets, line by line, without comments.
func scrape(t testing.TB, url string) []string {
	t.Helper()
	status, body := get(t, url)
	if status != 200 {
		t.Fatalf("status %d: %s", status, body)
	}
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(body), "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
}

// ofPools returns the lines about the network's pools, but not about Supernodes, which only a node knows.
func ofPools(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		return !regexp.MustCompile(`^smartpool_(pool_|pools|escrow|member|payouts|ledger)`).MatchString(line) || strings.HasPrefix(line, "smartpool_pool_supernode")
	})
}

// Metrics keep to Prometheus's conventions for names, units, types and help.
func TestMetricsKeepToConventions(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:200])
	cfg := n.settings(t.TempDir(), "")
	cfg.Metrics = freeAddress(t)
	d := start(t, cfg)
	d.synced(n)
	d.answers("http://"+cfg.Metrics+"/metrics", 200, "smartpool_pool_info{")
	_, body := get(t, "http://"+cfg.Metrics+"/metrics")
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	d.end()
}

// Whatever can be counted has a first value before anything happened, so that the first increase shows in a rate.
func TestEverySeriesIsThereFromTheStart(t *testing.T) {
	t.Parallel()
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", ShadowFrom: -1, Node: "http://127.0.0.1:1", NodeUser: "x", NodePassword: "x", Poll: patience / 1000,
		PostTickets: true, PostBudget: 500, API: "127.0.0.1:0",
	}
	d, err := daemon.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(d.Metrics(), promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	body := recorder.Body.String()
	var want []string
	for _, x := range pool.EventTypes() {
		want = append(want, fmt.Sprintf(`smartpool_events_total{type=%q} 0`, x))
	}
	for _, k := range notify.Kinds() {
		want = append(want, fmt.Sprintf(`smartpool_alerts_delivered_total{kind=%q} 0`, k))
	}
	for _, outcome := range []string{"delivered", "failed", "refused"} {
		want = append(want, fmt.Sprintf(`smartpool_alert_attempts_total{outcome=%q} 0`, outcome))
	}
	for _, name := range []string{"blocks_applied_total", "blocks_reverted_total", "alerts_given_up_total", "alerts_skipped_total", "synced", "halted", "database_failing"} {
		want = append(want, "smartpool_"+name+" 0")
	}
	for _, kind := range []string{"ticket", "registration"} {
		want = append(want, fmt.Sprintf(`smartpool_posted_total{kind=%q} 0`, kind))
	}
	want = append(want, `smartpool_post_refusals_total{kind="wallet"} 0`, "smartpool_post_budget_patoshi 5e+07")
	for _, line := range want {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
}

// A daemon that only reads shows the same of the pools as the one that writes, and one that followed block by block, through reorganizations, the
// same as one that reads everything at once.
func TestPoolMetricsAreAFunctionOfTheChain(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			blocks := life(t)[:260]
			n.submit(blocks[:150])
			cfg := n.settings(t.TempDir(), open(t))
			cfg.Metrics = freeAddress(t)
			d := start(t, cfg)
			d.synced(n)
			url := "http://" + cfg.Metrics + "/metrics"
			for at := 150; at < len(blocks); at += 7 {
				n.submit(blocks[at:min(at+7, len(blocks))])
				d.synced(n)
				scrape(t, url)
			}
			like(t, cfg, len(blocks)-1)
			// Leave a branch for a longer one in which the pool is as it was 60 blocks ago.
			hash, _ := n.HashAt(pastel.Height(len(blocks) - 61))
			if err := n.Invalidate(t.Context(), hash); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Generate(t.Context(), 70); err != nil {
				t.Fatal(err)
			}
			d.synced(n)
			like(t, cfg, len(blocks)+8)
			d.end()
		})
	}
}

// like requires that a daemon that reads a database of this last block shows the same of pools as the one that writes, which stores the block at
// its leisure.
func like(t *testing.T, writer daemon.Config, height int) {
	t.Helper()
	cfg := writer
	cfg.ReadOnly, cfg.Metrics, cfg.API, cfg.Data, cfg.Node, cfg.NodeCookie = true, freeAddress(t), "127.0.0.1:0", t.TempDir(), "", ""
	r := start(t, cfg)
	url := "http://" + cfg.Metrics + "/metrics"
	r.answers(url, 200, fmt.Sprintf("\nsmartpool_height %d\n", height))
	r.answers(url, 200, "\nsmartpool_pools{")
	want := ofPools(scrape(t, url))
	r.end()
	if len(want) < 30 {
		t.Errorf("at %d the reader shows\n%s", height, strings.Join(want, "\n"))
	}
	var got []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if got = ofPools(scrape(t, "http://"+writer.Metrics+"/metrics")); slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("at %d the reader shows\n%s\nthe writer\n%s", height, strings.Join(want, "\n"), strings.Join(got, "\n"))
}

// The pools that have series of their own are chosen by id, by operator, or not at all; the network's sums always stay.
func TestMetricsOfChosenPools(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:200])
	data := t.TempDir()
	chosen := func(pools string) []string {
		t.Helper()
		cfg := n.settings(data, "")
		cfg.Metrics, cfg.MetricsPools = freeAddress(t), pools
		d := start(t, cfg)
		d.answers("http://"+cfg.Metrics+"/metrics", 200, `smartpool_pools{status="active"} 1`)
		lines := scrape(t, "http://"+cfg.Metrics+"/metrics")
		d.end()
		return slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "smartpool_pool_info") })
	}
	all := chosen("all")
	if len(all) != 1 {
		t.Fatalf("%q", all)
	}
	found := regexp.MustCompile(`operator="([^"]+)",pool="([^"]+)"`).FindStringSubmatch(all[0])
	other := "x" + found[2]
	for pools, want := range map[string]int{"": 1, "none": 0, found[1]: 1, found[2] + ",\n" + found[1]: 1, other: 0} {
		if got := chosen(pools); len(got) != want {
			t.Errorf("%q: %q", pools, got)
		}
	}
}

// BenchmarkScrape scrapes a network at its limit of 4,150 pools.
func BenchmarkScrape(b *testing.B) {
	rows := make([]store.PoolRow, 4150)
	for i := range rows {
		rows[i].ID, rows[i].Status = ticket.PoolID(fmt.Sprintf("pool-%d", i)), pool.Active
		rows[i].Required, rows[i].Target, rows[i].Counted = 5_000_000, 6_000_000, 5_500_000
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(daemon.PoolMetrics(rows))
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	bytes := 0
	for b.Loop() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
		n, _ := io.Copy(io.Discard, recorder.Body)
		bytes = int(n)
	}
	b.ReportMetric(float64(bytes), "bytes/scrape")
}
