package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Promoted says that more of a pledge counts, or the first of it.
const Promoted = Kind(pool.PledgePromoted)

var promoted = row{kind: Promoted, event: &eventRule{
	concerns: itself, subject: timeOfPledge, undone: "no more of the pledge counts than before",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("More of the pledge of %s to pool %s counts since %s: %s of the %s that it offers.", o.PastelID, o.Pool, o.at, psl(o.Coins),
				psl(o.Offered)),
			"It earns on that from the next block on.",
			doNothing,
		), nil
	},
}}
