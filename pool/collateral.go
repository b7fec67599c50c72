package pool

import "github.com/pastelnetwork/smartpool/pastel"

// Collateral is what a pool needs, wants and has, in PSL (protocol 3). In a subscribing pool everything that is offered counts.
type Collateral struct {
	Required int64 // what the Supernode needs
	Target   int64 // what the pool wants, at least Required
	Counted  int64 // of all live pledges: M of protocol 3
	Offered  int64 // of all live pledges
}

func (p *poolState) collateral() Collateral {
	return Collateral{p.terms.Required, p.terms.Target, p.counted, p.offered}
}

// Collateral returns what the pool needs, wants and has.
func (p *Pool) Collateral() Collateral { return Collateral{p.Required, p.Target, p.Counted, p.Offered} }

// Cushion returns how many PSL count above what the Supernode needs. It is negative if the pool is short.
func (c Collateral) Cushion() int64 { return c.Counted - c.Required }

// Short reports whether less counts than the Supernode needs. At the end of a block this makes an active pool replenishing (protocol 7).
func (c Collateral) Short() bool { return c.Cushion() < 0 }

// Low reports whether less than half of the full cushion is left, where half is rounded down (protocol 9, pool.low_collateral).
func (c Collateral) Low() bool { return c.Cushion() < (c.Target-c.Required)/2 }

// Below reports whether less than this percentage of the full cushion is left, without rounding.
func (c Collateral) Below(percent int64) bool {
	return c.Cushion()*100 < percent*(c.Target-c.Required)
}

// Room returns how many more PSL can count until the target is reached (protocol 7, "Counting").
func (c Collateral) Room() int64 { return max(0, c.Target-c.Counted) }

// Survives reports whether an active pool stays active after pledges that offer leaving PSL end, if nobody else joins or leaves. At the
// end of every block a pool counts what its pledges offer, standby or not, until it reaches the target (protocol 7), and the target is
// at least what the Supernode needs. So the pool stays active exactly if the remaining pledges offer that much, whether the others
// leave in one block or one after another.
func (c Collateral) Survives(leaving int64) bool { return c.Offered-leaving >= c.Required }

// Offer is what a pledge offers and how much of it counts, in PSL.
type Offer struct{ Offered, Counted int64 }

// Free returns how many PSL a pledge can take back without a loss in a pool of status s: what waits to count (protocol 4a).
func (o Offer) Free(s Status) int64 {
	if s == Subscribing {
		return 0
	}
	return o.Offered - o.Counted
}

// RoleOf returns the role of a pledge that counts this many PSL in a pool of status s (protocol 3).
func RoleOf(s Status, counted int64) Role {
	switch {
	case s == Subscribing:
		return Plain
	case counted > 0:
		return Member
	default:
		return Standby
	}
}

// countingTurns is the order of counting: first standby pledges, then what members offer beyond what counts (protocol 7, "Counting").
var countingTurns = [...]Role{Standby, Member}

// raise counts more of a pledge in the turn of a role and returns how many PSL more; least is MinPledge in PSL.
func (c *Collateral) raise(o Offer, turn Role, least int64) int64 {
	if c.Room() == 0 || o.Counted == o.Offered || RoleOf(Active, o.Counted) != turn {
		return 0
	}
	more := min(o.Offered-o.Counted, c.Room())
	if turn == Standby {
		more = max(more, min(o.Offered, least))
	}
	c.Counted += more
	return more
}

// CountsNext returns how many PSL of one pledge count after the next block, in a pool that has started, if nothing else happens (protocol
// 7, "Counting"). The line holds what the pool's pledges offer by then and count now, in join order. The pledge is line[at]; least is
// MinPledge in PSL.
func (c Collateral) CountsNext(line []Offer, at int, least int64) int64 {
	for _, turn := range countingTurns {
		for i, o := range line {
			more := c.raise(o, turn, least)
			if i == at && more > 0 {
				return o.Counted + more
			}
		}
	}
	return line[at].Counted
}

// CountsNext returns how many PSL of a pledge count after the next block if it offers this many PSL by then and nothing else happens. A
// seq that no live pledge has stands for a new pledge. Before activation everything counts.
func (p *Pool) CountsNext(seq uint64, offered int64, params *Params) int64 {
	if p.Status == Subscribing {
		return offered
	}
	line := make([]Offer, 0, len(p.Pledges)+1)
	at := -1
	for i := range p.Pledges {
		o := Offer{p.Pledges[i].Offered, p.Pledges[i].Counted}
		if p.Pledges[i].Seq == seq {
			at, o.Offered = i, offered
		}
		line = append(line, o)
	}
	if at < 0 {
		at, line = len(line), append(line, Offer{Offered: offered})
	}
	return p.Collateral().CountsNext(line, at, minPledge(params))
}

// NewPledge stands for the seq of a pledge that does not exist yet.
const NewPledge uint64 = 1<<64 - 1

// Entry is what a new pledge becomes by the end of the block that accepts it, if nothing else happens in the block.
type Entry struct {
	Role   Role
	Counts int64 // PSL
}

// Enters returns what a new pledge of this many PSL becomes if the next block accepts it. It reports false if the pool accepts no such
// pledge then (protocol 6). It does not check the pledge's coins and owner.
func (p *Pool) Enters(offered int64, params *Params) (Entry, bool) {
	if p.LeastPledge == 0 || offered < p.LeastPledge {
		return Entry{}, false
	}
	counts := p.CountsNext(NewPledge, offered, params)
	return Entry{RoleOf(p.Status, counts), counts}, true
}

// Waits reports whether the smallest pledge that the next block accepts would be on standby (protocol 7).
func (p *Pool) Waits(params *Params) bool {
	entry, enters := p.Enters(p.LeastPledge, params)
	return enters && entry.Role == Standby
}

// Loss is what a live pledge loses if the next block drops it (protocol 4a and 7).
type Loss struct {
	Forfeits pastel.Amount
	Points   int // of reputation
}

// Loss returns what a live pledge of the pool loses if the next block drops it; points is its PastelID's reputation.
func (p *Pool) Loss(pl *Pledge, points int) Loss {
	return Loss{pl.Accrued, min(leavingCosts(pl.Role, p.Idle), points)}
}
