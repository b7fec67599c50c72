package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// names finds the metrics that a text names.
func names(text string) []string {
	all := regexp.MustCompile(`\bsmartpool_[a-z_]*[a-z]`).FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// shown returns the metrics of a scrape.
func shown(scrape string) map[string]bool {
	is := map[string]bool{}
	for line := range strings.Lines(scrape) {
		if name := regexp.MustCompile(`^smartpool_[a-z_]+`).FindString(line); name != "" {
			is[name] = true
		}
	}
	return is
}

// What the rules, the dashboard and the documents name, daemons serve; and what daemons serve, the documents name.
func TestEveryNamedMetricExists(t *testing.T) {
	t.Parallel()
	s := open(t, 200)
	written := s.scrape(s.metrics, height(199), "\nsmartpool_pool_info{", "\nsmartpool_post_wallet_patoshi", "\nsmartpool_post_budget_left_patoshi",
		"\nsmartpool_alerts_waiting", "\nsmartpool_node_odd_entries{", "\nsmartpool_node_peers")
	is := shown(written)
	maps.Copy(is, shown(s.scrape(s.reads, height(199), "\nsmartpool_pool_info{")))
	documents := []string{"operating.md", "monitoring.md", "performance.md", "alerts.md", "monitoring/smartpool.rules.yml", "monitoring/smartpool.dashboard.json"}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "runbooks", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		documents = append(documents, filepath.Join("runbooks", filepath.Base(p)))
	}
	for _, name := range documents {
		for _, metric := range names(strings.ReplaceAll(read(t, filepath.Join(root, "docs", name)), "smartpool_node_*", "")) {
			if !is[metric] && metric != "smartpool_reader" { // a role of PostgreSQL
				t.Errorf("%s names %s, which no daemon serves", name, metric)
			}
		}
	}
	told := names(read(t, filepath.Join(root, "docs", "monitoring.md")))
	for _, metric := range slices.Sorted(maps.Keys(is)) {
		if !slices.Contains(told, metric) {
			t.Errorf("monitoring.md does not name %s", metric)
		}
	}
}

// A pool on a node that is short of coins and has a payout that no block takes raises just the alerts about that, by the values of a real daemon.
func TestRulesFireOnARealDaemon(t *testing.T) {
	t.Parallel()
	s := open(t, 250) // the pool has been replenishing since block 247; its payout of block 155 can be mined from 255 on
	if _, err := s.Generate(t.Context(), 26); err != nil {
		t.Fatal(err)
	}
	body := s.scrape(s.metrics, height(275), "_payouts_overdue{", `status="replenishing"} 1`, "\nsmartpool_node_peers", "\nsmartpool_synced 1\n")
	found := regexp.MustCompile(`smartpool_pool_payouts_overdue\{pool="([^"]+)"\} 1\n`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no payout is overdue:\n%s", body)
	}
	atlas := found[1]
	fired := map[string][]expected{}
	for name, summary := range map[string]string{
		"SmartpoolPoolReplenishing":      fmt.Sprintf("Pool %s is short of %.0f PSL: its Supernode is paused.", atlas, -number(t, body, "smartpool_pool_cushion_psl")),
		"SmartpoolReplenishDeadlineNear": fmt.Sprintf("Pool %s is dissolved in 2 blocks unless it gets its coins back.", atlas),
		"SmartpoolPayoutOverdue":         fmt.Sprintf("A payout of pool %s is overdue; %.2f PSL are in its escrow.", atlas, number(t, body, "smartpool_pool_escrow_patoshi")/1e5),
		"SmartpoolPostWalletLow":         "The wallet that pays for tickets at d:9733 holds only 0.00 PSL, less than a day's budget.",
	} {
		for _, r := range rules(t) {
			if r.Alert == name {
				labels := with(daemonLabels, "severity", r.Labels["severity"])
				if strings.Contains(summary, atlas) {
					labels["pool"] = atlas
				}
				fired[name] = []expected{{labels, with(r.Annotations, "summary", summary)}}
			}
		}
	}
	g := group{Interval: "1m"}
	for line := range strings.Lines(body) {
		name, amount, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(line, "smartpool_") || strings.HasPrefix(line, "smartpool_clock") {
			continue // promtool's time begins in 1970
		}
		added := `{instance="d:9733",job="smartpool"`
		if strings.Contains(name, "{") {
			name = strings.Replace(name, "{", added+",", 1)
		} else {
			name += added + "}"
		}
		g.Input = append(g.Input, inputs{name, amount + "x120"})
	}
	g.Input = append(g.Input, inputs{ofDaemon("up"), "1x120"})
	for _, r := range rules(t) {
		g.Tests = append(g.Tests, evaluation{"1h", r.Alert, fired[r.Alert]})
	}
	testRules(t, []group{g})
}

