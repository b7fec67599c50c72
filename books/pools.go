package books

import (
	"context"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// yieldWindow is the number of past blocks whose income determines a yield: 30 days.
const yieldWindow = pastel.Height(30 * 24 * time.Hour / chain.BlockTime)

// Pools lists pools in the order they opened.
func (b *Books) Pools(ctx context.Context, q wire.PoolQuery) (list []wire.Pool, tip wire.Tip, err error) {
	list = []wire.Pool{}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		rows, err := v.Pools(store.PoolFilter{Status: q.Status, Operator: q.Operator, At: store.Now})
		if err != nil {
			return err
		}
		for i := range rows {
			x, err := v.poolNow(&rows[i], q.Coins)
			if err != nil {
				return err
			}
			if !q.Open || x.LeastPledge > 0 {
				list = append(list, x)
			}
		}
		return nil
	})
	return list, tip, err
}

// PastPools lists the pools that existed after a block, in the order they opened. Coins, members and yields are known only at the tip.
func (b *Books) PastPools(ctx context.Context, at pastel.Height) (list []wire.PoolTerms, tip wire.Tip, err error) {
	list = []wire.PoolTerms{}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		if err := v.checkAt(at); err != nil {
			return err
		}
		rows, err := v.Pools(store.PoolFilter{At: at})
		if err != nil {
			return err
		}
		for i := range rows {
			x, err := v.terms(&rows[i])
			if err != nil {
				return err
			}
			list = append(list, x)
		}
		return nil
	})
	return list, tip, err
}

// checkAt refuses a future block.
func (v *view) checkAt(h pastel.Height) error {
	if h != store.Now && (h < 0 || h > v.tip.Height) {
		return badRequest("the ledger ends at block %d: ask for a block from 0 to %d", v.tip.Height, v.tip.Height)
	}
	return nil
}

func (v *view) terms(row *store.PoolRow) (x wire.PoolTerms, err error) {
	x = wire.PoolTerms{
		ID: string(row.ID), Company: row.Company, Operator: row.Operator.String(), Supernode: row.Supernode.String(), Status: row.Status,
		Fee: ticket.NewDecimal(row.Fee, ticket.FeeDecimals).String(), Factor: ticket.NewDecimal(row.Factor, ticket.FactorDecimals).String(),
		Required: row.Required, Target: row.Target, Period: int64(row.Period),
	}
	if x.Opened, err = v.moment(row.InitHeight); err != nil {
		return x, err
	}
	return x, v.moments(map[**wire.Moment]pastel.Height{&x.Activated: row.Activated, &x.Ended: row.Ended})
}

// poolNow returns a pool at the tip as lists show it. If coins is positive, it includes the yield of a new pledge of that many PSL.
func (v *view) poolNow(row *store.PoolRow, coins int64) (x wire.Pool, err error) {
	if x.PoolTerms, err = v.terms(row); err != nil {
		return x, err
	}
	standing, _, err := v.reputation(row.Operator)
	if err != nil {
		return x, err
	}
	x.Reputation = standing.Points
	p, err := v.poolState(row.ID)
	if err != nil {
		return x, err
	}
	network, err := v.averageIncome()
	if err != nil {
		return x, err
	}
	if x.CountsWith = counts(p, &v.b.net, coins); x.CountsWith > 0 {
		if x.YieldWith, err = v.yield(p, network, x.CountsWith); err != nil {
			return x, err
		}
	}
	return x, v.fillPool(&x, p, network)
}

// counts returns how many of a new pledge's offered PSL would count at the end of the next block if nothing else happened (protocol 7), or 0
// if the pool does not accept such a pledge. Before activation all of them count, provided that the operator lists the pledge.
func counts(p *pool.Pool, net *pool.Params, offered int64) int64 {
	entry, _ := p.Enters(offered, net)
	return entry.Counts
}

// fillPool adds what is known at the tip.
func (v *view) fillPool(x *wire.Pool, p *pool.Pool, network *income) (err error) {
	x.Counted, x.Offered, x.LeastPledge = p.Counted, p.Offered, p.LeastPledge
	x.Low, x.Broken, x.Waits = p.Low, p.Broken, p.Waits(&v.b.net)
	if p.Status.Live() {
		x.Cushion = p.Collateral().Cushion()
	}
	for i := range p.Pledges {
		switch p.Pledges[i].Role {
		case pool.Member:
			x.Members++
		case pool.Standby:
			x.Standby++
		case pool.Plain:
			x.Plain++
		}
	}
	until := map[**wire.Moment]pastel.Height{&x.NextSettlement: p.NextSettlement, &x.Deadline: p.Deadline, &x.JoinUntil: p.JoinUntil()}
	if p.Status == pool.Subscribing {
		until[&x.ActivateUntil] = p.ActivateUntil(&v.b.net)
	}
	if err := v.moments(until); err != nil {
		return err
	}
	x.Yield, err = v.yield(p, network, 0)
	return err
}

