package daemon

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pastelnetwork/smartpool/notify"
)

// alertMetrics is what the daemon exposes about alerts: what became of them in this process, and what waits in the database.
type alertMetrics struct{ d *Daemon }

var (
	descAttempts = prometheus.NewDesc("smartpool_alert_attempts_total",
		"Attempts to send an alert, by outcome: delivered, failed (the receiver did not answer, or said that it failed) or refused.",
		[]string{"outcome"}, nil)
	descTold    = prometheus.NewDesc("smartpool_alerts_delivered_total", "Alerts that a receiver took, by kind.", []string{"kind"}, nil)
	descLost    = prometheus.NewDesc("smartpool_alerts_given_up_total", "Alerts that this process gave up, but none to members: refused, or not delivered for days.", nil, nil)
	descSkipped = prometheus.NewDesc("smartpool_alerts_skipped_total", "Causes of alerts that could not be judged and were left out; the log says which.",
		nil, nil)
	descSubscriptions = prometheus.NewDesc("smartpool_alert_subscriptions", "Subscriptions to alerts.", nil, nil)
	descWaiting       = prometheus.NewDesc("smartpool_alerts_waiting", "Alerts that wait to be sent, or to be sent again, but none to members.", nil, nil)
	descOldest        = prometheus.NewDesc("smartpool_alerts_oldest_waiting_seconds", "How long the oldest of them has been waiting; 0 if none is.", nil, nil)
	descGivenUp       = prometheus.NewDesc("smartpool_alerts_given_up", "Alerts given up so far, of all subscriptions that still exist, without those of members.", nil, nil)
)

// Describe implements prometheus.Collector.
func (alertMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descAttempts, descTold, descLost, descSkipped, descSubscriptions, descWaiting, descOldest, descGivenUp} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m alertMetrics) Collect(ch chan<- prometheus.Metric) {
	total := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	c := &m.d.counts
	total(descAttempts, c.Delivered.Load(), "delivered")
	total(descAttempts, c.Failed.Load(), "failed")
	total(descAttempts, c.Refused.Load(), "refused")
	for _, k := range notify.Kinds() {
		total(descTold, c.Told(k), string(k))
	}
	total(descLost, c.GivenUp.Load())
	total(descSkipped, c.Skipped.Load())
	service := m.d.Alerts()
	if service == nil {
		return
	}
	b := service.Outbox()
	for d, v := range map[*prometheus.Desc]float64{
		descSubscriptions: float64(b.Subscriptions), descWaiting: float64(b.Waiting), descOldest: b.Oldest.Seconds(), descGivenUp: float64(b.GivenUp),
	} {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
}
