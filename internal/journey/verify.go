package journey

import (
	"errors"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// errTerms says that a daemon's terms of a pool do not match the pool's id.
var errTerms = errors.New("the daemon's terms do not match the pool's id; do not sign, and ask another daemon")

// verifyTerms verifies that a pool's id is the hash of the terms in a daemon's answer (protocol 2): a member sees the terms but signs the
// id. It also verifies what follows from the terms.
func verifyTerms(p *wire.PoolDetail, net *pastel.Network) error {
	label, err := ticket.ParsePoolID(p.ID)
	if err != nil {
		return errTerms
	}
	x := &ticket.Init{
		Version:            1, // daemons answer with the terms of this version
		SubscriptionPeriod: p.Period, RequiredCoins: p.Required, SupernodePastelID: p.Supernode, Company: p.Company,
		OperatorPastelID: p.Operator, OperatorFeeAddress: p.FeeAddress,
	}
	var badFactor, badFee error
	x.Factor, badFactor = ticket.ParseDecimal(p.Factor)
	x.Fee, badFee = ticket.ParseDecimal(p.Fee)
	if badFactor != nil || badFee != nil || string(x.IDFor(label)) != p.ID {
		return errTerms
	}
	factor, inRange := x.Factor.Units(ticket.FactorDecimals)
	target, fits := ticket.Target(x.RequiredCoins, factor)
	if !inRange || !fits || target != p.Target || ticket.EscrowAddress(ticket.PoolID(p.ID)).Encode(net) != p.Escrow {
		return errTerms
	}
	return nil
}
