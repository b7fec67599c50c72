package api

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
)

// holder is what one PastelID has in a pool, PSL.
type holder struct {
	id              pastelid.PastelID
	member, standby int64
}

// breakers finds a smallest group of PastelIDs whose leaving would leave an active pool short, whether they leave together or one block
// after the other: then standby pledges that fill a hole are cut to it (protocol 6), and the rest of their coins no longer waits.
func breakers(p *pool.Pool, net *pastel.Network) *Breakers {
	if p.Status != pool.Active {
		return nil
	}
	at := map[pastelid.PastelID]int{}
	var order []holder // in join order
	for i := range p.Pledges {
		pl := &p.Pledges[i]
		k, found := at[pl.PastelID]
		if !found {
			k = len(order)
			at[pl.PastelID], order = k, append(order, holder{id: pl.PastelID})
		}
		order[k].member += pl.Counted
		order[k].standby += pl.Offered - pl.Counted
	}
	together, apart := together(p, slices.Clone(order)), apart(p, net)
	if apart != nil && len(apart.Members) < len(together.Members) {
		return apart
	}
	return together
}

// together has those leave in one block who have the most, what waits included.
func together(p *pool.Pool, order []holder) *Breakers {
	slices.SortStableFunc(order, func(a, b holder) int { return cmp.Compare(b.member+b.standby, a.member+a.standby) })
	out := &Breakers{Members: []string{}}
	left := p.Offered
	for _, h := range order {
		out.Members = append(out.Members, h.id.String())
		out.Coins += h.member + h.standby
		if left -= h.member + h.standby; left < p.Required {
			break
		}
	}
	return out
}

// apart has whoever has the most coins as a member leave, a block after the other, while standby pledges move up in join order. It is nil
// if the pool is not short before everybody has left.
func apart(p *pool.Pool, net *pastel.Network) *Breakers {
	least := int64(net.MinPledge / pastel.PSL)
	pledges := slices.Clone(p.Pledges)
	members := p.Counted
	out := &Breakers{Members: []string{}}
	for len(pledges) > 0 {
		of := map[pastelid.PastelID]int64{}
		most := pledges[0].PastelID
		for i := range pledges {
			of[pledges[i].PastelID] += pledges[i].Counted
		}
		for i := range pledges { // in join order, so that the first of equals is taken
			if id := pledges[i].PastelID; of[id] > of[most] {
				most = id
			}
		}
		out.Members = append(out.Members, most.String())
		members -= of[most]
		out.Coins += of[most]
		pledges = slices.DeleteFunc(pledges, func(pl pool.Pledge) bool { return pl.PastelID == most })
		for i := range pledges {
			if pl := &pledges[i]; pl.Role == pool.Standby && members < p.Target {
				pl.Counted = min(pl.Offered, max(least, p.Target-members))
				pl.Role = pool.Member
				members += pl.Counted
			}
		}
		if members < p.Required {
			return out
		}
	}
	return nil
}
