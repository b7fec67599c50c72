package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Closed says that a pool that ended has paid everything it owed and is no longer watched. That is long after its last pledges were
// released, so it concerns those who had one then.
const Closed = Kind(pool.PoolClosed)

var closed = row{kind: Closed, event: &eventRule{
	concerns: lastPledged, subject: timeOfPool, undone: "the pool was not closed",
	words: func(o *occurrence) (words, error) {
		return say(
			fmt.Sprintf("Pool %s was closed in %s: it has paid everything it owed.", o.Pool, o.at),
			fmt.Sprintf("%s PSL, too little to pay out, stay in its escrow forever, and whatever is sent there from now on is lost.", o.Amount),
			doNothing,
		), nil
	},
}}
