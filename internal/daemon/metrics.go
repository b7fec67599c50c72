package daemon

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// metrics is what the daemon exposes to Prometheus of itself. Heights are read on each scrape.
type metrics struct {
	registry *prometheus.Registry
	blocks   prometheus.Counter
	back     prometheus.Counter
	events   *prometheus.CounterVec

	ledger func() *chain.Ledger
	ready  *readiness
	now    func() time.Time
}

func newMetrics(ledger func() *chain.Ledger, ready *readiness, now func() time.Time) *metrics {
	m := &metrics{
		ledger:   ledger,
		ready:    ready,
		now:      now,
		registry: prometheus.NewRegistry(),
		blocks:   prometheus.NewCounter(prometheus.CounterOpts{Name: "smartpool_blocks_applied_total", Help: "Blocks stored."}),
		back:     prometheus.NewCounter(prometheus.CounterOpts{Name: "smartpool_blocks_reverted_total", Help: "Blocks reverted in reorganizations."}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "smartpool_events_total", Help: "Events of stored blocks, by type.",
		}, []string{"type"}),
	}
	for _, t := range pool.EventTypes() { // a rate needs a first value
		m.events.WithLabelValues(string(t))
	}
	m.registry.MustRegister(m.blocks, m.back, m.events, m, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) stepped(c *chain.Change) {
	m.blocks.Add(float64(len(c.Blocks)))
	m.back.Add(float64(c.Back))
	for _, b := range c.Blocks {
		for i := range b.Events {
			m.events.WithLabelValues(string(b.Events[i].Type)).Inc()
		}
	}
}

var (
	descHeight  = prometheus.NewDesc("smartpool_height", "Last block of the ledger; -1 before the first.", nil, nil)
	descTarget  = prometheus.NewDesc("smartpool_node_height", "Last block of the node when last polled.", nil, nil)
	descHeaders = prometheus.NewDesc("smartpool_node_headers", "Last block header that the node knows of.", nil, nil)
	descPeers   = prometheus.NewDesc("smartpool_node_peers", "Nodes that the node is connected to.", nil, nil)
	descHeard   = prometheus.NewDesc("smartpool_node_answered_timestamp_seconds", "When the node last answered, in seconds since 1970.", nil, nil)
	descTime    = prometheus.NewDesc("smartpool_tip_timestamp_seconds", "Time of the last block, in seconds since 1970.", nil, nil)
	descClock   = prometheus.NewDesc("smartpool_clock_timestamp_seconds", "The clock of the daemon's machine, in seconds since 1970.", nil, nil)
	descSynced  = prometheus.NewDesc("smartpool_synced", "1 if the ledger is at the network's tip, as /readyz says.", nil, nil)
	descHalted  = prometheus.NewDesc("smartpool_halted", "1 while the node's best chain breaks the rules, so that the ledger stands still.", nil, nil)
	descStalled = prometheus.NewDesc("smartpool_database_failing", "1 while the database does not store the last block, or cannot be read.", nil, nil)
	descLag     = prometheus.NewDesc("smartpool_behind_blocks", "Announced blocks that this daemon, which only reads, does not show yet.", nil, nil)
	descLagFor  = prometheus.NewDesc("smartpool_behind_seconds", "Seconds since the first of them was announced.", nil, nil)
	descListens = prometheus.NewDesc("smartpool_listening", "1 if the writing daemon's announcements reach this one, 0 if it polls.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descHeight, descTarget, descHeaders, descPeers, descHeard, descTime, descClock, descSynced, descHalted, descStalled, descLag, descLagFor, descListens,
	} {
		ch <- d
	}
}

// gauges returns a function that sends gauges.
func gauges(ch chan<- prometheus.Metric) func(d *prometheus.Desc, v float64, labels ...string) {
	return func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
}

// flag is the value of a gauge that says whether something is so.
func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := gauges(ch)
	halted, failing := m.ready.trouble()
	gauge(descSynced, flag(m.ready.public() == ""))
	gauge(descHalted, flag(halted))
	gauge(descStalled, flag(failing))
	gauge(descClock, float64(m.now().UnixMilli())/1000)
	m.freshness(gauge)
	if ledger := m.ledger(); ledger != nil { // it only reads; or there is nothing to show yet
		gauge(descHeight, float64(ledger.Last().Height))
	}
}

// freshness reports what is known of the network's tip.
func (m *metrics) freshness(gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	fresh, known := m.ready.fresh()
	if !known {
		return
	}
	if !fresh.Time.IsZero() {
		gauge(descTime, float64(fresh.Time.Unix()))
	}
	if fresh.Lag.Reads {
		gauge(descHeight, float64(fresh.Height))
		gauge(descListens, flag(fresh.Lag.Listens))
		gauge(descLag, float64(fresh.Lag.Blocks))
		gauge(descLagFor, fresh.Lag.For.Seconds())
	}
	if !fresh.Follows {
		return
	}
	gauge(descTarget, float64(fresh.Node.Height))
	if fresh.Node.Headers != chain.Unknown {
		gauge(descHeaders, float64(fresh.Node.Headers))
	}
	if fresh.Peers != chain.Unknown {
		gauge(descPeers, float64(fresh.Peers))
	}
	if !fresh.Heard.IsZero() {
		gauge(descHeard, float64(fresh.Heard.UnixMilli())/1000)
	}
}
