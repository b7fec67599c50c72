package client

import "github.com/pastelnetwork/smartpool/wire"

// CountsNext returns what a pledge of a pool counts after the next block (protocol 7), in PSL, if it offers so many PSL by then and
// nothing else happens. A seq that no live pledge has stands for a new pledge. minPledge is the network's least pledge, PSL.
func CountsNext(p *wire.PoolDetail, seq uint64, offered, minPledge int64) int64 {
	if p.Status == "subscribing" {
		return offered
	}
	pledges := make([]wire.PoolPledge, len(p.Participants), len(p.Participants)+1)
	copy(pledges, p.Participants)
	at := len(pledges)
	for i := range pledges {
		if pledges[i].Seq == seq {
			at = i
		}
	}
	if at == len(pledges) {
		pledges = append(pledges, wire.PoolPledge{Seq: seq})
	}
	pledges[at].Offered = offered
	now := pledges[at].Counted
	total := p.Counted
	for _, standby := range []bool{true, false} {
		for i := range pledges {
			x := &pledges[i]
			if total >= p.Target || x.Counted >= x.Offered || (x.Counted == 0) != standby {
				continue
			}
			more := min(x.Offered-x.Counted, p.Target-total)
			if standby {
				more = max(more, min(x.Offered, minPledge))
			}
			total += more
			if i == at {
				return now + more
			}
		}
	}
	return now
}
