package pool

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
)

// pledge is one live pledge. A pool has at most one of each PastelID and pubkey hash (protocol 3).
type pledge struct {
	seq     uint64 // join order over all pools
	pool    *poolState
	who     table.Ref // in State.people
	backing table.Ref // in State.backings
	offered int64     // PSL, by its ticket
	counted int64     // PSL that back the Supernode and earn, at most offered
	held    int64     // PSL that it counted right after activation or the last scheduled settlement
	time    int64     // time_stamp of the statement in force, seconds since 1970
	accrued pastel.Amount
	since   pastel.Height // at which activation or counting last raised counted; never until then
	reward  pastel.Address
}

// role returns the pledge's role, which follows from the pool's status and what is counted (protocol 3).
func (pl *pledge) role() Role { return RoleOf(pl.pool.head.status, pl.counted) }

func (pl *pledge) offer() Offer { return Offer{pl.offered, pl.counted} }

// canGiveUp reports whether the pledge can give something up at no cost (protocol 4a): what it offers beyond what is counted, which
// is everything on standby.
func (pl *pledge) canGiveUp() bool {
	return pl.offer().Free(pl.pool.head.status) > 0
}

// order compares another pledge with this one by join order.
func (pl *pledge) order(x *pledge) int { return bySeq(x, pl.seq) }

// atSeq returns the place of a pledge in join order.
func atSeq(seq uint64) func(*pledge) int { return func(pl *pledge) int { return bySeq(pl, seq) } }

func bySeq(pl *pledge, seq uint64) int { return cmp.Compare(pl.seq, seq) }

// insertPledge and deletePledge keep a pool's list of pledges in join order.
func insertPledge(list []*pledge, pl *pledge) []*pledge {
	i := len(list)
	if i > 0 && list[i-1].seq > pl.seq {
		i, _ = slices.BinarySearchFunc(list, pl.seq, bySeq)
	}
	return slices.Insert(list, i, pl)
}

func deletePledge(list []*pledge, pl *pledge) []*pledge {
	i, _ := slices.BinarySearchFunc(list, pl.seq, bySeq)
	return slices.Delete(list, i, i+1)
}

// pledgeAt returns the live pledge with this seq, or nil.
func (p *poolState) pledgeAt(seq uint64) *pledge {
	if i, found := slices.BinarySearchFunc(p.pledges, seq, bySeq); found {
		return p.pledges[i]
	}
	return nil
}

// pledgeOfPair returns the live pledge of a PastelID and a backing, or nil.
func (p *poolState) pledgeOfPair(who, backing table.Ref) *pledge {
	if who == 0 || backing == 0 {
		return nil
	}
	for _, pl := range p.pledges {
		if pl.who == who && pl.backing == backing {
			return pl
		}
	}
	return nil
}

// addPledge enters a pledge into its pool and the backing of owner, at the place that its seq determines.
func (s *State) addPledge(pl *pledge, owner pastel.KeyHash) {
	p := pl.pool
	p.pledges = insertPledge(p.pledges, pl)
	p.offered += pl.offered
	p.counted += pl.counted
	pl.backing, _ = s.backings.Insert(owner, backing{})
	bk := s.backings.At(pl.backing)
	bk.offered += pl.offered
	bk.pledges.insert(pl, pl.order)
}

// removePledge is the inverse of addPledge.
func (s *State) removePledge(pl *pledge) {
	p := pl.pool
	p.pledges = deletePledge(p.pledges, pl)
	p.offered -= pl.offered
	p.counted -= pl.counted
	bk := s.backings.At(pl.backing)
	bk.offered -= pl.offered
	bk.pledges.remove(pl.order)
	s.tidyBacking(pl.backing)
}

// standing is the part of a pledge that can change, other than what it accrues.
type standing struct {
	offered, counted, held int64 // PSL
	time                   int64 // seconds since 1970
	since                  pastel.Height
	reward                 pastel.Address
}

func (pl *pledge) standing() standing {
	return standing{pl.offered, pl.counted, pl.held, pl.time, pl.since, pl.reward}
}

// setStanding changes a pledge and the sums that include it.
func (s *State) setStanding(pl *pledge, x standing) {
	pl.pool.offered += x.offered - pl.offered
	pl.pool.counted += x.counted - pl.counted
	s.backings.At(pl.backing).offered += x.offered - pl.offered
	pl.offered, pl.counted, pl.held, pl.time, pl.since, pl.reward = x.offered, x.counted, x.held, x.time, x.since, x.reward
}
