package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Replenishing says that a pool fell short of its collateral.
const Replenishing = Kind(pool.PoolReplenishing)

var replenishing = row{kind: Replenishing, urgent: true, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not fall short of its collateral",
	advice: func(o *occurrence) (advice, error) {
		return advice{
			fmt.Sprintf("Unless %s more are pledged by %s, the pool is dissolved.", psl(o.of.Required-o.what.Coins),
				o.at.until(pool.ReplenishUntil(o.at.height, o.of.Period))),
			"Pledge to it, raise your pledge, or ask others to.",
		}, nil
	},
}}
