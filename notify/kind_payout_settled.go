package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// PayoutSettled says that a pool settled.
const PayoutSettled = Kind(pool.PayoutSettled)

var payoutSettled = row{kind: PayoutSettled, event: &eventRule{
	concerns: payee, subject: ofPayout, undone: "this payout was not settled",
	words: func(o *occurrence) (words, error) {
		po, err := o.payout()
		return say(
			fmt.Sprintf("Pool %s settled %s PSL to %s in %s.", o.Pool, po.Total, addresses(po.Outputs), o.at),
			fmt.Sprintf("Upgraded miners can mine its payout %s from %s on.", po.TxID, o.at.until(po.ValidFrom)),
			doNothing,
		), err
	},
}}
