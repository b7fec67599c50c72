package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/wire"
)

// Holding is one live pledge, or the sum of an account's pledges to a pool in the same role. In a sum, coins, accrued earnings and the
// costs of leaving are added up; the other fields come from one of the pledges.
type Holding struct {
	wire.Position
	Pledges []wire.Position // in the account's order
}

// Holdings combines pledges to the same pool in the same role, in order of first appearance. With each set, it keeps every pledge separate.
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

// pointsLost returns the reputation that leaving with all pledges costs. No PastelID loses more points than it has.
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

// Part returns the holding's share of the members' coins in percent, "0" unless its role is member.
func (h *Holding) Part() string {
	if h.Role != "member" || h.PoolCounted <= 0 {
		return "0"
	}
	n := h.Counted * 10_000 / h.PoolCounted
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0"), ".")
}

// Rewards returns the addresses that receive the pledges' rewards, each once.
func (h *Holding) Rewards() (list []string) {
	for i := range h.Pledges {
		if to := h.Pledges[i].Reward; !slices.Contains(list, to) {
			list = append(list, to)
		}
	}
	return list
}

// Largest returns the n pledges that offer the most coins, earlier pledges first among equals. If there are no more than n, it returns all
// in join order.
func Largest(list []wire.PoolPledge, n int) []wire.PoolPledge {
	if len(list) <= n {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b wire.PoolPledge) int { return cmp.Compare(b.Offered, a.Offered) })
	return list[:n]
}
