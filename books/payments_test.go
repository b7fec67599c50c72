package books_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Payments of an account match the payouts' outputs, by address and by PastelID, on pages of one row, on both engines.
func TestPayments(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := open(t, 330, db)
			type part struct{ txid, address, status string }
			want := map[part]pastel.Amount{}
			for _, po := range x.payouts(t) {
				for _, o := range x.payout(t, po.TxID).Payments {
					want[part{po.TxID, o.Address, po.Status}] = o.Amount
				}
			}
			if len(want) < 10 {
				t.Fatalf("only %d payments to look for", len(want))
			}
			parts := func(q wire.PaymentQuery) map[part]pastel.Amount {
				q.Limit = 1
				got := map[part]pastel.Amount{}
				for {
					list, _, next, err := x.Payments(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					for _, p := range list {
						if _, twice := got[part{p.Payout, p.Address, p.Status}]; twice || p.Addresses != 1 {
							t.Errorf("%+v: %+v comes twice, or of %d addresses", q, p, p.Addresses)
						}
						got[part{p.Payout, p.Address, p.Status}] = p.Amount
					}
					if q.Cursor = next; next == "" {
						return got
					}
				}
			}
			only := func(keep func(part) bool) map[part]pastel.Amount {
				list := maps.Clone(want)
				maps.DeleteFunc(list, func(p part, _ pastel.Amount) bool { return !keep(p) })
				return list
			}
			same := func(q wire.PaymentQuery, want map[part]pastel.Amount) {
				t.Helper()
				if got := parts(q); !maps.Equal(got, want) {
					t.Errorf("%+v: got %v, want %v", q, got, want)
				}
			}
			rewards := map[string]map[string]bool{} // addresses by PastelID
			add := func(id, address string) {
				if rewards[id] == nil {
					rewards[id] = map[string]bool{}
				}
				rewards[id][address] = true
			}
			for _, pl := range x.pledges(t, wire.PledgeQuery{}) {
				add(pl.PastelID, pl.Reward)
			}
			acme := x.first(t)
			add(acme.Operator, acme.FeeAddress)
			for id, addresses := range rewards {
				mine := only(func(p part) bool { return addresses[p.address] })
				same(wire.PaymentQuery{OfID: ofID(id)}, mine)
				same(wire.PaymentQuery{OfID: ofID(id), Page: wire.Page{Order: wire.Newest}}, mine)
				for _, status := range []string{"pending", "paid", "cancelled"} {
					same(wire.PaymentQuery{OfID: ofID(id), Status: status}, only(func(p part) bool { return addresses[p.address] && p.status == status }))
				}
				for address := range addresses {
					same(wire.PaymentQuery{OfAddress: wire.OfAddress{Address: address}}, only(func(p part) bool { return p.address == address }))
				}
				a := x.member(t, id)
				var paid, pending, shown pastel.Amount
				for p, amount := range mine {
					switch p.status {
					case "paid":
						paid += amount
					case "pending":
						pending += amount
					}
				}
				payouts := map[string]bool{}
				for _, p := range a.Pending {
					shown += p.Amount
					payouts[p.Payout] = true
				}
				if a.Paid != paid || shown != pending || len(payouts) != len(a.Pending) {
					t.Errorf("%s: paid %s, want %s; pending %s in %d rows of %d payouts, want %s", id, a.Paid, paid, shown, len(a.Pending), len(payouts), pending)
				}
			}
			both := wire.PaymentQuery{OfID: ofID(acme.Operator), OfAddress: wire.OfAddress{Address: acme.FeeAddress}}
			for _, q := range []wire.PaymentQuery{{}, {Status: "paid"}, both} {
				var bad *books.BadRequest
				if _, _, _, err := x.Payments(t.Context(), q); !errors.As(err, &bad) {
					t.Errorf("%+v: %v", q, err)
				}
			}
		})
	}
}
