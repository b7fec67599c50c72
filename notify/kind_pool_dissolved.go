package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Dissolved says that a pool was not replenished in time.
const Dissolved = Kind(pool.PoolDissolved)

var dissolved = row{kind: Dissolved, event: &eventRule{
	concerns: pledged, subject: timeOfPool, undone: "the pool was not dissolved",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("Pool %s was dissolved in %s: it was not replenished in time.", o.Pool, o.at),
			"Pledged coins never moved and are free again. Rewards earned so far are paid out. The pool no longer backs a Supernode.",
			"Members need do nothing; the operator may shut the machine down.",
		), nil
	},
}}
