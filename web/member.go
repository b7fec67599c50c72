package web

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// charted is how many of the latest settlements, and payments, of one pledge a chart shows. With several pledges it shows as many blocks as fit into a list.
const charted = 100

// gain is what an account got in a block.
type gain struct {
	wire.Moment
	Settled, Paid pastel.Amount // 0 if nothing was
}

// gains returns the latest settlements and payments, by block, of an account with so many pledges, and the payments by payout, the newest first.
func (s *Site) gains(r *http.Request, id wire.OfID, address wire.OfAddress, pledges int) ([]gain, []wire.Payment, error) {
	latest := wire.Page{Order: wire.Newest, Limit: min(charted*max(1, pledges), wire.MaxLimit)}
	settled, _, _, err := s.cfg.Books.Credits(r.Context(), wire.CreditQuery{OfID: id, OfAddress: address, AsOf: now, Page: latest})
	if err != nil {
		return nil, nil, err
	}
	paid, _, _, err := s.cfg.Books.Payments(r.Context(), wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid", Page: latest})
	return byBlock(settled, paid), byPayout(paid), err
}

// byPayout adds up what a payout pays to several addresses of an account.
func byPayout(paid []wire.Payment) (list []wire.Payment) {
	for i := range paid {
		x := &paid[i]
		if n := len(list); n > 0 && list[n-1].Payout == x.Payout {
			list[n-1].Amount += x.Amount
			list[n-1].Addresses += x.Addresses
			list[n-1].Address = ""
			continue
		}
		list = append(list, *x)
	}
	return list
}

// byBlock adds up settlements and payments by block, oldest first.
func byBlock(credits []wire.Credit, paid []wire.Payment) (list []gain) {
	at := func(m wire.Moment) *gain {
		i, found := slices.BinarySearchFunc(list, m.Height, func(g gain, h pastel.Height) int { return cmp.Compare(g.Height, h) })
		if !found {
			list = slices.Insert(list, i, gain{Moment: m})
		}
		return &list[i]
	}
	for i := range credits {
		at(credits[i].At).Settled += credits[i].Amount
	}
	for i := range paid {
		if paid[i].Paid != nil {
			at(*paid[i].Paid).Paid += paid[i].Amount
		}
	}
	return list
}

// leaving is what an account's leaving all its pools now costs, in all.
type leaving struct {
	Forfeits pastel.Amount
	Points   int          // of reputation
	Pools    int          // with live pledges
	Better   *wire.Moment // after it, nothing of what is earned so far is forfeited; nil if nothing is now
}

// leaves adds up what leaving costs; nil without live pledges.
func leaves(list []client.Holding) *leaving {
	if len(list) == 0 {
		return nil
	}
	var x leaving
	pools := map[string]bool{}
	for i := range list {
		l := &list[i].Leaving
		x.Forfeits, x.Points = x.Forfeits+l.Forfeits, x.Points+l.Reputation
		pools[list[i].Pool] = true
		if l.Forfeits > 0 && l.Better != nil && (x.Better == nil || x.Better.Height < l.Better.Height) {
			x.Better = l.Better
		}
	}
	x.Pools = len(pools)
	return &x
}
