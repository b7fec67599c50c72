package pool

import "github.com/pastelnetwork/smartpool/pastel"

// Collateral is what a pool needs, wants and has, in PSL (protocol 3). In a subscribing pool all that is offered counts.
type Collateral struct {
	Required int64 // what its Supernode needs
	Target   int64 // what the pool wants, at least Required
	Counted  int64 // of all live pledges: M of protocol 3
	Offered  int64 // of all live pledges
}

func (p *poolState) collateral() Collateral {
	return Collateral{p.terms.Required, p.terms.Target, p.counted, p.offered}
}

// Collateral returns what the pool needs, wants and has.
func (p *Pool) Collateral() Collateral { return Collateral{p.Required, p.Target, p.Counted, p.Offered} }

// Cushion returns the PSL that count beyond what the Supernode needs; below zero if some are lacking.
func (c Collateral) Cushion() int64 { return c.Counted - c.Required }

// Short reports whether the Supernode lacks coins: an active pool is then replenishing (protocol 7).
func (c Collateral) Short() bool { return c.Cushion() < 0 }

// Low reports whether less than half of the full cushion is left, half being rounded down (protocol 9, pool.low_collateral).
func (c Collateral) Low() bool { return c.Cushion() < (c.Target-c.Required)/2 }

// Below reports whether less than so many percent of the full cushion are left, without rounding.
func (c Collateral) Below(percent int64) bool {
	return c.Cushion()*100 < percent*(c.Target-c.Required)
}

// Room returns how many PSL more count until the target is reached (protocol 7, "Counting").
func (c Collateral) Room() int64 { return max(0, c.Target-c.Counted) }

// Survives reports whether an active pool stays active once pledges that offer so many PSL have ended, if nobody else comes or goes. At
// the end of every block a pool counts whatever its pledges offer until the target is reached, standby or not (protocol 7), and the
// target is no less than what the Supernode needs. So the others keep the pool going exactly if they offer that much together, and it
// makes no difference whether those who leave do so in one block or one after the other.
func (c Collateral) Survives(leaving int64) bool { return c.Offered-leaving >= c.Required }

// Offer is what a pledge offers and what of it counts, in PSL.
type Offer struct{ Offered, Counted int64 }

// Free returns the PSL that a pledge can take back without a loss in a pool of this status: what waits to count (protocol 4a).
func (o Offer) Free(s Status) int64 {
	if s == Subscribing {
		return 0
	}
	return o.Offered - o.Counted
}

// RoleOf returns what a pledge that counts so many PSL is in a pool of this status (protocol 3).
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

// countingTurns is the order of counting: standby pledges first, then what members offer beyond (protocol 7, "Counting").
var countingTurns = [...]Role{Standby, Member}

// raise counts more of a pledge in the turn of a role, and returns by how many PSL; least is MinPledge in PSL.
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

// CountsNext returns what one pledge of a pool that has started counts after the next block (protocol 7, "Counting"), in PSL, if nothing
// else happens. The line is what the pool's pledges offer by then and count now, in join order; at is the pledge's place in it; least is
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

// CountsNext returns what a pledge counts after the next block, in PSL, if it offers so many PSL by then and nothing else happens. A seq
// that no live pledge has stands for a new pledge. Before activation everything counts.
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

// NewPledge stands for the seq of a pledge that is not there yet.
const NewPledge uint64 = 1<<64 - 1

// Entry is what a new pledge becomes by the end of the block that accepts it, if the block brings nothing else.
type Entry struct {
	Role   Role
	Counts int64 // PSL
}

// Enters returns what a pledge that offers so many PSL becomes if the next block accepts it; false if the pool takes no such pledge
// then (protocol 6). Whether its coins and its owner are good enough is another question.
func (p *Pool) Enters(offered int64, params *Params) (Entry, bool) {
	if p.LeastPledge == 0 || offered < p.LeastPledge {
		return Entry{}, false
	}
	counts := p.CountsNext(NewPledge, offered, params)
	return Entry{RoleOf(p.Status, counts), counts}, true
}

// Waits reports whether the smallest pledge that the next block takes would be on standby (protocol 7).
func (p *Pool) Waits(params *Params) bool {
	entry, enters := p.Enters(p.LeastPledge, params)
	return enters && entry.Role == Standby
}

// Loss is what a live pledge loses if it is dropped in the next block (protocol 4a and 7).
type Loss struct {
	Forfeits pastel.Amount
	Points   int // of reputation
}

// Loss returns what a live pledge of the pool loses if it is dropped in the next block, of a PastelID that has so many points.
func (p *Pool) Loss(pl *Pledge, points int) Loss {
	return Loss{pl.Accrued, min(leavingCosts(pl.Role, p.Idle), points)}
}
