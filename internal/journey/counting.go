package journey

import (
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// CountsNext returns how many PSL of a pledge count after the next block (protocol 7), if it then offers so many PSL and nothing else
// happens. A seq that no live pledge has stands for a new pledge. minPledge is the network's minimum pledge in PSL.
func CountsNext(p *wire.PoolDetail, seq uint64, offered, minPledge int64) int64 {
	if p.Status == pool.Subscribing.String() {
		return offered
	}
	line := make([]pool.Offer, 0, len(p.Participants)+1)
	at := -1
	for i := range p.Participants {
		x := &p.Participants[i]
		o := pool.Offer{Offered: x.Offered, Counted: x.Counted}
		if x.Seq == seq {
			at, o.Offered = i, offered
		}
		line = append(line, o)
	}
	if at < 0 {
		at, line = len(line), append(line, pool.Offer{Offered: offered})
	}
	c := pool.Collateral{Required: p.Required, Target: p.Target, Counted: p.Counted, Offered: p.Offered}
	return c.CountsNext(line, at, minPledge)
}
