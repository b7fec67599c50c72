package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

// LeastReputation is the minimum reputation for a new pledge, in points (protocol 6).
const LeastReputation = 50

const (
	fullReputation   = 100
	memberLeaveCosts = 25
	plainLeaveCosts  = 5
)

// person is a registered PastelID's reputation (protocol 7, "Reputation").
type person struct {
	points uint8         // right after the last loss
	loss   pastel.Height // of the last loss, or never
}

func newPerson() person { return person{fullReputation, never} }

func (x *person) code(c *coder) {
	c.u8(&x.points)
	c.height(&x.loss)
	if c.reading && c.err == nil && (x.points > fullReputation || x.loss == never && x.points != fullReputation) {
		c.fail(fmt.Errorf("reputation %d is out of range", x.points))
	}
}

// pointsAt returns the reputation at h: one point returns per full RecoveryInterval since the last loss.
func (x person) pointsAt(h pastel.Height, params *Params) int {
	if x.loss == never {
		return fullReputation
	}
	return min(fullReputation, int(x.points)+int((h-x.loss)/params.RecoveryInterval))
}

// chargeLeaver lowers the reputation of a dropped pledge's PastelID unless the pool is idle. A loss at 0 restarts recovery.
func (b *block) chargeLeaver(pl *pledge) {
	costs := leavingCosts(pl.role(), pl.pool.idle(b.h, &b.s.params))
	if costs == 0 {
		return
	}
	left := max(0, b.s.people.At(pl.who).pointsAt(b.h, &b.s.params)-costs)
	b.setPerson(pl.who, person{uint8(left), b.h})
	b.emit(Event{Type: ReputationChanged, PastelID: b.s.people.Key(pl.who).String(), Points: left})
}

// leavingCosts returns the points of reputation that leaving a pool costs, idle or not (protocol 7).
func leavingCosts(r Role, idle bool) int {
	if idle {
		return 0
	}
	return LeavingCosts(r)
}

// LeavingCosts returns the points of reputation that a pledge of this role costs when it leaves a pool that is not idle (protocol 7).
func LeavingCosts(r Role) int {
	switch r {
	case Member:
		return memberLeaveCosts
	case Plain:
		return plainLeaveCosts
	default:
		return 0
	}
}
