package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Closed says that a pool that ended has paid everything it owed and is no longer watched. That is long after its last pledges were
// released, so it concerns those who had one then.
const Closed = Kind(pool.PoolClosed)

var closed = row{kind: Closed, event: &eventRule{
	concerns: lastPledged, subject: timeOfPool, undone: "the pool was not closed",
	advice: func(*occurrence) (advice, error) {
		return advice{"Whatever is sent to its escrow from now on is lost.", doNothing}, nil
	},
}}
