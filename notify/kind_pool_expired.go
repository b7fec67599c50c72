package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Expired says that a pool was not activated in time.
const Expired = Kind(pool.PoolExpired)

var expired = row{kind: Expired, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not expire",
	advice: func(*occurrence) (advice, error) {
		return advice{"Pledged coins never moved and are free again.", "You can pledge them to another pool."}, nil
	},
}}
