package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Dissolved says that a pool was not replenished in time.
const Dissolved = Kind(pool.PoolDissolved)

var dissolved = row{kind: Dissolved, urgent: true, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool was not dissolved",
	advice: func(*occurrence) (advice, error) {
		return advice{
			"Pledged coins never moved and are free again. The pool no longer backs a Supernode.",
			"Members need do nothing; the operator may shut the machine down.",
		}, nil
	},
}}
