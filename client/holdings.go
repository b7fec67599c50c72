package client

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
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
	return percent(h.Counted, h.PoolCounted)
}

// percent returns what part is of a whole that is not 0.
func percent(part, whole int64) string {
	n := part * 10_000 / whole
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

// Person is what a PastelID has pledged to a pool: the sum of its pledges, and the pledges in join order.
type Person struct {
	PastelID string
	Offered  int64 // PSL, as are the next two
	Counted  int64
	Held     int64
	Accrued  pastel.Amount
	Since    *wire.Moment // the last block in which more of a pledge started to count; nil if nothing has
	Pledges  []wire.PoolPledge
}

// People combines a pool's pledges by PastelID. Those who offer the most coins come first, those who joined earlier first among equals.
func People(list []wire.PoolPledge) []Person {
	people, of := []Person{}, map[string]int{}
	for i := range list {
		p := &list[i]
		n, known := of[p.PastelID]
		if !known {
			n = len(people)
			of[p.PastelID] = n
			people = append(people, Person{PastelID: p.PastelID})
		}
		x := &people[n]
		x.Offered, x.Counted, x.Held, x.Accrued = x.Offered+p.Offered, x.Counted+p.Counted, x.Held+p.Held, x.Accrued+p.Accrued
		if p.Since != nil && (x.Since == nil || x.Since.Height < p.Since.Height) {
			x.Since = p.Since
		}
		x.Pledges = append(x.Pledges, *p)
	}
	slices.SortStableFunc(people, func(a, b Person) int { return cmp.Compare(b.Offered, a.Offered) })
	return people
}

// Roles returns the roles of the person's pledges, each once, in the order in which the pledges joined.
func (x *Person) Roles() (list []string) {
	for i := range x.Pledges {
		if role := x.Pledges[i].Role; !slices.Contains(list, role) {
			list = append(list, role)
		}
	}
	return list
}

// Share returns the person's share of the members' coins in percent, "0" unless a pledge is a member's; counted are the pool's coins that count.
func (x *Person) Share(counted int64) string {
	var mine int64
	for i := range x.Pledges {
		if p := &x.Pledges[i]; p.Role == "member" {
			mine += p.Counted
		}
	}
	if counted <= 0 {
		return "0"
	}
	return percent(mine, counted)
}
