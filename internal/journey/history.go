package journey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Entry is a line of an account's history.
type Entry struct {
	Time    time.Time     `json:"time"`
	Height  pastel.Height `json:"height"`
	Kind    string        `json:"kind"` // income, forfeit or payout
	Pool    string        `json:"pool"`
	Account string        `json:"account"`
	Address string        `json:"address"`
	Amount  pastel.Amount `json:"amount_patoshi"`
	TxID    string        `json:"txid"`
}

// History lists what the accounts earned, forfeited and were paid, from one time on and before another, oldest first.
func (r *Daemon) History(ctx context.Context, list []wire.Account, from, to time.Time) ([]Entry, error) {
	entries := []Entry{}
	paid := map[Entry]bool{}
	for i := range list {
		more, err := r.earnings(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		for _, x := range more {
			payment := Entry{TxID: x.TxID, Address: x.Address}
			if x.Kind == "payout" && paid[payment] { // two of the accounts share the address
				continue
			}
			paid[payment] = true
			entries = append(entries, x)
		}
	}
	entries = slices.DeleteFunc(entries, func(x Entry) bool { return x.Time.Before(from) || !x.Time.Before(to) })
	sort.SliceStable(entries, func(a, b int) bool { return entries[a].Height < entries[b].Height })
	return entries, nil
}

// earnings collects an account's income, forfeits and payments.
func (r *Daemon) earnings(ctx context.Context, a *wire.Account) (list []Entry, err error) {
	id, address := wire.OfID{PastelID: a.PastelID}, wire.OfAddress{Address: a.Address}
	came := wire.CreditQuery{OfID: id, OfAddress: address}
	credits, err := Listing(&came.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, came) })
	if err != nil {
		return nil, err
	}
	for _, x := range credits {
		list = append(list, Entry{x.At.Time, x.At.Height, "income", x.Pool, AccountName(a), x.Address, x.Amount, ""})
	}
	had := wire.PledgeQuery{OfID: id, OfAddress: address}
	pledges, err := Listing(&had.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, had) })
	if err != nil {
		return nil, err
	}
	for _, x := range pledges {
		if x.Ended != nil && x.Forfeited > 0 {
			list = append(list, Entry{x.Ended.Time, x.Ended.Height, "forfeit", x.Pool, AccountName(a), x.Address, x.Forfeited, ""})
		}
	}
	paid := wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid"}
	payments, err := Listing(&paid.Page, func() (wire.List[wire.Payment], error) { return r.Payments(ctx, paid) })
	if err != nil {
		return nil, err
	}
	for _, x := range payments {
		if x.Paid == nil {
			return nil, fmt.Errorf("the daemon names a payment, %s, that is not paid; run the daemon's release, or ask another daemon", visible.Short(x.Payout, visible.MostColumns))
		}
		list = append(list, Entry{x.Paid.Time, x.Paid.Height, "payout", x.Pool, AccountName(a), x.Address, x.Amount, x.Payout})
	}
	slices.SortStableFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address))
	})
	return list, nil
}

// AccountName returns the PastelID or the address of an account.
func AccountName(a *wire.Account) string { return a.PastelID + a.Address }