// number returns the value of the only series of a metric.
func number(t *testing.T, scrape, metric string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^`+metric+`\{[^}]*\} (\S+)$`).FindAllStringSubmatch(scrape, -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d series", metric, len(found))
	}
	n, err := strconv.ParseFloat(found[0][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The dashboard in the repository is what the program makes, and Grafana's own types decode it, all fields known.
func TestDashboardIsGrafanas(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join(root, written))
	made, err := dashboardJSON()
	if err != nil {
		t.Fatal(err)
	}
	if text != string(made) {
		t.Errorf("%s is not current: go run ./integration/monitoring", written)
	}
	d, problems := decode(text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	for _, field := range []string{`"title": "Smart pools"`, `"title": "The daemon"`, `"title": "Ready"`, `"legendFormat": "{{instance}}"`, `"mode": "absolute"`} {
		if _, problems := decode(strings.Replace(text, field, `"titel": 1, `+field, 1)); len(problems) == 0 {
			t.Errorf("a field nobody knows beside %s is taken", field)
		}
	}
}

var register sync.Once

// decode has Grafana's types decode a dashboard, and returns what they refuse. Their strict decoders return an empty list of problems as an error
// and then go no deeper, so each panel and query is decoded by its own type as well, and what is deeper must be written as it was read.
func decode(text string) (d dashboard.Dashboard, problems []error) {
	register.Do(plugins.RegisterDefaultPlugins)
	refuse := func(err error) {
		var list cog.BuildErrors
		if err != nil && (!errors.As(err, &list) || len(list) > 0) {
			problems = append(problems, err)
		}
	}
	refuse(new(dashboard.Dashboard).UnmarshalJSONStrict([]byte(text)))
	refuse(json.Unmarshal([]byte(text), &d))
	var parts struct{ Panels []json.RawMessage }
	refuse(json.Unmarshal([]byte(text), &parts))
	for _, raw := range parts.Panels {
		var p struct {
			Type    string
			Targets []json.RawMessage
		}
		refuse(json.Unmarshal(raw, &p))
		if p.Type == "row" {
			refuse(new(dashboard.RowPanel).UnmarshalJSONStrict(raw))
			continue
		}
		refuse(new(dashboard.Panel).UnmarshalJSONStrict(raw))
		for _, query := range p.Targets {
			refuse(new(prometheus.Dataquery).UnmarshalJSONStrict(query))
		}
	}
	kept, err := json.Marshal(d)
	refuse(err)
	var wrote bytes.Buffer
	refuse(json.Compact(&wrote, []byte(text)))
	if string(kept) != wrote.String() {
		problems = append(problems, errors.New("something is lost when Grafana's types write what they read"))
	}
	return d, problems
}

// queries returns the queries of the dashboard's panels by their titles.
func queries(t *testing.T) map[string][]string {
	t.Helper()
	d, problems := decode(read(t, filepath.Join(root, written)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := map[string][]string{}
	for _, p := range d.Panels {
		if p.Panel == nil {
			continue
		}
		for _, q := range p.Panel.Targets {
			query, ok := q.(prometheus.Dataquery)
			if pointer, is := q.(*prometheus.Dataquery); is {
				query, ok = *pointer, true
			}
			if !ok {
				t.Fatalf("%T is no query of Prometheus", q)
			}
			all[*p.Panel.Title] = append(all[*p.Panel.Title], query.Expr)
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d panels have queries", len(all))
	}
	return all
}

// A real Prometheus scrapes two daemons by the documented configuration. Every panel's query returns rows, and every rule can be evaluated.
func TestDashboardOnARealPrometheus(t *testing.T) {
	t.Parallel()
	binary := program(t, "prometheus")
	s := open(t, 250)
	s.scrape(s.metrics, height(249), "\nsmartpool_pool_info{", "\nsmartpool_post_wallet_patoshi", "\nsmartpool_node_peers", "\nsmartpool_alerts_waiting")
	s.scrape(s.reads, height(249), "\nsmartpool_pool_info{")
	folder, at := t.TempDir(), free(t)
	documented := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(read(t, filepath.Join(root, "docs", "monitoring.md")))[1]
	config := "global: {scrape_interval: 1s, evaluation_interval: 1s}\n" + strings.Replace(documented, "'127.0.0.1:9733'", fmt.Sprintf("'%s', '%s'", s.metrics, s.reads), 1)
	absolute, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	config = strings.Replace(config, "/etc/prometheus/smartpool.rules.yml", absolute, 1)
	file := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "config", file)
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(binary, "--config.file", file, "--storage.tsdb.path", filepath.Join(folder, "data"), "--web.listen-address", at)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	deadline := time.Now().Add(patience) // for all queries together: without an answer, each of many would wait as long
	for title, list := range queries(t) {
		for _, q := range list {
			q = strings.NewReplacer("$instance", ".*", "$pool", ".*", "$__rate_interval", "1m").Replace(q)
			var answer struct {
				Result []json.RawMessage `json:"result"`
			}
			if !eventually(deadline, func() bool {
				return ask(at, "query?query="+url.QueryEscape(q), &answer) == nil && len(answer.Result) > 0
			}) {
				t.Errorf("%s: %s returns no rows", title, q)
			}
		}
	}
	var evaluated struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		} `json:"groups"`
	}
	good := func() bool {
		if ask(at, "rules", &evaluated) != nil {
			return false
		}
		n := 0
		for _, g := range evaluated.Groups {
			for _, r := range g.Rules {
				if r.Health == "ok" {
					n++
				}
			}
		}
		return n == len(ruleCases)
	}
	if !eventually(deadline, good) {
		t.Errorf("%+v\n%s", evaluated, read(t, log.Name()))
	}
}

// eventually waits until something is so, but no longer than to a deadline.
func eventually(deadline time.Time, is func() bool) bool {
	for !is() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(100 * time.Millisecond)
	}
	return true
}

// ask asks Prometheus's API.
func ask(at, what string, data any) error {
	r, err := http.Get("http://" + at + "/api/v1/" + what)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Status string
		Error  string
		Data   json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", what, answer.Error)
	}
	return json.Unmarshal(answer.Data, data)
}
