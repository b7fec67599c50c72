package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// What an account is paid is what the payouts' outputs say, by address and by PastelID, over pages of one row, on both engines.
func TestPayments(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, 330, db, nil)
			type part struct{ txid, address, status string }
			want := map[part]pastel.Amount{}
			for _, po := range read[wire.List[wire.Payout]](t, x, "/api/v1/payouts?limit=1000").Items {
				for _, o := range read[wire.PayoutDetail](t, x, "/api/v1/payouts/"+po.TxID).Payments {
					want[part{po.TxID, o.Address, po.Status}] = o.Amount
				}
			}
			if len(want) < 10 {
				t.Fatalf("only %d payments to look for", len(want))
			}
			parts := func(query string) map[part]pastel.Amount {
				got := map[part]pastel.Amount{}
				for cursor := ""; ; {
					list := read[wire.List[wire.Payment]](t, x, "/api/v1/payments?limit=1&"+query+"&cursor="+cursor)
					for _, p := range list.Items {
						if _, twice := got[part{p.Payout, p.Address, p.Status}]; twice || p.Addresses != 1 {
							t.Errorf("%s: %+v comes twice, or of %d addresses", query, p, p.Addresses)
						}
						got[part{p.Payout, p.Address, p.Status}] = p.Amount
					}
					if cursor = list.Next; cursor == "" {
						return got
					}
				}
			}
			only := func(keep func(part) bool) map[part]pastel.Amount {
				list := maps.Clone(want)
				maps.DeleteFunc(list, func(p part, _ pastel.Amount) bool { return !keep(p) })
				return list
			}
			same := func(query string, want map[part]pastel.Amount) {
				t.Helper()
				if got := parts(query); !maps.Equal(got, want) {
					t.Errorf("%s: got %v, want %v", query, got, want)
				}
			}
			rewards := map[string]map[string]bool{} // of PastelIDs
			add := func(id, address string) {
				if rewards[id] == nil {
					rewards[id] = map[string]bool{}
				}
				rewards[id][address] = true
			}
			for _, pl := range read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges?limit=1000").Items {
				add(pl.PastelID, pl.Reward)
			}
			pool := read[wire.PoolDetail](t, x, "/api/v1/pools/"+read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0].ID)
			add(pool.Operator, pool.FeeAddress)
			for id, addresses := range rewards {
				mine := only(func(p part) bool { return addresses[p.address] })
				same("pastelid="+id, mine)
				same("order=newest&pastelid="+id, mine)
				for _, status := range []string{"pending", "paid", "cancelled"} {
					same(fmt.Sprintf("pastelid=%s&status=%s", id, status), only(func(p part) bool { return addresses[p.address] && p.status == status }))
				}
				for address := range addresses {
					same("address="+address, only(func(p part) bool { return p.address == address }))
				}
				a := read[wire.Account](t, x, "/api/v1/members/"+id)
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
			for _, query := range []string{"", "?status=paid", "?pastelid=" + pool.Operator + "&address=" + pool.FeeAddress} {
				if status, body := x.get(t, "/api/v1/payments"+query); status != http.StatusUnprocessableEntity {
					t.Errorf("payments%s: %d %s", query, status, body)
				}
			}
		})
	}
}
