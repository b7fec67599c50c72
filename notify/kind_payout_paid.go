package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pool"
)

// PayoutPaid says that a payout was mined.
const PayoutPaid = Kind(pool.PayoutPaid)

var payoutPaid = row{kind: PayoutPaid, event: &eventRule{
	concerns: payee, subject: ofPayout, undone: "this payout is not mined",
	advice: func(o *occurrence) (advice, error) {
		po, err := o.payout()
		return advice{fmt.Sprintf("Transaction %s pays %s PSL to %s.", po.TxID, po.Total.Grouped(), addresses(po.Outputs)), doNothing}, err
	},
}}
