package pool

import "github.com/pastelnetwork/smartpool/pastel"

// CanBack reports whether a P2PKH output of this value can back pledges: it is worth at least MinPledge, and not exactly the collateral,
// which would back a Supernode by itself (protocol 3 and 6).
func CanBack(value pastel.Amount, net *Params) bool {
	return value >= net.MinPledge && value != net.Collateral
}

// ConfirmationsToPledge returns how many confirmations an output needs before a block can take a ticket that names it (protocol 6): that
// block's own counts.
func ConfirmationsToPledge(coinbase bool, net *Params) pastel.Height {
	if coinbase {
		return net.CoinbaseMaturity
	}
	return net.PledgeConfirmations
}
