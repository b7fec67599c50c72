package journey

import (
	"errors"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// ErrTerms says that a daemon makes up a pool's terms.
var ErrTerms = errors.New("the daemon's terms are not those the pool's id stands for: do not sign; ask another daemon")

// VerifyTerms checks that the terms a daemon tells are those that the pool's id is the hash of (protocol 2): a member signs the id, and is shown
// the terms. What follows from them is checked, too.
func VerifyTerms(p *wire.PoolDetail, net *pastel.Network) error {
	label, err := ticket.ParsePoolID(p.ID)
	if err != nil {
		return ErrTerms
	}
	x := &ticket.Init{
		Version:            1, // the one whose terms a daemon tells
		SubscriptionPeriod: p.Period, RequiredCoins: p.Required, SupernodePastelID: p.Supernode, Company: p.Company,
		OperatorPastelID: p.Operator, OperatorFeeAddress: p.FeeAddress,
	}
	var badFactor, badFee error
	x.Factor, badFactor = ticket.ParseDecimal(p.Factor)
	x.Fee, badFee = ticket.ParseDecimal(p.Fee)
	if badFactor != nil || badFee != nil || string(x.IDFor(label)) != p.ID {
		return ErrTerms
	}
	factor, inRange := x.Factor.Units(ticket.FactorDecimals)
	target, fits := ticket.Target(x.RequiredCoins, factor)
	if !inRange || !fits || target != p.Target || ticket.EscrowAddress(ticket.PoolID(p.ID)).Encode(net) != p.Escrow {
		return ErrTerms
	}
	return nil
}
