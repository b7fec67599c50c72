package pool

import "github.com/pastelnetwork/smartpool/pastel"

// BacksAlone reports whether an output of this value is exactly the collateral. Such an output can back a Supernode by itself but cannot
// back a pledge (protocol 6).
func BacksAlone(value pastel.Amount, params *Params) bool { return value == params.Collateral }

// CanBack reports whether a P2PKH output of this value can back pledges: it is worth at least MinPledge and cannot back a Supernode
// by itself (protocol 3 and 6).
func CanBack(value pastel.Amount, params *Params) bool {
	return value >= params.MinPledge && !BacksAlone(value, params)
}

// ConfirmationsToPledge returns how many confirmations an output needs before a block can accept a ticket that names it, that block's
// own included (protocol 6).
func ConfirmationsToPledge(coinbase bool, params *Params) pastel.Height {
	if coinbase {
		return params.CoinbaseMaturity
	}
	return params.PledgeConfirmations
}
