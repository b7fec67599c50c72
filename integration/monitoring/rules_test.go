package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// rule is an alert rule of docs/monitoring/smartpool.rules.yml.
type rule struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

const root = "../.."

var rulesFile = filepath.Join(root, "docs", "monitoring", "smartpool.rules.yml")

func rules(t *testing.T) (list []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	text := read(t, rulesFile)
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	if len(list) < 20 {
		t.Fatalf("%d rules", len(list))
	}
	return list
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// program finds a program of Debian's package prometheus.
func program(t *testing.T, name string) string {
	t.Helper()
	if os.Getenv("SMARTPOOL_WITHOUT_PROMETHEUS") != "" {
		t.Skip("SMARTPOOL_WITHOUT_PROMETHEUS is set")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: install Debian's package prometheus, or set SMARTPOOL_WITHOUT_PROMETHEUS=1", err)
	}
	return path
}

// promtool runs Prometheus's own checker of rules.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(program(t, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// series are values in promtool's notation, one a minute, by series.
type series map[string]string

// ofDaemon and ofPool complete a metric's name by the labels that a scrape adds.
func ofDaemon(name string) string { return name + `{instance="d:9733",job="smartpool"}` }

func ofPool(name, label string) string {
	return fmt.Sprintf(`smartpool_pool_%s{instance="d:9733",job="smartpool",pool="atlas"%s}`, name, label)
}

var (
	daemonLabels = map[string]string{"instance": "d:9733", "job": "smartpool"}
	poolLabels   = map[string]string{"instance": "d:9733", "job": "smartpool", "pool": "atlas"}
)

// ruleCase shows when a rule fires and when it is silent, after an hour.
type ruleCase struct {
	fires, silent series
	labels        map[string]string // of the alert, but for alertname and severity
	summary       string
}

const (
	always  = "x120"     // after a value: the same every minute
	passing = "0+60x120" // a clock, in seconds
)

var ruleCases = map[string]ruleCase{
	"SmartpoolDown": {
		series{ofDaemon("up"): "0" + always}, series{ofDaemon("up"): "1" + always}, daemonLabels,
		"smartpoold does not answer Prometheus at d:9733.",
	},
	"SmartpoolNotReady": {
		series{ofDaemon("smartpool_synced"): "0" + always}, series{ofDaemon("smartpool_synced"): "1" + always}, daemonLabels,
		"The ledger at d:9733 is not at the network's tip.",
	},
	"SmartpoolBehind": {
		series{ofDaemon("smartpool_node_height"): "111" + always, ofDaemon("smartpool_height"): "100" + always},
		series{ofDaemon("smartpool_node_height"): "110" + always, ofDaemon("smartpool_height"): "100" + always},
		daemonLabels, "The ledger at d:9733 is 11 blocks behind its node.",
	},
	"SmartpoolHalted": {
		series{ofDaemon("smartpool_halted"): "1" + always}, series{ofDaemon("smartpool_halted"): "0" + always}, daemonLabels,
		"The node at d:9733 follows a chain that breaks the pools' rules: the ledger stands still.",
	},
	"SmartpoolNodeAway": {
		series{ofDaemon("smartpool_clock_timestamp_seconds"): passing, ofDaemon("smartpool_node_answered_timestamp_seconds"): "0" + always},
		series{ofDaemon("smartpool_clock_timestamp_seconds"): passing, ofDaemon("smartpool_node_answered_timestamp_seconds"): passing},
		daemonLabels, "The node of d:9733 has not answered for 1h 0m 0s.",
	},
	"SmartpoolNodeWithoutPeers": {
		series{ofDaemon("smartpool_node_peers"): "0" + always}, series{ofDaemon("smartpool_node_peers"): "1" + always}, daemonLabels,
		"The node of d:9733 has no peers.",
	},
	"SmartpoolClock": {
		series{ofDaemon("smartpool_clock_timestamp_seconds"): "61+60x120"},
		series{ofDaemon("smartpool_clock_timestamp_seconds"): "59+60x120", ofDaemon("smartpool_tip_timestamp_seconds"): "7200" + always},
		daemonLabels, "The clock of d:9733 is wrong by about 1m 1s.",
	},
	"SmartpoolDatabaseFailing": {
		series{ofDaemon("smartpool_database_failing"): "1" + always}, series{ofDaemon("smartpool_database_failing"): "0" + always}, daemonLabels,
		"The database of d:9733 does not store or return blocks.",
	},
	"SmartpoolReaderBehind": {
		series{ofDaemon("smartpool_behind_seconds"): "61" + always}, series{ofDaemon("smartpool_behind_seconds"): "60" + always}, daemonLabels,
		"The daemon at d:9733 shows blocks 1m 1s late.",
	},
	"SmartpoolDigestMismatch": {
		series{
			`smartpool_ledger_digest_prefix{height="500",instance="a",job="smartpool"}`: "1" + always,
			`smartpool_ledger_digest_prefix{height="500",instance="b",job="smartpool"}`: "2" + always,
		},
		series{
			`smartpool_ledger_digest_prefix{height="500",instance="a",job="smartpool"}`: "1" + always,
			`smartpool_ledger_digest_prefix{height="500",instance="b",job="smartpool"}`: "1" + always,
			`smartpool_ledger_digest_prefix{height="400",instance="c",job="smartpool"}`: "2" + always,
			`smartpool_ledger_digest_prefix{height="500",instance="d",job="testnet"}`:   "3" + always,
		},
		map[string]string{"job": "smartpool", "height": "500"}, "Daemons disagree about the ledger at block 500.",
	},
	"SmartpoolPoolReplenishing": {
		series{ofPool("cushion_psl", ""): "-250000" + always, ofPool("status", `,status="replenishing"`): "1" + always},
		series{ofPool("cushion_psl", ""): "-250000" + always, ofPool("status", `,status="replenishing"`): "0" + always},
		poolLabels, "Pool atlas is short of 250000 PSL: its Supernode is paused.",
	},
	"SmartpoolReplenishDeadlineNear": {
		series{ofPool("replenish_until_height", ""): "743" + always, ofDaemon("smartpool_height"): "600" + always},
		series{
			ofPool("replenish_until_height", ""): "744" + always, ofDaemon("smartpool_height"): "600" + always,
			`smartpool_pool_replenish_until_height{instance="d:9733",job="smartpool",pool="other"}`: "-1" + always,
		},
		poolLabels, "Pool atlas is dissolved in 143 blocks unless it gets its coins back.",
	},
	"SmartpoolCushionLow": {
		series{
			ofPool("cushion_psl", ""): "499999" + always, ofPool("target_psl", ""): "6000000" + always, ofPool("required_psl", ""): "5000000" + always,
			ofPool("status", `,status="active"`): "1" + always,
		},
		series{
			ofPool("cushion_psl", ""): "500000" + always, ofPool("target_psl", ""): "6000000" + always, ofPool("required_psl", ""): "5000000" + always,
			ofPool("status", `,status="active"`):                                                  "1" + always,
			`smartpool_pool_cushion_psl{instance="d:9733",job="smartpool",pool="new"}`:            "-5000000" + always,
			`smartpool_pool_status{instance="d:9733",job="smartpool",pool="new",status="active"}`: "0" + always,
			`smartpool_pool_target_psl{instance="d:9733",job="smartpool",pool="new"}`:             "6000000" + always,
			`smartpool_pool_required_psl{instance="d:9733",job="smartpool",pool="new"}`:           "5000000" + always,
		},
		poolLabels, "Pool atlas counts only 499999 PSL more than its Supernode needs.",
	},
	"SmartpoolPayoutOverdue": {
		series{ofPool("payouts_overdue", ""): "1" + always, ofPool("escrow_patoshi", ""): "123456789" + always},
		series{ofPool("payouts_overdue", ""): "0" + always, ofPool("escrow_patoshi", ""): "123456789" + always},
		poolLabels, "A payout of pool atlas is overdue; 1234.57 PSL are in its escrow.",
	},
	"SmartpoolPayeeElsewhere": {
		series{ofPool("supernode", `,state="elsewhere"`): "1" + always, ofPool("escrow_patoshi", ""): "500000" + always},
		series{ofPool("supernode", `,state="elsewhere"`): "0" + always, ofPool("escrow_patoshi", ""): "500000" + always},
		poolLabels, "The Supernode of pool atlas is paid elsewhere than to the pool's escrow, which holds 5.00 PSL.",
	},
	"SmartpoolSupernodeGone": {
		series{ofPool("supernode", `,state="gone"`): "1" + always, ofPool("activated_height", ""): "576" + always, ofDaemon("smartpool_height"): "600" + always},
		series{ofPool("supernode", `,state="gone"`): "1" + always, ofPool("activated_height", ""): "577" + always, ofDaemon("smartpool_height"): "600" + always},
		with(poolLabels, "state", "gone"), "Pool atlas is active, but the node lists no working Supernode of it.",
	},
	"SmartpoolNoReward": {
		series{
			ofPool("last_reward_height", ""): "-1" + always, ofPool("activated_height", ""): "100" + always, ofPool("status", `,status="active"`): "1" + always,
			ofDaemon("smartpool_height"): "5861" + always,
		},
		series{
			ofPool("last_reward_height", ""): "101" + always, ofPool("activated_height", ""): "100" + always, ofPool("status", `,status="active"`): "1" + always,
			ofDaemon("smartpool_height"): "5861" + always,
		},
		poolLabels, "Pool atlas has had no reward for 5761 blocks.",
	},
	"SmartpoolAlertsWaiting": {
		series{ofDaemon("smartpool_alerts_oldest_waiting_seconds"): "7200" + always},
		series{ofDaemon("smartpool_alerts_oldest_waiting_seconds"): "3600" + always},
		daemonLabels, "An alert has been waiting at d:9733 for 2h 0m 0s.",
	},
	"SmartpoolAlertsGivenUp": {
		series{ofDaemon("smartpool_alerts_given_up_total"): "0x29 60" + always}, series{ofDaemon("smartpool_alerts_given_up_total"): "7" + always},
		daemonLabels, "d:9733 gave up 60 alerts in the last hour.",
	},
	"SmartpoolPostBudgetLow": {
		series{ofDaemon("smartpool_post_budget_left_patoshi"): "4900000" + always, ofDaemon("smartpool_post_budget_patoshi"): "50000000" + always},
		series{ofDaemon("smartpool_post_budget_left_patoshi"): "5000000" + always, ofDaemon("smartpool_post_budget_patoshi"): "50000000" + always},
		daemonLabels, "d:9733 may post tickets for only 49.00 PSL more today.",
	},
	"SmartpoolPostWalletLow": {
		series{ofDaemon("smartpool_post_wallet_patoshi"): "49999999" + always, ofDaemon("smartpool_post_budget_patoshi"): "50000000" + always},
		series{ofDaemon("smartpool_post_wallet_patoshi"): "50000000" + always, ofDaemon("smartpool_post_budget_patoshi"): "50000000" + always},
		daemonLabels, "The wallet that pays for tickets at d:9733 holds only 500.00 PSL, less than a day's budget.",
	},
}

func with(labels map[string]string, name, value string) map[string]string {
	more := maps.Clone(labels)
	more[name] = value
	return more
}

// expected is an alert that promtool is to find.
type expected struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

type evaluation struct {
	Time   string     `yaml:"eval_time"`
	Alert  string     `yaml:"alertname"`
	Alerts []expected `yaml:"exp_alerts"`
}

type inputs struct {
	Series string
	Values string
}

type group struct {
	Interval string       `yaml:"interval"`
	Input    []inputs     `yaml:"input_series"`
	Tests    []evaluation `yaml:"alert_rule_test"`
}

func (s series) inputs() (list []inputs) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		list = append(list, inputs{name, s[name]})
	}
	return list
}

