package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Reduced says that a pledge offers no more than what counts.
const Reduced = Kind(pool.PledgeReduced)

var reduced = row{kind: Reduced, event: &eventRule{
	concerns: itself, subject: timeOfPledge, undone: "the pledge was not reduced",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("The pledge of %s to pool %s was reduced in %s: its coins moved, and what is left at its address covers no more than the %s "+
				"that count.", o.PastelID, o.Pool, o.at, psl(o.Coins)),
			"It earns as before, but offers nothing more to fill up with when others leave.",
			secureKeys,
		), nil
	},
}}
