package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// PayoutSettled says that a pool settled.
const PayoutSettled = Kind(pool.PayoutSettled)

var payoutSettled = row{kind: PayoutSettled, event: &eventRule{
	concerns: payee, subject: ofPayout, undone: "this payout was not settled",
	advice: func(o *occurrence) (advice, error) {
		po, err := o.payout()
		return advice{
			fmt.Sprintf("It pays %s. Upgraded miners can mine payout %s from %s on.", addresses(po.Outputs), po.TxID, o.at.until(po.ValidFrom)),
			doNothing,
		}, err
	},
}}
