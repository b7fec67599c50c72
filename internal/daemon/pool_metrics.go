package daemon

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// watched selects the pools that have series of their own.
type watched struct {
	all  bool
	only map[string]bool // ids of pools and PastelIDs of operators
}

// Words of --metrics-pools.
const (
	everyPool = "all"
	noPool    = "none"
)

// metricsPools reads --metrics-pools.
func (c *Config) metricsPools() (w watched, err error) {
	list := listed(c.MetricsPools)
	switch {
	case len(list) == 0, slices.Equal(list, []string{everyPool}):
		return watched{all: true}, nil
	case slices.Equal(list, []string{noPool}):
		return w, nil
	}
	w.only = map[string]bool{}
	for _, text := range list {
		_, notPool := ticket.ParsePoolID(text)
		_, notOperator := pastelid.Parse(text)
		if notPool != nil && notOperator != nil {
			return w, fmt.Errorf("metrics-pools: %.100q is neither a pool's id nor an operator's PastelID; list these, separated by commas, or use %s or %s",
				text, everyPool, noPool)
		}
		w.only[text] = true
	}
	return w, nil
}

func (w *watched) includes(p *surveyed) bool {
	return w.all || w.only[string(p.ID)] || w.only[p.Operator.String()]
}

// poolMetrics is what the daemon exposes about the network's pools, and about each of them. A closed pool has no series of its own.
type poolMetrics struct {
	look    func() *survey
	watched watched
	listed  func() *chain.Listing // nil of a daemon that follows no node
}

// poolMetrics returns the metrics of pools.
func (d *Daemon) poolMetrics() *poolMetrics {
	m := &poolMetrics{look: d.survey.look}
	m.watched, _ = d.cfg.metricsPools() // New has checked it
	if d.cfg.NodeAPI == "" && !d.cfg.ReadOnly {
		m.listed = d.listed
	}
	return m
}

func poolDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("smartpool_pool_"+name, help, append([]string{"pool"}, labels...), nil)
}

var (
	descPools  = prometheus.NewDesc("smartpool_pools", "Pools by status.", []string{"status"}, nil)
	descEscrow = prometheus.NewDesc("smartpool_escrow_patoshi", "Rewards in escrow, including pending payouts.", nil, nil)
	descCoins  = prometheus.NewDesc("smartpool_member_coins_psl", "Members' counted coins in active and replenishing pools.", nil, nil)
	descDue    = prometheus.NewDesc("smartpool_payouts_pending", "Payouts settled but not yet mined.", nil, nil)
	descDigest = prometheus.NewDesc("smartpool_ledger_digest_prefix",
		"The first 48 bits of the ledger digest after the last block whose height is a multiple of 100: daemons that agree have the same.", []string{"height"}, nil)

	descPoolInfo       = poolDesc("info", "1 for each pool, with its operator's PastelID.", "operator")
	descPoolStatus     = poolDesc("status", "1 for the pool's status, 0 for all others.", "status")
	descPoolRequired   = poolDesc("required_psl", "Coins that the pool needs to back its Supernode.")
	descPoolTarget     = poolDesc("target_psl", "Coins that the pool counts at most.")
	descPoolCounted    = poolDesc("counted_psl", "Coins that count.")
	descPoolOffered    = poolDesc("offered_psl", "Coins that are pledged, counted or not.")
	descPoolCushion    = poolDesc("cushion_psl", "Coins that count beyond what the pool needs; negative if it is short.")
	descPoolPledges    = poolDesc("pledges", "Live pledges by role.", "role")
	descPoolEscrow     = poolDesc("escrow_patoshi", "Rewards in the pool's escrow, including pending payouts.")
	descPoolClaims     = poolDesc("claims_patoshi", "Settled money that is in no payout yet.")
	descPoolPending    = poolDesc("payouts_pending", "Payouts settled but not yet mined.")
	descPoolOverdue    = poolDesc("payouts_overdue", "Payouts not mined within 20 blocks after they could be.")
	descPoolWaiting    = poolDesc("payout_waiting_blocks", "Blocks since the oldest pending payout could be mined; 0 if none can be.")
	descPoolActivated  = poolDesc("activated_height", "Block in which the pool was activated; -1 if it was not.")
	descPoolLastReward = poolDesc("last_reward_height", "Last block that paid the pool; -1 if none has.")
	descPoolDeadline   = poolDesc("replenish_until_height", "Last block in which a replenishing pool can get its coins back; -1 in any other status.")
	descPoolSupernode  = poolDesc("supernode", "1 for the state of the pool's Supernode by the node's list, 0 for all others; all 0 before the activation.", "state")
)

