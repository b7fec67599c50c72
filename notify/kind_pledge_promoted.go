package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Promoted says that more of a pledge counts, or the first of it.
const Promoted = Kind(pool.PledgePromoted)

var promoted = row{kind: Promoted, event: &eventRule{
	concerns: itself, subject: timeOfPledge, undone: "no more of the pledge counts than before",
	advice: func(*occurrence) (advice, error) {
		return advice{"The pledge earns on that from the next block.", doNothing}, nil
	},
}}
