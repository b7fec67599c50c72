package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// PayoutPaid says that a payout was mined.
const PayoutPaid = Kind(pool.PayoutPaid)

var payoutPaid = row{kind: PayoutPaid, event: &eventRule{
	concerns: payee, subject: ofPayout, undone: "this payout is not mined",
	words: func(o *occurrence) (words, error) {
		po, err := o.payout()
		return say(
			fmt.Sprintf("Payout %s of pool %s was mined in %s.", po.TxID, o.Pool, o.at),
			fmt.Sprintf("It pays %s PSL to %s.", po.Total, addresses(po.Outputs)),
			doNothing,
		), err
	},
}}
