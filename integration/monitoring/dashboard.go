package main

import (
	"encoding/json"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// source is the Prometheus that the person who looks has chosen.
var source = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${source}")}

// line is a query with the name of its lines.
type line struct{ expr, name string }

// panel is a chart or a number.
type panel struct {
	title, says string
	unit        string // of Grafana; empty for plain numbers
	number      bool   // shows the last value, and is narrow
	good        string // of a number: "0" or "1" if one of them is good and the other bad
	lines       []line
}

// rows are the dashboard.
var rows = []struct {
	title  string
	panels []panel
}{
	{"The daemon", []panel{
		{title: "Ready", says: "1 while the ledger is at the network's tip.", number: true, good: "1", lines: []line{{`smartpool_synced{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Halted", says: "1 while the node's chain breaks the rules.", number: true, good: "0", lines: []line{{`smartpool_halted{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Database fails", says: "1 while blocks are not stored, or cannot be read.", number: true, good: "0", lines: []line{{`smartpool_database_failing{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Last block", number: true, lines: []line{{`smartpool_height{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Age of the last block", says: "Blocks come every 150 seconds on average.", unit: "s", lines: []line{
			{`smartpool_clock_timestamp_seconds{instance=~"$instance"} - smartpool_tip_timestamp_seconds{instance=~"$instance"}`, "{{instance}}"},
		}},
		{title: "Blocks behind the node, or behind the daemon that writes", lines: []line{
			{`smartpool_node_height{instance=~"$instance"} - smartpool_height{instance=~"$instance"}`, "{{instance}}"},
			{`smartpool_behind_blocks{instance=~"$instance"}`, "{{instance}}, reads"},
		}},
		{title: "Blocks a minute", lines: []line{
			{`60 * rate(smartpool_blocks_applied_total{instance=~"$instance"}[$__rate_interval])`, "{{instance}}"},
			{`-60 * rate(smartpool_blocks_reverted_total{instance=~"$instance"}[$__rate_interval])`, "{{instance}}, reverted"},
		}},
		{title: "Peers of the node", lines: []line{{`smartpool_node_peers{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Memory", unit: "bytes", lines: []line{{`process_resident_memory_bytes{instance=~"$instance",job="smartpool"}`, "{{instance}}"}}},
		{title: "Ledger digests", says: "Daemons that agree have one line for each height.", lines: []line{
			{`count by (height) (count by (height, instance) (smartpool_ledger_digest_prefix{instance=~"$instance"}))`, "daemons at {{height}}"},
			{`count by (height) (count_values by (height) ("digest", smartpool_ledger_digest_prefix{instance=~"$instance"}))`, "digests at {{height}}"},
		}},
	}},
	{"Pools", []panel{
		{title: "Pools by status", lines: []line{{`max by (status) (smartpool_pools{instance=~"$instance"})`, "{{status}}"}}},
		{title: "Cushion", says: "PSL that count beyond what the pool needs; below 0 its Supernode is paused.", lines: []line{
			{`max by (pool) (smartpool_pool_cushion_psl{instance=~"$instance",pool=~"$pool"})`, "{{pool}}"},
		}},
		{title: "Counted and offered coins, PSL", lines: []line{
			{`max by (pool) (smartpool_pool_counted_psl{instance=~"$instance",pool=~"$pool"})`, "{{pool}}, counted"},
			{`max by (pool) (smartpool_pool_offered_psl{instance=~"$instance",pool=~"$pool"})`, "{{pool}}, offered"},
		}},
		{title: "Pledges", lines: []line{{`max by (pool, role) (smartpool_pool_pledges{instance=~"$instance",pool=~"$pool"})`, "{{pool}}, {{role}}"}}},
		{title: "Escrow and claims, PSL", lines: []line{
			{`max by (pool) (smartpool_pool_escrow_patoshi{instance=~"$instance",pool=~"$pool"}) / 1e5`, "{{pool}}, escrow"},
			{`max by (pool) (smartpool_pool_claims_patoshi{instance=~"$instance",pool=~"$pool"}) / 1e5`, "{{pool}}, claims"},
		}},
		{title: "Blocks since the last reward", lines: []line{
			{`max by (pool) (smartpool_height{instance=~"$instance"} - on (instance) group_right () (smartpool_pool_last_reward_height{instance=~"$instance",pool=~"$pool"} >= 0))`, "{{pool}}"},
		}},
		{title: "Blocks that payouts have been waiting", lines: []line{
			{`max by (pool) (smartpool_pool_payout_waiting_blocks{instance=~"$instance",pool=~"$pool"})`, "{{pool}}"},
		}},
		{title: "Payouts", lines: []line{
			{`max by (pool) (smartpool_pool_payouts_pending{instance=~"$instance",pool=~"$pool"})`, "{{pool}}, pending"},
			{`max by (pool) (smartpool_pool_payouts_overdue{instance=~"$instance",pool=~"$pool"})`, "{{pool}}, overdue"},
		}},
		{title: "Supernodes by state", lines: []line{{`sum by (state) (max by (pool, state) (smartpool_pool_supernode{instance=~"$instance",pool=~"$pool"}))`, "{{state}}"}}},
		{title: "Events an hour", lines: []line{{`3600 * sum by (type) (rate(smartpool_events_total{instance=~"$instance"}[$__rate_interval]))`, "{{type}}"}}},
	}},
	{"Alerts and posting", []panel{
		{title: "Alerts that wait", lines: []line{{`smartpool_alerts_waiting{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "The oldest alert that waits", unit: "s", lines: []line{{`smartpool_alerts_oldest_waiting_seconds{instance=~"$instance"}`, "{{instance}}"}}},
		{title: "Attempts to send an hour", lines: []line{{`3600 * sum by (outcome) (rate(smartpool_alert_attempts_total{instance=~"$instance"}[$__rate_interval]))`, "{{outcome}}"}}},
		{title: "Posting: budget left and wallet, PSL", lines: []line{
			{`smartpool_post_budget_left_patoshi{instance=~"$instance"} / 1e5`, "{{instance}}, budget left"},
			{`smartpool_post_wallet_patoshi{instance=~"$instance"} / 1e5`, "{{instance}}, wallet"},
		}},
	}},
}

// dashboardJSON makes the dashboard.
func dashboardJSON() ([]byte, error) {
	all := dashboard.VariableOption{
		Text: dashboard.StringOrArrayOfString{String: cog.ToPtr("All")}, Value: dashboard.StringOrArrayOfString{String: cog.ToPtr("$__all")},
	}
	choice := func(name, label, query string) *dashboard.QueryVariableBuilder {
		return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(source).Query(dashboard.StringOrMap{String: &query}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
			Multi(true).IncludeAll(true).AllValue(".*").Current(all)
	}
	d := dashboard.NewDashboardBuilder("Smart pools").Uid("smartpool").Tags([]string{"pastel", "smartpool"}).
		Description("smartpoold's metrics. What they mean: docs/monitoring.md of smartpool.").
		Refresh("1m").Time("now-24h", "now").Timezone("browser").
		WithVariable(dashboard.NewDatasourceVariableBuilder("source").Label("Prometheus").Type("prometheus")).
		WithVariable(choice("instance", "Daemon", "label_values(smartpool_synced, instance)")).
		WithVariable(choice("pool", "Pool", `label_values(smartpool_pool_info{instance=~"$instance"}, pool)`))
	for _, r := range rows {
		d = d.WithRow(dashboard.NewRowBuilder(r.title))
		for _, p := range r.panels {
			d = d.WithPanel(p.builder())
		}
	}
	built, err := d.Build()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(built, "", "  ")
	return append(text, '\n'), err
}

// builder returns Grafana's form of a panel.
func (p *panel) builder() cog.Builder[dashboard.Panel] {
	var targets []cog.Builder[variants.Dataquery]
	for i, l := range p.lines {
		targets = append(targets, prometheus.NewDataqueryBuilder().Expr(l.expr).LegendFormat(l.name).RefId(string(rune('A'+i))))
	}
	unit := p.unit
	if unit == "" {
		unit = "none"
	}
	if !p.number {
		return timeseries.NewPanelBuilder().Title(p.title).Description(p.says).Datasource(source).Targets(targets).Unit(unit).Span(12).Height(8)
	}
	b := stat.NewPanelBuilder().Title(p.title).Description(p.says).Datasource(source).Targets(targets).Unit(unit).Span(6).Height(4).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
	if p.good == "" {
		return b
	}
	good, bad := "green", "red"
	if p.good == "0" {
		good, bad = "red", "green" // the lower value comes first
	}
	return b.Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps([]dashboard.Threshold{
		{Color: bad}, {Value: cog.ToPtr(1.0), Color: good},
	}))
}
