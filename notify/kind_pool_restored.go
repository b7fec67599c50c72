package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Restored says that a pool has its collateral again.
const Restored = Kind(pool.PoolRestored)

var restored = row{kind: Restored, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not get its collateral back",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("Pool %s has its collateral again since %s: its members have %s, and %s are required.", o.Pool, o.at, psl(o.Coins),
				psl(o.of.Required)),
			"Its Supernode resumes by itself if its machine is still running.",
			"The operator should check that it is; members need do nothing.",
		), nil
	},
}}
