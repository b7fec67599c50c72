package books

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// offerer is what one PastelID offers in a pool, PSL.
type offerer struct {
	id      pastelid.PastelID
	offered int64
}

// criticalMembers finds a smallest group of PastelIDs whose leaving would leave an active pool short. At the end of every block a pool counts
// whatever the pledges in it offer until the target is reached, standby or not (protocol 7), and the target is no less than what the
// Supernode needs. So those who stay keep it going exactly if they offer that much together, and it makes no difference whether the others
// leave in one block or one after the other: those who offer the most are such a group.
func criticalMembers(p *pool.Pool) *wire.CriticalMembers {
	if p.Status != pool.Active {
		return nil
	}
	at := map[pastelid.PastelID]int{}
	var order []offerer // in join order
	for i := range p.Pledges {
		pl := &p.Pledges[i]
		k, found := at[pl.PastelID]
		if !found {
			k = len(order)
			at[pl.PastelID], order = k, append(order, offerer{id: pl.PastelID})
		}
		order[k].offered += pl.Offered
	}
	slices.SortStableFunc(order, func(a, b offerer) int { return cmp.Compare(b.offered, a.offered) })
	out := &wire.CriticalMembers{Members: []string{}}
	left := p.Offered
	for _, x := range order {
		out.Members = append(out.Members, x.id.String())
		out.Coins += x.offered
		if left -= x.offered; left < p.Required {
			break
		}
	}
	return out
}
