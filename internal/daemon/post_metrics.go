package daemon

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/poster"
)

// postMetrics is what the daemon exposes about posting.
type postMetrics struct{ d *Daemon }

var (
	descPosted = prometheus.NewDesc("smartpool_posted_total",
		"What this process posted and paid for: tickets (pledges and amendments) and registrations.", []string{"kind"}, nil)
	descRefused = prometheus.NewDesc("smartpool_post_refusals_total", "Requests to post something that were refused, by kind.", []string{"kind"}, nil)
	descAllowed = prometheus.NewDesc("smartpool_post_budget_patoshi", "What tickets may cost in any 24 hours.", nil, nil)
	descWallet  = prometheus.NewDesc("smartpool_post_wallet_patoshi", "What the wallet that pays can spend, when last asked; absent while it does not answer.", nil, nil)
	descBudget  = prometheus.NewDesc("smartpool_post_budget_left_patoshi", "What the budget for tickets has left now.", nil, nil)
)

// Describe implements prometheus.Collector.
func (postMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPosted, descRefused, descAllowed, descWallet, descBudget} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m postMetrics) Collect(ch chan<- prometheus.Metric) {
	if !m.d.cfg.PostTickets {
		return
	}
	total := func(d *prometheus.Desc, n int64, kind string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), kind)
	}
	total(descPosted, m.d.posts.Tickets.Load(), "ticket")
	total(descPosted, m.d.posts.Registrations.Load(), "registration")
	for _, k := range poster.Kinds() {
		total(descRefused, m.d.posts.Refused(k), string(k))
	}
	gauge := gauges(ch)
	gauge(descAllowed, float64(m.d.cfg.PostBudget)*float64(pastel.PSL))
	if has := m.d.funds.Load(); has != nil {
		gauge(descWallet, float64(*has))
	}
	if service := m.d.Poster(); service != nil {
		gauge(descBudget, float64(service.Left()))
	}
}
