package journey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/wire"
)

// Earned is what accounts earned on one basis.
type Earned struct {
	Entries []history.Entry
	Tip     wire.Tip // the block that they were read at
	Fresh   bool     // a reorganization may still replace some of them
}

// errMoved says that a list is of a chain that ends before, or otherwise than, the one that was read first.
var errMoved = errors.New("the daemon's chain changed while it was read; try again")

// Earned lists what accounts earned on a basis, from one time on and before another, oldest first and each thing once, even if two of the accounts share it. All
// of it is of one chain: if a reorganization replaces blocks meanwhile, it asks again.
func (r *Daemon) Earned(ctx context.Context, list []wire.Account, basis string, from, to time.Time) (*Earned, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		x, err := r.earnedOnce(ctx, list, basis)
		if errors.Is(err, errMoved) && attempt < attempts {
			continue
		}
		if err != nil {
			return nil, err
		}
		kept := []history.Entry{}
		for _, e := range x.Entries {
			if e.Time.Before(from) || !e.Time.Before(to) || e.Height > x.Tip.Height || e.Amount == 0 {
				continue
			}
			x.Fresh = x.Fresh || x.Tip.Height-e.Height < r.Net.MaxReorg
			kept = append(kept, e)
		}
		x.Entries = kept
		history.Sort(x.Entries)
		return x, nil
	}
}

// earnedOnce reads everything. Up to the tip, it is of the tip's chain.
func (r *Daemon) earnedOnce(ctx context.Context, list []wire.Account, basis string) (*Earned, error) {
	status, err := Advised(r.Status(ctx))
	if err != nil {
		return nil, err
	}
	x := &Earned{Tip: status.Tip}
	if basis == history.Settled {
		err = r.settled(ctx, list, x)
	} else {
		err = r.paid(ctx, list, x)
	}
	if err != nil {
		return nil, err
	}
	b, err := r.Block(ctx, x.Tip.Height)
	if errors.Is(err, client.ErrNotFound) || err == nil && (b.Hash != x.Tip.Hash || b.Digest != x.Tip.Digest) {
		return nil, errMoved
	}
	return x, WithAdvice(err)
}

// settled adds the accounts' credits. A credit has no id: of those that look alike, a block has as many as the account has that lists the most.
func (r *Daemon) settled(ctx context.Context, list []wire.Account, x *Earned) error {
	most := map[wire.Credit]int{}
	for i := range list {
		credits, err := r.credited(ctx, &list[i], &x.Tip)
		if err != nil {
			return err
		}
		had := map[wire.Credit]int{}
		for _, c := range credits {
			key := c
			key.At = wire.Moment{Height: c.At.Height}
			if had[key]++; had[key] > most[key] {
				most[key]++
				x.Entries = append(x.Entries, history.OfCredit(AccountName(&list[i]), &c))
			}
		}
	}
	return nil
}

// credited lists an account's credits. Those of a PastelID include the late income of dissolved pools, of which the ledger knows only the address: it belongs to
// the pledges that the pool's end released.
func (r *Daemon) credited(ctx context.Context, a *wire.Account, tip *wire.Tip) ([]wire.Credit, error) {
	id, address := wire.OfID{PastelID: a.PastelID}, wire.OfAddress{Address: a.Address}
	came := wire.CreditQuery{OfID: id, OfAddress: address}
	all, err := listed(tip, &came.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, came) })
	if err != nil || a.PastelID == "" {
		return all, err
	}
	had := wire.PledgeQuery{OfID: id}
	pledges, err := listed(tip, &had.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, had) })
	if err != nil {
		return nil, err
	}
	type place struct{ pool, address string }
	asked := map[place]bool{}
	for i := range pledges {
		p := &pledges[i]
		at := place{p.Pool, p.Reward}
		if p.Outcome != "pledge.released" || asked[at] {
			continue
		}
		asked[at] = true
		late := wire.CreditQuery{OfPool: wire.OfPool{Pool: at.pool}, OfAddress: wire.OfAddress{Address: at.address}}
		credits, err := listed(tip, &late.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, late) })
		if err != nil {
			return nil, err
		}
		for _, c := range credits {
			if c.PastelID == "" {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// paid adds the accounts' payments that were mined: never those of payouts that were cancelled, which a later payout pays.
func (r *Daemon) paid(ctx context.Context, list []wire.Account, x *Earned) error {
	type output struct{ payout, address string }
	had := map[output]bool{}
	for i := range list {
		a := &list[i]
		made := wire.PaymentQuery{OfID: wire.OfID{PastelID: a.PastelID}, OfAddress: wire.OfAddress{Address: a.Address}, Status: "paid"}
		payments, err := listed(&x.Tip, &made.Page, func() (wire.List[wire.Payment], error) { return r.Payments(ctx, made) })
		if err != nil {
			return err
		}
		for k := range payments {
			e, err := payment(AccountName(a), &payments[k])
			if err != nil {
				return err
			}
			if of := (output{e.TxID, e.Address}); !had[of] {
				had[of] = true
				x.Entries = append(x.Entries, e)
			}
		}
	}
	return nil
}

// payment returns the entry of a payment that the daemon lists as paid.
func payment(name string, x *wire.Payment) (history.Entry, error) {
	e, paid := history.OfPayment(name, x)
	if !paid {
		return e, fmt.Errorf("the daemon names a payment, %s, that is not paid; run the daemon's release, or ask another daemon", visible.Short(x.Payout, visible.MostColumns))
	}
	return e, nil
}

// listed is Listing for lists that must know the tip's block.
func listed[T any](tip *wire.Tip, page *wire.Page, ask func() (wire.List[T], error)) ([]T, error) {
	return Listing(page, func() (wire.List[T], error) {
		list, err := ask()
		if err == nil && list.Tip.Height < tip.Height {
			err = errMoved
		}
		return list, err
	})
}
