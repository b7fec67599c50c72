package books

import (
	"context"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Statistics returns network totals.
func (b *Books) Statistics(ctx context.Context) (out wire.Statistics, err error) {
	err = b.view(ctx, func(v *view) error {
		n, err := v.Network()
		if err != nil {
			return err
		}
		sums, err := v.NetworkSums(v.tip.Height)
		if err != nil {
			return err
		}
		out = wire.Statistics{
			Tip: TipOf(&v.tip), Pools: byStatus(n.Pools), Members: int(n.Members), Counted: n.Counted, Offered: n.Offered,
			Supernodes: int(n.Pools[pool.Active]), Escrowed: n.Escrowed, Income: sums.Income, Paid: sums.Paid, PayoutsPending: int(n.Pending),
			Operators: int(n.Operators),
		}
		return nil
	})
	return out, err
}

// byStatus names the statuses of counted pools.
func byStatus(counts map[pool.Status]int64) map[string]int {
	named := map[string]int{}
	for s, n := range counts {
		named[s.String()] = int(n)
	}
	return named
}

var operatorOrders = map[string]ordered[store.OperatorOrder]{
	"": {store.OperatorsByCounted, true}, wire.SortCounted: {store.OperatorsByCounted, true}, wire.SortSince: {store.OperatorsBySince, false},
	wire.SortRewards: {store.OperatorsByRewards, true},
}

// Operators returns a page of those who have opened a pool.
func (b *Books) Operators(ctx context.Context, q wire.OperatorQuery) (list []wire.Operator, tip wire.Tip, next string, err error) {
	order, p, err := sorted(operatorOrders, q.Sort, q.Sorted, store.OperatorsBySince)
	if err != nil {
		return nil, tip, "", err
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		rows, err := v.Operators(order, p)
		if err != nil {
			return err
		}
		next = cursor(rows, p, func(x *store.Operator) []any {
			switch order {
			case store.OperatorsByCounted:
				return []any{x.Counted, x.First}
			case store.OperatorsByRewards:
				return []any{x.Rewards, x.First}
			default:
				return []any{x.First}
			}
		})
		list, err = v.operators(rows)
		return err
	})
	return list, tip, next, err
}

// Operator returns an operator's record.
func (b *Books) Operator(ctx context.Context, id string) (out wire.Operator, tip wire.Tip, err error) {
	if _, err := parseID(id); err != nil {
		return out, tip, err
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		row, err := v.Operator(id)
		if err != nil {
			return err
		}
		list, err := v.operators([]store.Operator{row})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, tip, err
}

// mostPools is how many of an operator's pools a record names.
const mostPools = 20

// operators returns records in their wire form. What they need beside their rows is read for all at once.
func (v *view) operators(rows []store.Operator) ([]wire.Operator, error) {
	ids, since, people := make([]int64, len(rows)), make([]pastel.Height, len(rows)), make([]pastelid.PastelID, len(rows))
	place := map[int64]int{}
	for i := range rows {
		id, err := pastelid.Parse(rows[i].PastelID)
		if err != nil {
			return nil, err
		}
		ids[i], since[i], people[i], place[rows[i].ID] = rows[i].ID, rows[i].Since, id, i
	}
	standings, err := v.Standings(people, v.tip.Height)
	if err != nil {
		return nil, err
	}
	if err := v.dates(since); err != nil {
		return nil, err
	}
	list := make([]wire.Operator, len(rows))
	for i := range rows {
		x, s := &list[i], &rows[i]
		*x = wire.Operator{
			PastelID: s.PastelID, Companies: []string{}, Reputation: standings[people[i]].Points, Pools: map[string]int{}, IDs: []string{},
			Dissolved: int(s.Dissolved), Expired: int(s.Expired), Counted: s.Counted, Income: s.Income, Paid: s.Paid, Payouts: s.Mined,
			Cancelled: s.Cancelled, Replenish: s.Shortages, Left: s.Left, Fees: []string{}, Rewards: s.Rewards, LongestGap: s.Gap,
			Forfeited: s.Lost, OnTime: s.OnTime, Alike: s.Alike,
		}
		for status, n := range s.Pools {
			if x.Opened += int(n); n > 0 {
				x.Pools[status.String()] = int(n)
			}
		}
		if x.Since, err = v.moment(s.Since); err != nil {
			return nil, err
		}
	}
	pools, err := v.PoolsOfOperators(ids, mostPools)
	if err != nil {
		return nil, err
	}
	type name struct {
		operator int64
		company  string
	}
	fees, seen := make([][]int64, len(rows)), map[name]bool{}
	for _, p := range pools {
		i := place[p.Operator]
		x := &list[i]
		x.IDs = append(x.IDs, string(p.ID))
		if n := (name{p.Operator, p.Company}); !seen[n] {
			seen[n] = true
			x.Companies = append(x.Companies, p.Company)
		}
		fees[i] = append(fees[i], p.Fee)
	}
	for i := range list {
		slices.Sort(fees[i])
		for _, fee := range slices.Compact(fees[i]) {
			list[i].Fees = append(list[i].Fees, ticket.NewDecimal(fee, ticket.FeeDecimals).String())
		}
	}
	return list, nil
}
