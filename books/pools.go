package books

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// ordered is a sorted list's order: what it is in the store, and whether the list descends unless the query says otherwise.
type ordered[T ~string] struct {
	by       T
	descends bool
}

// sorted translates a query's sort and page. A key of one part sorts by the last one alone.
func sorted[T ~string](orders map[string]ordered[T], sort string, x wire.Sorted, alone T) (T, store.Page, error) {
	o, found := orders[sort]
	if !found {
		return "", store.Page{}, badRequest("sort: %q is no order of this list", sort)
	}
	keys := []key{keyInteger, keyInteger}
	if o.by == alone {
		keys = keys[1:]
	}
	descends := o.descends
	switch x.Order {
	case "":
	case wire.Ascending, wire.Descending:
		descends = x.Order == wire.Descending
	default:
		return "", store.Page{}, badRequest("order: %q is neither %s nor %s", x.Order, wire.Ascending, wire.Descending)
	}
	q := wire.Page{Cursor: x.Cursor, Limit: x.Limit}
	if descends {
		q.Order = wire.Newest
	}
	p, err := page(q, keys...)
	return o.by, p, err
}

var poolOrders = map[string]ordered[store.PoolOrder]{
	"": {store.ByOpened, false}, wire.SortOpened: {store.ByOpened, false}, wire.SortCounted: {store.ByCounted, true},
	wire.SortMembers: {store.ByMembers, true}, wire.SortRoom: {store.ByRoom, true}, wire.SortFee: {store.ByFee, false},
}

// Pools returns a page of the list of pools.
func (b *Books) Pools(ctx context.Context, q wire.PoolQuery) (list []wire.Pool, tip wire.Tip, next string, err error) {
	order, p, err := sorted(poolOrders, q.Sort, q.Sorted, store.ByOpened)
	if err != nil {
		return nil, tip, "", err
	}
	if q.Operator != "" {
		if _, err := parseID(q.Operator); err != nil {
			return nil, tip, "", err
		}
	}
	f := store.PoolList{Operator: q.Operator, Order: order}
	for _, name := range q.Status {
		i := slices.IndexFunc(pool.Statuses(), func(s pool.Status) bool { return s.String() == name })
		if i < 0 {
			return nil, tip, "", badRequest("status: %q is no status of a pool", name)
		}
		f.Status = append(f.Status, pool.Statuses()[i])
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		if q.Open {
			f.OpenAt = v.tip.Height + 1
		}
		rows, err := v.ListPools(f, p)
		if err != nil {
			return err
		}
		next = cursor(rows, p, func(x *store.PoolRow) []any { return poolKey(x, order) })
		list, err = v.listed(rows, q.Coins)
		return err
	})
	return list, tip, next, err
}

// PoolsFrom returns pools whose ids begin with a text, in the order of their ids.
func (b *Books) PoolsFrom(ctx context.Context, start string, most int) (list []wire.Pool, err error) {
	err = b.view(ctx, func(v *view) error {
		rows, err := v.PoolsFrom(start, most)
		if err != nil {
			return err
		}
		list, err = v.listed(rows, 0)
		return err
	})
	return list, err
}

// poolKey returns the key of a pool in a list of this order.
func poolKey(x *store.PoolRow, order store.PoolOrder) []any {
	switch order {
	case store.ByCounted:
		return []any{x.Counted, x.Num}
	case store.ByMembers:
		return []any{x.Members, x.Num}
	case store.ByRoom:
		if !x.Status.Live() {
			return []any{0, x.Num}
		}
		return []any{x.Collateral().Room(), x.Num}
	case store.ByFee:
		return []any{x.Fee, x.Num}
	default:
		return []any{x.Num}
	}
}