// income is what pools received over a number of blocks.
type income struct {
	amount pastel.Amount
	blocks int64 // summed over the pools
}

// poolIncome returns what a pool received in the yield window, nil before activation and after its end.
func (v *view) poolIncome(p *pool.Pool) (*income, error) {
	if p.Activated < 0 || !p.Status.Live() {
		return nil, nil
	}
	return v.b.keep(v.tip.Hash, p.ID).income.get(func() (*income, error) {
		from := max(p.Activated+1, v.tip.Height-yieldWindow+1)
		amount, err := v.Income(p.ID, from)
		return &income{amount, int64(v.tip.Height - from + 1)}, err
	})
}

// averageIncome returns what the network's active pools received in the yield window.
func (v *view) averageIncome() (*income, error) {
	return v.b.keepNetwork(v.tip.Hash).network.get(v.sumIncome)
}

func (v *view) sumIncome() (*income, error) {
	rows, err := v.Pools(store.PoolFilter{Status: []string{pool.Active.String()}, At: store.Now})
	if err != nil {
		return nil, err
	}
	var sum income
	for i := range rows {
		p, err := v.poolState(rows[i].ID)
		if err != nil {
			return nil, err
		}
		one, err := v.poolIncome(p)
		if err != nil || one == nil {
			return nil, err
		}
		sum.amount += one.amount
		sum.blocks += one.blocks
	}
	return &sum, nil
}

// yield returns what a counted PSL would earn in a year if more PSL counted in addition, nil while it is unknown. A pool without income of
// its own that has not yet been without it long enough to be idle (protocol 7) is assumed to be full and to earn the network's average.
func (v *view) yield(p *pool.Pool, network *income, more int64) (*wire.Yield, error) {
	in, err := v.poolIncome(p)
	if err != nil {
		return nil, err
	}
	basis, coins := "pool", p.Counted+more
	if in == nil || in.amount == 0 && in.blocks < int64(v.b.net.IdleLimit) {
		in, basis, coins = network, "network", max(p.Target, p.Counted+more)
	}
	if in == nil || basis == "network" && in.amount == 0 || in.blocks == 0 || coins == 0 || !p.Status.Live() {
		return nil, nil
	}
	hundredths, ok := yearly(in, p.Fee, coins)
	if !ok {
		return nil, nil
	}
	return &wire.Yield{Percent: ticket.NewDecimal(hundredths, 2).String(), Basis: basis, Blocks: in.blocks}, nil
}

// yearly returns the yearly yield in 0.01 % after a fee in 0.01 %. It reports false if the yield overflows.
func yearly(in *income, fee, coins int64) (int64, bool) {
	year, ok := in.amount.MulDiv(blocksPerYear, in.blocks)
	if !ok {
		return 0, false
	}
	net, ok := year.MulDiv(10_000-fee, 10_000)
	if !ok {
		return 0, false
	}
	hundredths, ok := net.MulDiv(10_000, coins)
	return int64(hundredths / pastel.PSL), ok
}

// Pool returns everything about a pool at the tip.
func (b *Books) Pool(ctx context.Context, id string) (out wire.PoolDetail, err error) {
	err = b.view(ctx, func(v *view) error {
		p, err := v.poolState(ticket.PoolID(id))
		if err != nil {
			return err
		}
		return v.detail(&out, p)
	})
	return out, err
}

func (v *view) detail(out *wire.PoolDetail, p *pool.Pool) error {
	rows, err := v.Pools(store.PoolFilter{ID: p.ID, At: store.Now})
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fmt.Errorf("pool %s has a record but no row in the table of pools; %s", p.ID, store.Damaged)
	}
	net := &v.b.net.Network
	out.Tip = TipOf(&v.tip)
	if out.Pool, err = v.poolNow(&rows[0], 0); err != nil {
		return err
	}
	out.FeeAddress, out.Escrow, out.InitTx = p.FeeAddress.Encode(net), p.Escrow.Encode(net), p.InitTx.String()
	if p.Activated >= 0 {
		out.ActivationTx = p.ActivationTx.String()
	}
	out.Escrowed, out.OperatorFee, out.Carry = p.Escrowed, p.Accrued, p.Carry
	out.Claims, out.Participants = []wire.Claim{}, []wire.PoolPledge{}
	for _, c := range p.Claims {
		out.Claims = append(out.Claims, wire.Claim{Pool: string(p.ID), Address: c.To.Encode(net), Amount: c.Amount})
	}
	for i := range p.Pledges {
		x, err := v.pledge(p, &p.Pledges[i])
		if err != nil {
			return err
		}
		out.Accrued += x.Accrued
		out.Participants = append(out.Participants, x)
	}
	all, err := v.allTotals()
	if err != nil {
		return err
	}
	totals := all[p.ID]
	out.Income, out.Rewards, out.Forfeited, out.Paid = totals.Income, totals.Rewards, totals.Forfeited, totals.Paid
	if out.Pending, err = v.pendingPayouts(p.ID); err != nil {
		return err
	}
	out.Critical = criticalMembers(p)
	out.Forecast, err = v.forecast(p)
	return err
}

