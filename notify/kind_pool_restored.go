package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Restored says that a pool has its collateral again.
const Restored = Kind(pool.PoolRestored)

var restored = row{kind: Restored, urgent: true, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not get its collateral back",
	advice: func(*occurrence) (advice, error) {
		return advice{
			"The Supernode needs no new launch if its machine is still running.",
			"The operator should check that it is; members need do nothing.",
		}, nil
	},
}}
