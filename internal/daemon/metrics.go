package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
)

// metrics is what the daemon exposes to Prometheus. Heights and sums are read on each scrape.
type metrics struct {
	registry *prometheus.Registry
	blocks   prometheus.Counter
	back     prometheus.Counter
	events   *prometheus.CounterVec

	ledger func() *chain.Ledger
	ready  *readiness
}

func newMetrics(ledger func() *chain.Ledger, ready *readiness) *metrics {
	m := &metrics{
		ledger:   ledger,
		ready:    ready,
		registry: prometheus.NewRegistry(),
		blocks:   prometheus.NewCounter(prometheus.CounterOpts{Name: "smartpool_blocks_applied_total", Help: "Blocks stored."}),
		back:     prometheus.NewCounter(prometheus.CounterOpts{Name: "smartpool_blocks_reverted_total", Help: "Blocks reverted in reorganizations."}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "smartpool_events_total", Help: "Events of stored blocks, by type.",
		}, []string{"type"}),
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
	descHeight  = prometheus.NewDesc("smartpool_height", "Last block of the ledger.", nil, nil)
	descTarget  = prometheus.NewDesc("smartpool_node_height", "Last block of the node when last polled.", nil, nil)
	descHeaders = prometheus.NewDesc("smartpool_node_headers", "Last block header that the node knows of.", nil, nil)
	descPeers   = prometheus.NewDesc("smartpool_node_peers", "Nodes that the node is connected to.", nil, nil)
	descTime    = prometheus.NewDesc("smartpool_tip_timestamp_seconds", "Time of the last block, in seconds since 1970.", nil, nil)
	descSynced  = prometheus.NewDesc("smartpool_synced", "1 if the ledger is at the network's tip, as /readyz says.", nil, nil)
	descLag     = prometheus.NewDesc("smartpool_behind_blocks", "Announced blocks that this daemon, which only reads, does not show yet.", nil, nil)
	descLagFor  = prometheus.NewDesc("smartpool_behind_seconds", "Seconds since the first of them was announced.", nil, nil)
	descListens = prometheus.NewDesc("smartpool_listening", "1 if the writing daemon's announcements reach this one, 0 if it polls.", nil, nil)
	descPools   = prometheus.NewDesc("smartpool_pools", "Pools by status.", []string{"status"}, nil)
	descEscrow  = prometheus.NewDesc("smartpool_escrow_patoshi", "Rewards in escrow, including pending payouts.", nil, nil)
	descCoins   = prometheus.NewDesc("smartpool_member_coins_psl", "Members' counted coins in active and replenishing pools.", nil, nil)
	descDue     = prometheus.NewDesc("smartpool_payouts_pending", "Payouts settled but not yet mined.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descHeight, descTarget, descHeaders, descPeers, descTime, descSynced, descLag, descLagFor, descListens, descPools, descEscrow, descCoins, descDue} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descSynced, map[bool]float64{true: 1}[m.ready.public() == ""])
	m.freshness(gauge)
	ledger := m.ledger()
	if ledger == nil { // it only reads; or there is nothing to show yet
		return
	}
	ledger.View(func(s *pool.State) {
		gauge(descHeight, float64(s.Tip().Height))
		counts := map[string]int{}
		var escrow, coins, due int64
		for _, id := range s.Pools() {
			p, _ := s.Pool(id)
			counts[p.Status.String()]++
			escrow += int64(p.Escrowed)
			if p.Status == pool.Active || p.Status == pool.Replenishing {
				coins += p.Counted
			}
			due += int64(len(p.Pending))
		}
		for status, n := range counts {
			gauge(descPools, float64(n), status)
		}
		gauge(descEscrow, float64(escrow))
		gauge(descCoins, float64(coins))
		gauge(descDue, float64(due))
	})
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
		gauge(descListens, map[bool]float64{true: 1}[fresh.Lag.Listens])
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
}

// serve serves /metrics, /healthz and /readyz until stop is called.
func (d *Daemon) serve() (stop func(), err error) {
	if d.cfg.Metrics == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", d.cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w; choose another address with --metrics", err)
	}
	listener = capConnections(listener, fewConnections, nil)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if reason, err := d.ready.reasonNot(); reason != "" {
			if err != nil && !d.cfg.MetricsPublic {
				reason += ": " + err.Error()
			}
			respond(w, http.StatusServiceUnavailable, reason)
			return
		}
		respond(w, http.StatusOK, "ready")
	})
	server := &http.Server{
		Handler: named(mux, d.cfg.MetricsPublic), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			d.log.Error("the metrics endpoint stopped", "err", err)
		}
	}()
	d.log.Info("metrics and health", "address", listener.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			d.log.Warn("close metrics", "err", err)
		}
		<-done
	}, nil
}

// named refuses requests under foreign names, which a stranger's page can make a browser on this machine send, unless strangers may ask.
func named(next http.Handler, public bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !public && !api.Unnamed(r.Host) {
			respond(w, http.StatusMisdirectedRequest, "use the address of this endpoint instead of a name")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func respond(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") //nolint:errcheck // the client is gone
}