// testRules has promtool play groups of series against the rules.
func testRules(t *testing.T, groups []group) {
	t.Helper()
	at, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(map[string]any{"rule_files": []string{at}, "evaluation_interval": "1m", "tests": groups})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "test.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "test", "rules", file)
}

// promtool takes the rules, each of them fires with the words of its summary, and each is silent at the last value at which nobody need act.
func TestEveryRuleFiresAndIsSilent(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "--lint-fatal", rulesFile)
	var groups []group
	for _, r := range rules(t) {
		c, found := ruleCases[r.Alert]
		if !found {
			t.Errorf("%s is not tested", r.Alert)
			continue
		}
		fires := expected{with(c.labels, "severity", r.Labels["severity"]), with(r.Annotations, "summary", c.summary)}
		groups = append(groups,
			group{"1m", c.fires.inputs(), []evaluation{{"1h", r.Alert, []expected{fires}}}},
			group{"1m", c.silent.inputs(), []evaluation{{"1h", r.Alert, []expected{}}}})
	}
	if len(ruleCases) != len(rules(t)) {
		t.Errorf("%d rules, %d cases", len(rules(t)), len(ruleCases))
	}
	testRules(t, groups)
}

// Each rule has a severity, and a page of its own that says what to do; there are no other pages.
func TestEveryRuleHasItsPage(t *testing.T) {
	t.Parallel()
	index := read(t, filepath.Join(root, "docs", "runbooks", "README.md"))
	commands := read(t, filepath.Join(root, "docs", "commands.md"))
	pages := map[string]bool{"README.md": true}
	for _, r := range rules(t) {
		name, found := strings.CutPrefix(r.Annotations["runbook_url"], "https://github.com/pastelnetwork/smartpool/blob/main/docs/runbooks/")
		if !found || r.Annotations["summary"] == "" || r.Labels["severity"] != "critical" && r.Labels["severity"] != "warning" {
			t.Errorf("%s: %v %v", r.Alert, r.Labels, r.Annotations)
			continue
		}
		pages[name] = true
		page := read(t, filepath.Join(root, "docs", "runbooks", name))
		for _, part := range []string{
			"# " + r.Alert + "\n", "\nSeverity " + r.Labels["severity"], "\n## What it means\n", "\n## If nobody acts\n", "\n## How to look\n", "\n## What to do\n",
			"\n## When it ends\n",
		} {
			if !strings.Contains(page, part) {
				t.Errorf("%s has no %q", name, part)
			}
		}
		if r.For != "0m" && !strings.Contains(page, "after "+r.For+".") {
			t.Errorf("%s does not say that it fires after %s", name, r.For)
		}
		if !strings.Contains(index, fmt.Sprintf("| [%s](%s) | %s |", r.Alert, name, r.Labels["severity"])) {
			t.Errorf("the index lacks %s", name)
		}
		for _, c := range regexp.MustCompile("`(smartpool [a-z]+(?: [a-z]+)*)").FindAllStringSubmatch(page, -1) {
			if !strings.Contains(commands, "`"+c[1]) {
				t.Errorf("%s: there is no command %s", name, c[1])
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "runbooks", "*"))
	if err != nil || len(files) != len(pages) {
		t.Errorf("%d files for %d pages, %v", len(files), len(pages), err)
	}
}
