package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// Left says that a pledge left.
const Left = Kind(pool.PledgeLeft)

var left = row{kind: Left, event: &eventRule{
	concerns: itself, subject: onceOfPledge, undone: "the pledge did not leave",
	words: func(o *occurrence) (words, error) {
		means := "Pledges on standby, and what members offer beyond what counts, take its place at once, as far as they go."
		switch o.Role {
		case pool.Standby.String():
			means = "None of it counted, so the pool's collateral is as before."
		case pool.Plain.String():
			means = "The pool has not started and needs as much from others."
		}
		if o.Forfeited > 0 {
			means = fmt.Sprintf("The %s PSL that it had earned since the last settlement go to the remaining members and the operator. ",
				o.Forfeited) + means
		}
		return say(
			fmt.Sprintf("The pledge of %s by %s left pool %s in %s: its coins were spent.", o.pledge(), o.PastelID, o.Pool, o.at),
			means,
			"If you are its owner and did not spend them, secure the wallet's keys.",
		), nil
	},
}}
