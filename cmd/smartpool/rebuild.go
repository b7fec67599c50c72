package main

import (
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// tally is what blocks tell of a pool and its state does not hold.
type tally struct {
	id                      ticket.PoolID
	times                   []uint32 // of blocks, by height
	income, forfeited, paid pastel.Amount
	rewards                 int64
	settled                 map[pastel.TxID]pastel.Amount // what a payout pays
}

// add counts a block.
func (t *tally) add(u *pool.Update) {
	t.times = append(t.times, u.Time)
	for i := range u.Events {
		x := &u.Events[i]
		if x.Pool != t.id {
			continue
		}
		switch x.Type {
		case pool.RewardReceived:
			t.income += x.Amount
			t.rewards++
		case pool.RewardForfeited:
			t.forfeited += x.Amount
		case pool.PayoutSettled:
			t.settled[x.TxID] = paidBy(x.Outputs)
		case pool.PayoutPaid:
			t.paid += t.settled[x.TxID]
		default:
		}
	}
}

func paidBy(outputs []pool.Payment) (sum pastel.Amount) {
	for _, o := range outputs {
		sum += o.Amount
	}
	return sum
}

// moment dates a height; nil for -1, which is none.
func (t *tally) moment(h pastel.Height) *wire.Moment {
	switch {
	case h < 0:
		return nil
	case int(h) >= len(t.times):
		return &wire.Moment{Height: h, Estimated: true}
	}
	return &wire.Moment{Height: h, Time: time.Unix(int64(t.times[h]), 0).UTC()}
}

// rebuild makes a pool's books, as a daemon has to tell them, from the state and the tally of raw blocks.
func rebuild(s *pool.State, p *pool.Pool, t *tally) *wire.PoolDetail {
	net := s.Params()
	x := &wire.PoolDetail{
		FeeAddress: p.FeeAddress.Encode(&net.Network), Escrow: p.Escrow.Encode(&net.Network), InitTx: p.InitTx.String(),
		Escrowed: p.Escrowed, OperatorFee: p.Accrued, Carry: p.Carry, Income: t.income, Rewards: t.rewards, Forfeited: t.forfeited, Paid: t.paid,
	}
	x.PoolTerms = wire.PoolTerms{
		ID: string(p.ID), Company: p.Company, Operator: p.Operator.String(), Supernode: p.Supernode.String(), Status: p.Status.String(),
		Fee: ticket.NewDecimal(p.Fee, ticket.FeeDecimals).String(), Factor: ticket.NewDecimal(p.Factor, ticket.FactorDecimals).String(),
		Required: p.Required, Target: p.Target, Period: int64(p.Period),
		Opened: *t.moment(p.InitHeight), Activated: t.moment(p.Activated), Ended: t.moment(p.Ended),
	}
	if p.Activated >= 0 {
		x.ActivationTx = p.ActivationTx.String()
	}
	x.Counted, x.Offered, x.LeastPledge, x.Low, x.Broken = p.Counted, p.Offered, p.LeastPledge, p.Low, p.Broken
	x.Reputation, _, _ = s.Reputation(p.Operator)
	x.Deadline, x.NextSettlement = t.moment(p.Deadline), t.moment(p.NextSettlement)
	switch p.Status {
	case pool.Subscribing:
		until := p.InitHeight + p.Period
		x.JoinUntil, x.ActivateUntil = t.moment(until), t.moment(until+net.ActivationGrace)
		x.Cushion = p.Offered - p.Required
	case pool.Replenishing:
		x.JoinUntil = x.Deadline
		x.Cushion = p.Counted - p.Required
	case pool.Active:
		x.Cushion = p.Counted - p.Required
		x.Waits = p.LeastPledge > 0 && (p.Counted >= p.Target ||
			slices.ContainsFunc(p.Pledges, func(m pool.Pledge) bool { return m.Role == pool.Standby }))
	default:
	}
	rebuildPledges(x, p, t, &net.Network)
	for _, c := range p.Claims {
		x.Claims = append(x.Claims, wire.Claim{Pool: string(p.ID), Address: c.To.Encode(&net.Network), Amount: c.Amount})
	}
	for i := range p.Pending {
		po := &p.Pending[i]
		x.Pending = append(x.Pending, wire.Payout{
			TxID: po.Tx.ID().String(), Pool: string(p.ID), Status: "pending", Settled: *t.moment(po.Settled), From: *t.moment(po.ValidFrom), To: *t.moment(po.ValidTo),
			Amount: paidBy(po.Outputs), Change: po.Change, Outputs: len(po.Outputs),
		})
	}
	return x
}

func rebuildPledges(x *wire.PoolDetail, p *pool.Pool, t *tally, net *pastel.Network) {
	for i := range p.Pledges {
		m := &p.Pledges[i]
		pl := wire.PoolPledge{
			Seq: m.Seq, PastelID: m.PastelID.String(), Address: pastel.Address{Kind: pastel.AddressP2PKH, Hash: m.Owner}.Encode(net),
			Reward: m.Reward.Encode(net), Offered: m.Offered, Counted: m.Counted, Held: m.Held, Role: m.Role.String(), Share: "0", Since: t.moment(m.Since), Accrued: m.Accrued,
		}
		switch m.Role {
		case pool.Member:
			x.Members++
			pl.Share = ticket.NewDecimal(m.Counted*10_000/max(1, p.Counted), 2).String()
		case pool.Standby:
			x.Standby++
		case pool.Plain:
			x.Plain++
		}
		x.Accrued += m.Accrued
		x.Participants = append(x.Participants, pl)
	}
}
