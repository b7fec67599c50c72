package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Reduced says that a pledge offers no more than what counts.
const Reduced = Kind(pool.PledgeReduced)

var reduced = row{kind: Reduced, urgent: true, event: &eventRule{
	concerns: itself, subject: timeOfPledge, undone: "the pledge was not reduced",
	advice: func(*occurrence) (advice, error) {
		return advice{"It earns as before, but offers nothing more to fill up with when others leave.", secureKeys}, nil
	},
}}
