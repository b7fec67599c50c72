package pool

import "github.com/pastelnetwork/smartpool/pastel"

// BacksAlone reports whether an output of this value is exactly the collateral: it can back a Supernode by itself, and no pledge
// (protocol 6).
func BacksAlone(value pastel.Amount, params *Params) bool { return value == params.Collateral }

// CanBack reports whether a P2PKH output of this value can back pledges: it is worth at least MinPledge, and does not back a Supernode
// alone (protocol 3 and 6).
func CanBack(value pastel.Amount, params *Params) bool {
	return value >= params.MinPledge && !BacksAlone(value, params)
}

// ConfirmationsToPledge returns how many confirmations an output needs before a block can take a ticket that names it (protocol 6): that
// block's own counts.
func ConfirmationsToPledge(coinbase bool, params *Params) pastel.Height {
	if coinbase {
		return params.CoinbaseMaturity
	}
	return params.PledgeConfirmations
}
