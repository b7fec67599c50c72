package largepool_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pool"
)

// The chain has what its users need: all pledges belong to members, and payouts are paid and pending.
func TestLargePool(t *testing.T) {
	t.Parallel()
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	s, err := pool.New(c.Params, false)
	if err != nil {
		t.Fatal(err)
	}
	paid, of := 0, map[string]int{}
	for _, b := range c.Blocks {
		u, err := s.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range u.Events {
			if u.Events[i].Type == pool.PayoutPaid {
				paid++
			}
		}
	}
	p, _ := s.Pool(c.Pool)
	for i := range p.Pledges {
		if p.Pledges[i].Role == pool.Member {
			of[p.Pledges[i].PastelID.String()]++
		}
	}
	if len(of) != largepool.People || of[c.Members[0]] != largepool.OfOne || len(p.Pledges) != largepool.Pledges || p.Status != pool.Active {
		t.Errorf("%d members with %d pledges, the first with %d; the pool is %s", len(of), len(p.Pledges), of[c.Members[0]], p.Status)
	}
	if paid < 2 || len(p.Pending) < 2 {
		t.Errorf("%d payouts are paid, %d pending", paid, len(p.Pending))
	}
}
