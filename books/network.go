package books

import (
	"cmp"
	"context"
	"slices"

	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Statistics returns network totals.
func (b *Books) Statistics(ctx context.Context) (out wire.Statistics, err error) {
	err = b.view(ctx, func(v *view) error {
		out = wire.Statistics{Tip: TipOf(&v.tip), Pools: map[string]int{}}
		for _, s := range pool.Statuses() {
			out.Pools[s.String()] = 0
		}
		rows, err := v.Pools(store.PoolFilter{At: store.Now})
		if err != nil {
			return err
		}
		operators, members := map[pastelid.PastelID]bool{}, map[pastelid.PastelID]bool{}
		for i := range rows {
			out.Pools[rows[i].Status]++
			p, err := v.poolState(rows[i].ID)
			if err != nil {
				return err
			}
			out.Escrowed += p.Escrowed
			out.PayoutsPending += len(p.Pending)
			if !p.Status.Live() {
				continue
			}
			operators[p.Operator] = true
			out.Offered += p.Offered
			for j := range p.Pledges {
				if pl := &p.Pledges[j]; pl.Role == pool.Member {
					members[pl.PastelID] = true
					out.Counted += pl.Counted
				}
			}
		}
		out.Supernodes, out.Operators, out.Members = out.Pools[pool.Active.String()], len(operators), len(members)
		totals, err := v.allTotals()
		for _, t := range totals {
			out.Income += t.Income
			out.Paid += t.Paid
		}
		return err
	})
	return out, err
}

// Operators lists everyone who has opened a pool, most counted coins first.
func (b *Books) Operators(ctx context.Context) (list []wire.Operator, tip wire.Tip, err error) {
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		list, err = v.operatorRecords("")
		return err
	})
	return list, tip, err
}

// Operator returns an operator's record.
func (b *Books) Operator(ctx context.Context, id string) (out wire.Operator, tip wire.Tip, err error) {
	if _, err := pastelid.Parse(id); err != nil {
		return out, tip, badRequest("%q is %v; copy all of it, from jX on", id, err)
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		list, err := v.operatorRecords(id)
		if err == nil && len(list) == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		out = list[0]
		return nil
	})
	return out, tip, err
}

// operatorRecords sums up the pools of one operator, or of every operator if id is empty.
func (v *view) operatorRecords(id string) ([]wire.Operator, error) {
	rows, err := v.Pools(store.PoolFilter{Operator: id, At: store.Now})
	if err != nil {
		return nil, err
	}
	totals, err := v.allTotals()
	if err != nil {
		return nil, err
	}
	of := map[pastelid.PastelID]*wire.Operator{}
	fees := map[pastelid.PastelID][]int64{}
	for i := range rows {
		row := &rows[i]
		x := of[row.Operator]
		if x == nil {
			x = &wire.Operator{PastelID: row.Operator.String(), Companies: []string{}, Pools: map[string]int{}, IDs: []string{}, Fees: []string{}}
			of[row.Operator] = x
			standing, _, err := v.reputation(row.Operator)
			if err != nil {
				return nil, err
			}
			x.Reputation = standing.Points
			if x.Since, err = v.moment(row.InitHeight); err != nil {
				return nil, err
			}
		}
		addPool(x, row, totals[row.ID])
		fees[row.Operator] = append(fees[row.Operator], row.Fee)
	}
	list := []wire.Operator{}
	for id, x := range of {
		slices.Sort(fees[id])
		for _, fee := range slices.Compact(fees[id]) {
			x.Fees = append(x.Fees, ticket.NewDecimal(fee, ticket.FeeDecimals).String())
		}
		list = append(list, *x)
	}
	slices.SortFunc(list, func(a, b wire.Operator) int {
		return cmp.Or(cmp.Compare(b.Counted, a.Counted), cmp.Compare(a.Since.Height, b.Since.Height), cmp.Compare(a.PastelID, b.PastelID))
	})
	return list, nil
}

// addPool adds a pool to its operator's record.
func addPool(x *wire.Operator, row *store.PoolRow, t store.Totals) {
	x.Pools[row.Status]++
	x.IDs = append(x.IDs, string(row.ID))
	if !slices.Contains(x.Companies, row.Company) {
		x.Companies = append(x.Companies, row.Company)
	}
	if row.Ended >= 0 {
		if row.Activated >= 0 {
			x.Dissolved++
		} else {
			x.Expired++
		}
	}
	if row.Status != pool.Subscribing.String() { // its plain pledges back nothing yet
		x.Counted += row.Counted
	}
	x.Income += t.Income
	x.Paid += t.Paid
	x.Payouts += t.Payouts
	x.Cancelled += t.Cancelled
	x.Replenish += t.Replenish
	x.Left += t.Left
}
