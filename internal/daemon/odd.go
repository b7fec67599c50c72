package daemon

import (
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// oddEntries reports entries of the node's lists that cannot be read: the daemon leaves them out and goes on with the others.
type oddEntries struct {
	log   *slog.Logger
	gauge *prometheus.GaugeVec

	mu  sync.Mutex
	now map[string]bool // lists that have some
}

func newOddEntries(log *slog.Logger) *oddEntries {
	return &oddEntries{log: log, now: map[string]bool{}, gauge: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "smartpool_node_odd_entries", Help: "Entries of the node's lists, when last asked for, that cannot be read and are left out, by call.",
	}, []string{"call"})}
}

// report notes the number of such entries in a list, and what is wrong with the first. It logs when they appear and when they are gone.
func (o *oddEntries) report(call string, entries int, first error) {
	o.gauge.WithLabelValues(call).Set(float64(entries))
	o.mu.Lock()
	defer o.mu.Unlock()
	had := o.now[call]
	o.now[call] = entries > 0
	switch {
	case entries > 0 && !had:
		o.log.Warn("the node's list has entries that cannot be read; the others count", "call", call, "entries", entries, "first", first)
	case entries == 0 && had:
		o.log.Info("every entry of the node's list can be read again", "call", call)
	}
}
