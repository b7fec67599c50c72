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

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pastelnetwork/smartpool/api"
)

// mostScrapes is how many scrapes are answered at once. At the network's limit, one takes some megabytes.
const mostScrapes = 4

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
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: mostScrapes}))
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
