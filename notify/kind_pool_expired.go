package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Expired says that a pool was not activated in time.
const Expired = Kind(pool.PoolExpired)

var expired = row{kind: Expired, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool did not expire",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("Pool %s expired in %s: it was not activated in time.", o.Pool, o.at),
			"Pledged coins never moved and are free again.",
			"You can pledge them to another pool.",
		), nil
	},
}}
