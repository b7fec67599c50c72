package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Replenishing says that a pool fell short of its collateral.
const Replenishing = Kind(pool.PoolReplenishing)

var replenishing = row{kind: Replenishing, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not fall short of its collateral",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("Pool %s fell short of its collateral in %s: its members have %s, and %s are required.", o.Pool, o.at, psl(o.Coins),
				psl(o.of.Required)),
			fmt.Sprintf("Its Supernode is paused. Unless %s more are pledged by %s, the pool is dissolved.", psl(o.of.Required-o.Coins),
				o.at.until(o.at.height+o.of.Period)),
			"Pledge to it, raise your pledge, or ask others to.",
		), nil
	},
}}