// PastPools returns a page of the pools that existed after a block, in the order they opened. Coins, members and yields are known only at the
// tip.
func (b *Books) PastPools(ctx context.Context, at pastel.Height, q wire.Page) (list []wire.PoolTerms, tip wire.Tip, next string, err error) {
	return listing[store.PoolRow, wire.PoolTerms]{
		keys: []key{keyInteger},
		key:  func(x *store.PoolRow) []any { return []any{x.Num} },
		read: func(v *view, p store.Page) ([]store.PoolRow, error) {
			if err := v.checkAt(at); err != nil {
				return nil, err
			}
			return v.PoolsAt(at, p)
		},
		wire: func(v *view, rows []store.PoolRow) ([]wire.PoolTerms, error) {
			if err := v.datesOf(rows); err != nil {
				return nil, err
			}
			list := []wire.PoolTerms{}
			for i := range rows {
				x, err := v.terms(&rows[i])
				if err != nil {
					return nil, err
				}
				list = append(list, x)
			}
			return list, nil
		},
	}.answer(ctx, b, q)
}

// checkAt refuses a future block.
func (v *view) checkAt(h pastel.Height) error {
	if h != store.Now && (h < 0 || h > v.tip.Height) {
		return badRequest("the ledger ends at block %d: ask for a block from 0 to %d", v.tip.Height, v.tip.Height)
	}
	return nil
}

// datesOf looks up at once the dates that a list of pools shows.
func (v *view) datesOf(rows []store.PoolRow) error {
	var heights []pastel.Height
	for i := range rows {
		heights = append(heights, rows[i].InitHeight, rows[i].Activated, rows[i].Ended)
	}
	return v.dates(heights)
}

func (v *view) terms(row *store.PoolRow) (x wire.PoolTerms, err error) {
	x = wire.PoolTerms{
		ID: string(row.ID), Company: row.Company, Operator: row.Operator.String(), Supernode: row.Supernode.String(), Status: row.Status.String(),
		Fee: ticket.NewDecimal(row.Fee, ticket.FeeDecimals).String(), Factor: ticket.NewDecimal(row.Factor, ticket.FactorDecimals).String(),
		Required: row.Required, Target: row.Target, Period: int64(row.Period),
	}
	if x.Opened, err = v.moment(row.InitHeight); err != nil {
		return x, err
	}
	return x, v.moments(map[**wire.Moment]pastel.Height{&x.Activated: row.Activated, &x.Ended: row.Ended})
}

// listed returns pools at the tip as lists show them. If coins is positive, they include the yield of a new pledge of that many PSL. What
// they need beside their rows is read for all at once.
func (v *view) listed(rows []store.PoolRow, coins int64) ([]wire.Pool, error) {
	_, incomes, err := v.incomes(rows)
	if err != nil {
		return nil, err
	}
	return v.listedWith(rows, incomes, coins)
}

// listedWith is listed with what the pools received in the window.
func (v *view) listedWith(rows []store.PoolRow, incomes map[int64]*income, coins int64) ([]wire.Pool, error) {
	if err := v.datesOf(rows); err != nil {
		return nil, err
	}
	operators := make([]pastelid.PastelID, len(rows))
	for i := range rows {
		operators[i] = rows[i].Operator
	}
	standings, err := v.Standings(operators, v.tip.Height)
	if err != nil {
		return nil, err
	}
	network, err := v.averageIncome()
	if err != nil {
		return nil, err
	}
	list := []wire.Pool{}
	for i := range rows {
		row := &rows[i]
		x, err := v.poolNow(row, incomes[row.Num], network, coins)
		if err != nil {
			return nil, err
		}
		x.Reputation = standings[row.Operator].Points
		list = append(list, x)
	}
	return list, nil
}

