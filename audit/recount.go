package audit

import (
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Recount computes, from the blocks that it watches, what a daemon should answer about pools. It keeps 4 bytes per block, a few sums per
// pool, and the amounts of payouts not mined yet. It is not safe for concurrent use.
type Recount struct {
	state *pool.State
	times []uint32 // of blocks, by height
	sums  map[ticket.PoolID]sums
	due   map[pastel.TxID]pastel.Amount // what payouts not mined yet will pay
}

// sums are figures of a pool that its state does not hold.
type sums struct {
	income, forfeited, paid pastel.Amount
	rewards                 int64
}

// NewRecount returns a Recount for a state. It must watch every block applied to the state, from block 0 on.
func NewRecount(state *pool.State) *Recount {
	return &Recount{state: state, sums: map[ticket.PoolID]sums{}, due: map[pastel.TxID]pastel.Amount{}}
}

// Watch adds up a block's update.
func (r *Recount) Watch(u *pool.Update) {
	r.times = append(r.times, u.Time)
	for i := range u.Events {
		x := &u.Events[i]
		s := r.sums[x.Pool]
		switch x.Type {
		case pool.RewardReceived:
			s.income += x.Amount
			s.rewards++
		case pool.RewardForfeited:
			s.forfeited += x.Amount
		case pool.PayoutSettled:
			r.due[x.TxID] = paidBy(x.Outputs)
		case pool.PayoutPaid:
			s.paid += r.due[x.TxID]
			delete(r.due, x.TxID)
		case pool.PayoutCancelled:
			delete(r.due, x.TxID)
		default:
			continue
		}
		r.sums[x.Pool] = s
	}
}

func paidBy(outputs []pool.Payment) (sum pastel.Amount) {
	for _, o := range outputs {
		sum += o.Amount
	}
	return sum
}

// moment dates a height; nil for -1, which means none.
func (r *Recount) moment(h pastel.Height) *wire.Moment {
	switch {
	case h < 0:
		return nil
	case int(h) >= len(r.times):
		return &wire.Moment{Height: h, Estimated: true}
	}
	return &wire.Moment{Height: h, Time: time.Unix(int64(r.times[h]), 0).UTC()}
}

// Pool returns what a daemon must answer about a pool as of the last block watched, without the tip and without estimates: future dates have
// only a height. It returns false if there is no such pool.
func (r *Recount) Pool(id ticket.PoolID) (*wire.PoolDetail, bool) {
	p, found := r.state.Pool(id)
	if !found {
		return nil, false
	}
	return r.rebuild(&p), true
}

// rebuild computes the answer about a pool from the state and the sums.
func (r *Recount) rebuild(p *pool.Pool) *wire.PoolDetail {
	net := r.state.Params()
	t := r.sums[p.ID]
	x := &wire.PoolDetail{
		FeeAddress: p.FeeAddress.Encode(&net.Network), Escrow: p.Escrow.Encode(&net.Network), InitTx: p.InitTx.String(),
		Escrowed: p.Escrowed, OperatorFee: p.Accrued, Carry: p.Carry, Income: t.income, Rewards: t.rewards, Forfeited: t.forfeited, Paid: t.paid,
	}
	x.PoolTerms = wire.PoolTerms{
		ID: string(p.ID), Company: p.Company, Operator: p.Operator.String(), Supernode: p.Supernode.String(), Status: p.Status.String(),
		Fee: ticket.NewDecimal(p.Fee, ticket.FeeDecimals).String(), Factor: ticket.NewDecimal(p.Factor, ticket.FactorDecimals).String(),
		Required: p.Required, Target: p.Target, Period: int64(p.Period),
		Opened: *r.moment(p.InitHeight), Activated: r.moment(p.Activated), Ended: r.moment(p.Ended),
	}
	if p.Activated >= 0 {
		x.ActivationTx = p.ActivationTx.String()
	}
	x.Counted, x.Offered, x.LeastPledge, x.Low, x.Broken = p.Counted, p.Offered, p.LeastPledge, p.Low, p.Broken
	x.Reputation, _, _ = r.state.Reputation(p.Operator)
	x.Deadline, x.NextSettlement = r.moment(p.Deadline), r.moment(p.NextSettlement)
	x.JoinUntil, x.Waits = r.moment(p.JoinUntil()), p.Waits(&net)
	if p.Status == pool.Subscribing {
		x.ActivateUntil = r.moment(p.ActivateUntil(&net))
	}
	if p.Status.Live() {
		x.Cushion = p.Collateral().Cushion()
	}
	r.rebuildPledges(x, p, &net.Network)
	for _, c := range p.Claims {
		x.Claims = append(x.Claims, wire.Claim{Pool: string(p.ID), Address: c.To.Encode(&net.Network), Amount: c.Amount})
	}
	for i := range p.Pending {
		po := &p.Pending[i]
		x.Pending = append(x.Pending, wire.Payout{
			TxID: po.Tx.ID().String(), Pool: string(p.ID), Status: "pending", Settled: *r.moment(po.Settled), From: *r.moment(po.ValidFrom), To: *r.moment(po.ValidTo),
			Amount: paidBy(po.Outputs), Change: po.Change, Outputs: len(po.Outputs),
		})
	}
	return x
}

func (r *Recount) rebuildPledges(x *wire.PoolDetail, p *pool.Pool, net *pastel.Network) {
	for i := range p.Pledges {
		m := &p.Pledges[i]
		pl := wire.PoolPledge{
			Seq: m.Seq, PastelID: m.PastelID.String(), Address: pastel.Address{Kind: pastel.AddressP2PKH, Hash: m.Owner}.Encode(net),
			Reward: m.Reward.Encode(net), Offered: m.Offered, Counted: m.Counted, Held: m.Held, Role: m.Role.String(), Share: "0", Since: r.moment(m.Since), Accrued: m.Accrued,
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
