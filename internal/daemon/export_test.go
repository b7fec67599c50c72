package daemon

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// For tests in this folder.
var (
	BacksUp   = backsUp
	ListEvery = listEvery
)

const ListPatience = listPatience

// SetClock replaces the machine's clock before Run.
func (d *Daemon) SetClock(now func() time.Time) { d.now = now }

// Metrics returns what the daemon exposes.
func (d *Daemon) Metrics() *prometheus.Registry { return d.metrics.registry }

// PoolMetrics returns the metrics of some pools.
func PoolMetrics(pools []store.PoolRow) prometheus.Collector {
	v := &survey{pools: make(map[ticket.PoolID]*surveyed, len(pools))}
	for i := range pools {
		v.pools[pools[i].ID] = &surveyed{PoolRow: pools[i], paid: -1}
	}
	return &poolMetrics{look: func() *survey { return v }, watched: watched{all: true}, listed: func() *chain.Listing { return nil }}
}