// poolNow returns a pool at the tip as lists show it, without its operator's reputation.
func (v *view) poolNow(row *store.PoolRow, in, network *income, coins int64) (x wire.Pool, err error) {
	if x.PoolTerms, err = v.terms(row); err != nil {
		return x, err
	}
	h, net, tip := &row.Head, &v.b.net, v.tip.Height
	x.Counted, x.Offered, x.LeastPledge = h.Counted, h.Offered, h.LeastPledge(tip, net)
	x.Low, x.Broken, x.Waits = h.Low, h.Broken, h.Waits(tip, net)
	x.Members, x.Standby, x.Plain = h.Members, h.Standby, h.Plain
	if h.Status.Live() {
		x.Cushion = h.Collateral().Cushion()
	}
	// How much counts at the end of the next block if nothing else happens; before activation all, provided that the operator lists the pledge.
	if entry, enters := h.Enters(tip, coins, net); enters && entry.Counts > 0 {
		x.CountsWith, x.YieldWith = entry.Counts, v.yield(h, in, network, entry.Counts)
	}
	x.Yield = v.yield(h, in, network, 0)
	until := map[**wire.Moment]pastel.Height{&x.NextSettlement: h.NextSettlement(tip, net), &x.Deadline: h.Deadline, &x.JoinUntil: h.JoinUntil()}
	if h.Status == pool.Subscribing {
		until[&x.ActivateUntil] = h.ActivateUntil(net)
	}
	return x, v.moments(until)
}

// Pool returns everything about a pool at the tip. The caller must not change its participants.
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

func (v *view) detail(out *wire.PoolDetail, p *poolNow) error {
	rows, err := v.Pools(store.PoolFilter{ID: p.ID})
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("pool %s has a record but no row in the table of pools; %s", p.ID, store.Damaged)
	}
	if err != nil {
		return err
	}
	sums, incomes, err := v.incomes(rows)
	if err != nil {
		return err
	}
	row := &rows[0]
	totals := sums[row.Num]
	net := &v.b.net.Network
	out.Tip = TipOf(&v.tip)
	list, err := v.listedWith(rows, incomes, 0)
	if err != nil {
		return err
	}
	out.Pool = list[0]
	out.FeeAddress, out.Escrow, out.InitTx = p.FeeAddress.Encode(net), p.Escrow.Encode(net), p.InitTx.String()
	if p.Activated >= 0 {
		out.ActivationTx = p.ActivationTx.String()
	}
	out.Escrowed, out.OperatorFee, out.Carry = row.Escrowed, p.Accrued, p.Carry
	out.Claims = []wire.Claim{}
	for _, c := range p.Claims {
		out.Claims = append(out.Claims, wire.Claim{Pool: string(p.ID), Address: c.To.Encode(net), Amount: c.Amount})
	}
	if out.Participants, err = v.participants(p); err != nil {
		return err
	}
	for i := range p.Pledges {
		out.Accrued += p.Pledges[i].Accrued
	}
	out.Income, out.Rewards, out.Forfeited, out.Paid = totals.Income, totals.Rewards, totals.Forfeits, totals.Paid
	if out.Pending, err = v.pendingPayouts(p.ID); err != nil {
		return err
	}
	out.Critical = criticalMembers(&p.Pool)
	out.Forecast, err = v.forecast(&p.Pool, incomes[row.Num])
	return err
}

// maxPending is more than a pool can have pending: it settles every SettlementInterval, and a payout is pending for at most
// CoinbaseMaturity plus PayoutExpiry.
const maxPending = 100

// pledge returns a live pledge in its wire form, with the ids of texts.
func (v *view) pledge(p *pool.Pool, pl *pool.Pledge, texts *wire.PoolPledge) (wire.PoolPledge, error) {
	x := wire.PoolPledge{
		Seq: pl.Seq, PastelID: texts.PastelID, Address: texts.Address, Reward: texts.Reward,
		Offered: pl.Offered, Counted: pl.Counted, Held: pl.Held, Role: pl.Role.String(), Share: "0", Accrued: pl.Accrued,
	}
	if pl.Role == pool.Member && p.Counted > 0 {
		x.Share = ticket.NewDecimal(pl.Counted*10_000/p.Counted, 2).String()
	}
	return x, v.moments(map[**wire.Moment]pastel.Height{&x.Since: pl.Since})
}

