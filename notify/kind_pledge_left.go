package notify

import (
	"github.com/pastelnetwork/smartpool/pool"
)

// Left says that a pledge left.
const Left = Kind(pool.PledgeLeft)

var left = row{kind: Left, urgent: true, event: &eventRule{
	concerns: itself, subject: onceOfPledge, undone: "the pledge did not leave",
	advice: func(o *occurrence) (advice, error) {
		means := "Its coins were spent. "
		switch o.what.Role {
		case pool.Standby:
			means += "None of it counted, so the pool's collateral is as before."
		case pool.Plain:
			means += "The pool has not started and needs as much from others."
		default:
			means += "Pledges on standby, and what members offer beyond what counts, take its place at once, as far as they go."
		}
		if o.what.Forfeited > 0 { // the event's words leave out the operator
			means += " The members who stay and the operator share what it forfeited."
		}
		return advice{means, "If you are its owner and did not spend them, secure the wallet's keys."}, nil
	},
}}