// maxPending is more than a pool can have pending: it settles every SettlementInterval, and a payout is pending for at most
// CoinbaseMaturity plus PayoutExpiry.
const maxPending = 100

// pledge returns a live pledge in its wire form.
func (v *view) pledge(p *pool.Pool, pl *pool.Pledge) (wire.PoolPledge, error) {
	net := &v.b.net.Network
	x := wire.PoolPledge{
		Seq: pl.Seq, PastelID: pl.PastelID.String(), Address: pastel.Address{Kind: pastel.AddressP2PKH, Hash: pl.Owner}.Encode(net),
		Reward: pl.Reward.Encode(net), Offered: pl.Offered, Counted: pl.Counted, Held: pl.Held, Role: pl.Role.String(), Share: "0", Accrued: pl.Accrued,
	}
	if pl.Role == pool.Member && p.Counted > 0 {
		x.Share = ticket.NewDecimal(pl.Counted*10_000/p.Counted, 2).String()
	}
	return x, v.moments(map[**wire.Moment]pastel.Height{&x.Since: pl.Since})
}

// forecast returns what the next settlement pays if income continues as in the yield window, nil if it pays nothing.
func (v *view) forecast(p *pool.Pool) (*wire.PayoutOutlook, error) {
	if p.NextSettlement < 0 {
		return nil, nil
	}
	in, err := v.poolIncome(p)
	if err != nil {
		return nil, err
	}
	var more pastel.Amount
	if in != nil && in.blocks > 0 && p.Status == pool.Active {
		if x, ok := in.amount.MulDiv(int64(p.NextSettlement-v.tip.Height), in.blocks); ok {
			more = x
		}
	}
	amount := duePayments(p, &v.b.net, more)
	if amount == 0 {
		return nil, nil
	}
	out := &wire.PayoutOutlook{Amount: amount}
	if out.At, err = v.moment(p.NextSettlement); err != nil {
		return nil, err
	}
	mined, _ := pool.PayoutWindow(p.NextSettlement, &v.b.net)
	out.Mined, err = v.moment(mined)
	return out, err
}

// duePayments returns what a pool would pay if it received more and then settled: the claims that are large enough (protocol 8). New income
// is shared out together with carry (protocol 5).
func duePayments(p *pool.Pool, net *pool.Params, more pastel.Amount) (sum pastel.Amount) {
	owed := map[pastel.Address]pastel.Amount{}
	for _, c := range p.Claims {
		owed[c.To] += c.Amount
	}
	fee, _ := more.MulDiv(p.Fee, 10_000) // a part of more
	owed[p.FeeAddress] += p.Accrued + fee
	shared := more - fee
	if more > 0 {
		shared += p.Carry
	}
	for i := range p.Pledges {
		pl := &p.Pledges[i]
		owed[pl.Reward] += pl.Accrued
		if pl.Role == pool.Member {
			part, _ := shared.MulDiv(pl.Counted, p.Counted) // a part of shared
			owed[pl.Reward] += part
		}
	}
	least := pool.LeastPayment(p.Status, net)
	for _, amount := range owed {
		if amount >= least {
			sum += amount
		}
	}
	return sum
}

// seriesPoints is the maximum number of points in a series.
const seriesPoints = 400

// Series returns a pool's income over time in spans of at least width blocks; 0 chooses the width.
func (b *Books) Series(ctx context.Context, id string, width int64) (out wire.Series, err error) {
	err = b.view(ctx, func(v *view) error {
		p, err := v.poolState(ticket.PoolID(id))
		if err != nil {
			return err
		}
		life := int64(v.tip.Height-p.InitHeight) + 1
		if width == 0 {
			width = max(1, life/60)
		}
		width = max(width, life/seriesPoints+1)
		spans, err := v.Spans(p.ID, width)
		if err != nil {
			return err
		}
		out = wire.Series{Tip: TipOf(&v.tip), Blocks: width, Points: []wire.Point{}}
		for _, s := range spans {
			at, err := v.moment(max(s.From, 0))
			if err != nil {
				return err
			}
			out.Points = append(out.Points, wire.Point{From: at, Income: s.Income, Forfeits: s.Forfeits, Paid: s.Paid})
		}
		return nil
	})
	return out, err
}