// forecast returns what the next settlement pays if income continues as in the yield window, nil if it pays nothing.
func (v *view) forecast(p *pool.Pool, in *income) (*wire.PayoutOutlook, error) {
	if p.NextSettlement < 0 {
		return nil, nil
	}
	amount := duePayments(p, &v.b.net, v.until(p, in))
	if amount == 0 {
		return nil, nil
	}
	out := &wire.PayoutOutlook{Amount: amount}
	var err error
	if out.At, err = v.moment(p.NextSettlement); err != nil {
		return nil, err
	}
	mined, _ := pool.PayoutWindow(p.NextSettlement, &v.b.net)
	out.Mined, err = v.moment(mined)
	return out, err
}

// until returns a pool's income until its next settlement if it continues as in the yield window.
func (v *view) until(p *pool.Pool, in *income) pastel.Amount {
	if in == nil || in.blocks == 0 || p.Status != pool.Active {
		return 0
	}
	more, _ := in.amount.MulDiv(int64(p.NextSettlement-v.tip.Height), in.blocks) // none if it overflows
	return more
}

// duePayments returns what a pool would pay if it received more and then settled: the claims that are large enough (protocol 8).
func duePayments(p *pool.Pool, net *pool.Params, more pastel.Amount) (sum pastel.Amount) {
	least := pool.LeastPayment(p.Status, net)
	for _, amount := range owedAfter(p, more) {
		if amount >= least {
			sum += amount
		}
	}
	return sum
}

// owedAfter returns what a pool would owe, and whom, if it received more and then settled. New income is shared out together with carry
// (protocol 5).
func owedAfter(p *pool.Pool, more pastel.Amount) map[pastel.Address]pastel.Amount {
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
	return owed
}

// seriesPoints is the maximum number of points in a series.
const seriesPoints = 400

// Series returns a pool's income over time in spans of at least width blocks; 0 chooses the width.
func (b *Books) Series(ctx context.Context, id string, width int64) (out wire.Series, err error) {
	err = b.view(ctx, func(v *view) error {
		row, _, err := v.PoolSums(ticket.PoolID(id))
		if err != nil {
			return err
		}
		life := int64(v.tip.Height-row.InitHeight) + 1
		if width == 0 {
			width = max(1, life/60)
		}
		width = max(width, life/seriesPoints+1)
		spans, err := v.Spans(row.Num, row.InitHeight, v.tip.Height, width)
		if err != nil {
			return err
		}
		starts := make([]pastel.Height, len(spans))
		for i := range spans {
			starts[i] = spans[i].From
		}
		if err := v.dates(starts); err != nil {
			return err
		}
		out = wire.Series{Tip: TipOf(&v.tip), Blocks: width, Points: []wire.Point{}}
		for _, s := range spans {
			at, err := v.moment(s.From)
			if err != nil {
				return err
			}
			out.Points = append(out.Points, wire.Point{From: at, Income: s.Income, Forfeits: s.Forfeits, Paid: s.Paid})
		}
		return nil
	})
	return out, err
}

// PoolWith returns a pool as lists show it, with what a new pledge of so many PSL would count and yield.
func (b *Books) PoolWith(ctx context.Context, id string, coins int64) (out wire.Pool, err error) {
	err = b.view(ctx, func(v *view) error {
		rows, err := v.Pools(store.PoolFilter{ID: ticket.PoolID(id)})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrNotFound
		}
		list, err := v.listed(rows, coins)
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

// SignedAt returns the time of the statement that a live pledge follows, seconds since 1970: that of an amendment must be later.
func (b *Books) SignedAt(ctx context.Context, id string, seq uint64) (at int64, err error) {
	err = b.view(ctx, func(v *view) error {
		p, err := v.poolState(ticket.PoolID(id))
		if err != nil {
			return err
		}
		i, found := indexOf(p.Pledges, seq)
		if !found {
			return ErrNotFound
		}
		at = p.Pledges[i].Time
		return nil
	})
	return at, err
}
