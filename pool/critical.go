package pool

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// CriticalMembers returns the smallest group of PastelIDs whose leaving would leave an active pool short of collateral, and what they
// offer together in PSL. A pool that is not active has none. Whether a pool survives depends only on what the others offer
// (Collateral.Survives), so those who offer the most form such a group.
func (p *Pool) CriticalMembers() (ids []pastelid.PastelID, offered int64) {
	if p.Status != Active {
		return nil, 0
	}
	sums := map[pastelid.PastelID]int64{}
	var order []pastelid.PastelID // in join order
	for i := range p.Pledges {
		pl := &p.Pledges[i]
		if sums[pl.PastelID] == 0 {
			order = append(order, pl.PastelID)
		}
		sums[pl.PastelID] += pl.Offered
	}
	slices.SortStableFunc(order, func(a, b pastelid.PastelID) int { return cmp.Compare(sums[b], sums[a]) })
	for _, id := range order {
		ids = append(ids, id)
		if offered += sums[id]; !p.Collateral().Survives(offered) {
			break
		}
	}
	return ids, offered
}
