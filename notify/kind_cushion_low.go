package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// CushionLow says that less of a pool's cushion counts than the share that a subscription names.
const CushionLow Kind = "cushion.low"

var cushionLow = row{kind: CushionLow, urgent: true, standing: &standingRule{ofLedger, func(t *standing) (judgement, error) {
	return cushions{t}, nil
}}}

type cushions struct{ *standing }

func (j cushions) stands(sub *store.Subscription) (list []*report, err error) {
	for id, p := range j.pools {
		earns := p.Status == pool.Active || p.Status == pool.Replenishing
		if earns && j.concerns(sub, id) && low(p, sub) {
			list = append(list, j.report(cause{kind: CushionLow, pool: id}, j.words(p, sub)))
		}
	}
	return list, nil
}

// low reports whether a pool's cushion is.
func low(p *store.PoolRow, sub *store.Subscription) bool {
	return collateral(p).Below(sub.Cushion)
}

func collateral(p *store.PoolRow) pool.Collateral {
	return pool.Collateral{Required: p.Required, Target: p.Target, Counted: p.Counted, Offered: p.Offered}
}

// words tell of a low cushion. What is offered beyond what counts fills up at once, so there is none of it as a rule.
func (j cushions) words(p *store.PoolRow, sub *store.Subscription) words {
	return say(
		fmt.Sprintf("Pool %s has less than %d %% of its cushion at %s: %s count, %s are required, and the target is %s.", p.ID, sub.Cushion,
			j.at, psl(p.Counted), psl(p.Required), psl(p.Target)),
		spare(p),
		"Find more pledges, or ask members to raise theirs, before anybody leaves.")
}

// spare says what is offered to a pool and does not count.
func spare(p *store.PoolRow) string {
	if p.Offered == p.Counted {
		return "Nothing more is offered, neither on standby nor by members, that could fill up when somebody leaves."
	}
	return fmt.Sprintf("%s more are offered, on standby or by members, and fill up when somebody leaves.", psl(p.Offered-p.Counted))
}

func (j cushions) over(sub *store.Subscription, a *store.Alert) (ending, error) {
	p := j.pools[a.Pool]
	switch {
	case p == nil:
		return j.gone(a.Pool)
	case p.Status == pool.Subscribing:
		return j.inactive(p), nil
	case low(p, sub):
		return j.unconcerned(sub, p.ID), nil
	}
	return over("Pool %s has its cushion again at %s: %s count and %s are required. %s", p.ID, j.at, psl(p.Counted), psl(p.Required),
		spare(p)), nil
}
