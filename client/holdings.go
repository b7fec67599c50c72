package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/wire"
)

// Holding is one live pledge, or all that an account has in a pool in the same role: then coins, what is accrued and what leaving
// forfeits and costs in reputation are sums, and the rest is of any of them.
type Holding struct {
	wire.Position
	Pledges []wire.Position // in the order of the account
}

// Holdings adds up the pledges of a pool that have the same role, in the order of the first of each, unless each is wanted alone.
func Holdings(list []wire.Position, each bool) (sums []Holding) {
	for _, p := range list {
		i := slices.IndexFunc(sums, func(h Holding) bool { return !each && h.Pool == p.Pool && h.Role == p.Role })
		if i < 0 {
			sums = append(sums, Holding{p, []wire.Position{p}})
			continue
		}
		h := &sums[i]
		h.Pledges = append(h.Pledges, p)
		h.Leaving.Free += p.Leaving.Free
		h.Offered += p.Offered
		h.Counted += p.Counted
		h.Held += p.Held
		h.Accrued += p.Accrued
		h.Leaving.Forfeits += p.Leaving.Forfeits
		if h.Leaving.Better == nil {
			h.Leaving.Better = p.Leaving.Better
		}
	}
	for i := range sums {
		sums[i].Leaving.Reputation = pointsLost(sums[i].Pledges)
	}
	return sums
}

// pointsLost is what leaving with all of the pledges costs: nobody loses more points than there are.
func pointsLost(list []wire.Position) (sum int) {
	lost := map[string]int{} // by PastelID
	for _, p := range list {
		lost[p.PastelID] = min(lost[p.PastelID]+p.Leaving.Reputation, p.Leaving.Has)
	}
	for _, n := range lost {
		sum += n
	}
	return sum
}

// Part is the holding's part of the members' coins, in percent; "0" of what is no member's.
func (h *Holding) Part() string {
	if h.Role != "member" || h.PoolCounted <= 0 {
		return "0"
	}
	n := h.Counted * 10_000 / h.PoolCounted
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0"), ".")
}

// Rewards are the addresses that rewards of the holding's pledges go to, each once.
func (h *Holding) Rewards() (list []string) {
	for i := range h.Pledges {
		if to := h.Pledges[i].Reward; !slices.Contains(list, to) {
			list = append(list, to)
		}
	}
	return list
}

// Largest returns the n pledges with the most coins, those that joined first before others with as many, or all in join order.
func Largest(list []wire.PoolPledge, n int) []wire.PoolPledge {
	if len(list) <= n {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b wire.PoolPledge) int { return cmp.Compare(b.Offered, a.Offered) })
	return list[:n]
}
