package pool

import "github.com/pastelnetwork/smartpool/pastel"

// JoinUntil returns the last height at which a subscribing pool accepts pledges (protocol 6).
func (t *Terms) JoinUntil() pastel.Height { return t.InitHeight + t.Period }

// ActivateUntil returns the last height at which the pool can be activated (protocol 6). After it the pool expires.
func (t *Terms) ActivateUntil(params *Params) pastel.Height {
	return t.JoinUntil() + params.ActivationGrace
}

// ReplenishUntil returns the last height at which a pool of this subscription period accepts pledges after it fell short of collateral
// at height short (protocol 7). After it the pool is dissolved.
func ReplenishUntil(short, period pastel.Height) pastel.Height { return short + period }

// ReplenishUntil is the function ReplenishUntil for a pool of these terms.
func (t *Terms) ReplenishUntil(short pastel.Height) pastel.Height {
	return ReplenishUntil(short, t.Period)
}

// JoinUntil returns the last height at which the pool accepts pledges in its present status, or -1 if the status has no such limit or
// accepts no pledges.
func (p *Pool) JoinUntil() pastel.Height {
	switch p.Status {
	case Subscribing:
		return p.Terms.JoinUntil()
	case Replenishing:
		return p.Deadline
	default:
		return never
	}
}

// PayoutWindow returns the first and the last height at which a payout that was settled at a height can be mined (protocol 8). At the
// end of the last block it is cancelled.
func PayoutWindow(settled pastel.Height, params *Params) (from, to pastel.Height) {
	from = settled + params.CoinbaseMaturity
	return from, from + params.PayoutExpiry
}
