package journey

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/wire"
)

// History lists what the accounts earned, forfeited and were paid, from one time on and before another, oldest first.
func (r *Daemon) History(ctx context.Context, list []wire.Account, from, to time.Time) ([]history.Entry, error) {
	entries := []history.Entry{}
	paid := map[history.Entry]bool{}
	for i := range list {
		more, err := r.earnings(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		for _, x := range more {
			payment := history.Entry{TxID: x.TxID, Address: x.Address}
			if x.Kind == history.Payout && paid[payment] { // two of the accounts share the address
				continue
			}
			paid[payment] = true
			entries = append(entries, x)
		}
	}
	entries = slices.DeleteFunc(entries, func(x history.Entry) bool { return x.Time.Before(from) || !x.Time.Before(to) })
	sort.SliceStable(entries, func(a, b int) bool { return entries[a].Height < entries[b].Height })
	return entries, nil
}

// earnings collects an account's income, forfeits and payments.
func (r *Daemon) earnings(ctx context.Context, a *wire.Account) (list []history.Entry, err error) {
	id, address := wire.OfID{PastelID: a.PastelID}, wire.OfAddress{Address: a.Address}
	came := wire.CreditQuery{OfID: id, OfAddress: address}
	credits, err := Listing(&came.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, came) })
	if err != nil {
		return nil, err
	}
	name := AccountName(a)
	for i := range credits {
		list = append(list, history.OfCredit(name, &credits[i]))
	}
	had := wire.PledgeQuery{OfID: id, OfAddress: address}
	pledges, err := Listing(&had.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, had) })
	if err != nil {
		return nil, err
	}
	for i := range pledges {
		if x, forfeits := history.OfPledge(name, &pledges[i]); forfeits {
			list = append(list, x)
		}
	}
	paid := wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid"}
	payments, err := Listing(&paid.Page, func() (wire.List[wire.Payment], error) { return r.Payments(ctx, paid) })
	if err != nil {
		return nil, err
	}
	for i := range payments {
		x, err := payment(name, &payments[i])
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	history.Sort(list)
	return list, nil
}

// AccountName returns the PastelID or the address of an account.
func AccountName(a *wire.Account) string { return a.PastelID + a.Address }
