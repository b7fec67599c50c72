package journey

import (
	"cmp"
	"context"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// reported returns the types of pool events that involve money or coins.
func reported() (list []string) {
	const money = pool.HasAmount | pool.HasCoins | pool.HasPayout | pool.HasTxID
	for _, kind := range pool.EventTypesWhere(func(row pool.EventRow) bool { return row.Has&pool.InNoPool == 0 && row.Has&money != 0 }) {
		list = append(list, string(kind))
	}
	return list
}

// Report lists what came into a pool and what went out during some time.
type Report struct {
	Pool   wire.PoolDetail
	Events []wire.Event             // those that involve money or coins
	Sums   map[string]pastel.Amount // by event type: amounts plus forfeits
	Counts map[string]int           // by event type

	// What was settled for the operator at the fee address, where the operator's own pledges may be paid, too; and for the others.
	Fee, Members pastel.Amount
}

// Report sums up a pool's events from one time on and before another.
func (r *Daemon) Report(ctx context.Context, id string, from, to time.Time) (*Report, error) {
	p, err := r.VerifiedPool(ctx, id)
	if err != nil {
		return nil, err
	}
	of := wire.OfPool{Pool: p.ID}
	happened := wire.EventQuery{OfPool: of, Type: reported()}
	events, err := Listing(&happened.Page, func() (wire.List[wire.Event], error) { return r.Events(ctx, happened) })
	if err != nil {
		return nil, err
	}
	earned := wire.CreditQuery{OfPool: of}
	credits, err := Listing(&earned.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, earned) })
	if err != nil {
		return nil, err
	}
	within := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	x := &Report{Pool: p, Sums: map[string]pastel.Amount{}, Counts: map[string]int{}}
	settled := map[string]pastel.Amount{} // by payout
	for _, e := range events {
		switch e.Type {
		case "payout.settled":
			settled[e.TxID] = e.Amount
		case "payout.paid", "payout.cancelled": // their events name the transaction alone
			e.Amount = cmp.Or(e.Amount, settled[e.TxID])
		}
		if !within(e.Time) {
			continue
		}
		x.Events = append(x.Events, e)
		x.Counts[e.Type]++
		x.Sums[e.Type] += e.Amount + e.Forfeited
	}
	for i := range credits {
		c := &credits[i]
		switch {
		case !within(c.At.Time):
		case c.Address == p.FeeAddress && c.PastelID == p.Operator:
			x.Fee += c.Amount
		default:
			x.Members += c.Amount
		}
	}
	return x, nil
}
