package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// What a PastelID is paid is what the payouts' outputs say about its pools and addresses. Others sharing an address are named.
func TestPayments(t *testing.T) {
	t.Parallel()
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	onEach(t, func(t *testing.T, url string) {
		o := open(t, url)
		o.step(t, -1, c.Blocks)
		var p pool.Pool
		o.View(func(s *pool.State) { p, _ = s.Pool(c.Pool) })
		operator := p.Operator.String()
		rewards := map[string][]string{operator: {encode(t, p.FeeAddress)}}
		for _, pl := range p.Pledges {
			id := pl.PastelID.String()
			rewards[id] = append(rewards[id], encode(t, pl.Reward))
		}
		view(t, reader(t, url), func(s *store.Snapshot) error {
			for _, id := range []string{c.Members[0], c.Members[1], c.Members[len(c.Members)-1], operator} {
				for _, status := range []string{"", store.PayoutPaid, store.PayoutPending} {
					payouts, err := s.Payouts(store.PayoutFilter{Pool: c.Pool, Status: status, At: store.Now}, store.Page{Limit: 1000})
					if err != nil || len(payouts) < 5 {
						t.Fatal(err, len(payouts))
					}
					var want pastel.Amount
					rows := 0
					for _, po := range payouts {
						outputs, err := s.Outputs(po.Pool, po.Settled)
						if err != nil {
							return err
						}
						for _, out := range outputs {
							if slices.Contains(rewards[id], encode(t, out.To)) {
								want += out.Amount
								rows++
							}
						}
					}
					f := store.PaymentFilter{PastelID: id, Status: status}
					each, err1 := s.Payments(f, store.Page{Limit: 10_000})
					sums, err2 := s.PaymentsByPayout(f, store.Page{Limit: 10_000})
					var got, summed pastel.Amount
					for _, x := range each {
						got += x.Amount
					}
					for _, x := range sums {
						summed += x.Amount
						if x.Addresses != rows/len(payouts) {
							t.Errorf("%d addresses, want %d", x.Addresses, rows/len(payouts))
						}
					}
					if got != want || summed != want || len(each) != rows || len(sums) != len(payouts) || err1 != nil || err2 != nil {
						t.Errorf("%s %s: %s in %d payments, %s in %d payouts; want %s in %d and %d; %v, %v", id, status, got, len(each), summed, len(sums),
							want, rows, len(payouts), err1, err2)
					}
					if sum, err := s.PaymentSum(f); sum != want || err != nil {
						t.Errorf("%s %s: %s in all, want %s: %v", id, status, sum, want, err)
					}
				}
			}
			last, before := c.Members[len(c.Members)-1], c.Members[len(c.Members)-2]
			for id, want := range map[string][]string{last: {before}, before: {last}, operator: {}, c.Members[0]: {}} {
				if got, err := s.SharedWith(id, 10); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s shares with %v, want %v: %v", id, got, want, err)
				}
			}
			return nil
		})
	})
}

func encode(t testing.TB, a pastel.Address) string {
	net := regtest(t)
	return a.Encode(&net.Network)
}

// A pool's payments do not include those of another pool to the same address, and a pledge is paid at every reward address it ever had. The
// dense chain has examples of all of these.
func TestPaymentsAreOfAPool(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		o := open(t, url)
		change, err := o.Step(context.Background(), -1, recorded(t, "dense"))
		if err != nil {
			t.Fatal(err)
		}
		view(t, reader(t, url), func(s *store.Snapshot) error {
			type at struct {
				pool    ticket.PoolID
				address string
			}
			mine := map[string]map[at]bool{}
			pools, err := s.Pools(store.PoolFilter{})
			if err != nil {
				return err
			}
			add := func(id string, x at) {
				if mine[id] == nil {
					mine[id] = map[at]bool{}
				}
				mine[id][x] = true
			}
			for _, p := range pools {
				add(p.Operator.String(), at{p.ID, encode(t, p.FeeAddress)})
			}
			for _, u := range change.Blocks {
				for i := range u.Accepted {
					a := &u.Accepted[i]
					add(a.PastelID.String(), at{a.Pool, encode(t, a.Reward)})
				}
			}
			paid := 0
			for id, places := range mine {
				list, err := s.Payments(store.PaymentFilter{PastelID: id}, store.Page{Limit: 10_000})
				if err != nil {
					return err
				}
				paid += len(list)
				for _, x := range list {
					if !places[at{x.Pool, x.Address}] {
						t.Errorf("%s is said to be paid by pool %s at %s", id, x.Pool, x.Address)
					}
				}
			}
			if paid == 0 {
				t.Error("nobody was paid")
			}
			return nil
		})
	})
}