// Describe implements prometheus.Collector.
func (*poolMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descPools, descEscrow, descCoins, descDue, descDigest, descPoolInfo, descPoolStatus, descPoolRequired, descPoolTarget, descPoolCounted,
		descPoolOffered, descPoolCushion, descPoolPledges, descPoolEscrow, descPoolClaims, descPoolPending, descPoolOverdue, descPoolWaiting,
		descPoolActivated, descPoolLastReward, descPoolDeadline, descPoolSupernode,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *poolMetrics) Collect(ch chan<- prometheus.Metric) {
	v := m.look()
	if v == nil {
		return
	}
	gauge := gauges(ch)
	for _, status := range pool.Statuses() {
		gauge(descPools, float64(v.network.Pools[status]), status.String())
	}
	gauge(descEscrow, float64(v.network.Escrowed))
	gauge(descCoins, float64(v.network.Counted))
	gauge(descDue, float64(v.network.Pending))
	gauge(descDigest, digestPrefix(v.agreed.Digest), strconv.Itoa(int(v.agreed.Height)))
	var list *chain.Listing
	if m.listed != nil {
		list = m.listed()
	}
	for _, p := range v.pools {
		if m.watched.includes(p) {
			m.pool(gauge, p, list)
		}
	}
}

// digestPrefix is a number that a metric keeps exactly.
func digestPrefix(d pool.Digest) float64 { return float64(binary.BigEndian.Uint64(d[:8]) >> 16) }

// pool reports one pool.
func (m *poolMetrics) pool(gauge func(d *prometheus.Desc, v float64, labels ...string), p *surveyed, list *chain.Listing) {
	id := string(p.ID)
	gauge(descPoolInfo, 1, id, p.Operator.String())
	for _, status := range pool.Statuses() {
		if status != pool.Closed {
			gauge(descPoolStatus, flag(p.Status == status), id, status.String())
		}
	}
	for _, x := range []struct {
		of    *prometheus.Desc
		value int64
	}{
		{descPoolRequired, p.Required}, {descPoolTarget, p.Target}, {descPoolCounted, p.Counted}, {descPoolOffered, p.Offered},
		{descPoolCushion, p.Counted - p.Required}, {descPoolEscrow, int64(p.Escrowed)}, {descPoolClaims, int64(p.Claimed)},
		{descPoolPending, int64(p.Pending)}, {descPoolOverdue, int64(p.overdue)}, {descPoolWaiting, int64(p.waiting)},
		{descPoolActivated, int64(p.Activated)}, {descPoolLastReward, int64(p.paid)}, {descPoolDeadline, int64(p.Deadline)},
	} {
		gauge(x.of, float64(x.value), id)
	}
	for role, n := range map[pool.Role]int{pool.Plain: p.Plain, pool.Member: p.Members, pool.Standby: p.Standby} {
		gauge(descPoolPledges, float64(n), id, role.String())
	}
	if m.listed == nil {
		return // there is no node to ask
	}
	var is chain.SupernodeState
	if p.Activated >= 0 {
		is = chain.JudgeSupernode(p.Status, p.ActivationTx, p.Escrow, list)
	}
	for _, state := range chain.SupernodeStates() {
		gauge(descPoolSupernode, flag(is == state), id, string(state))
	}
}
